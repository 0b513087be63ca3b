package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.vtd.layout.PasidDirectoryEntry;
import io.github.iommu4j.vtd.layout.PasidEntry;
import java.util.ArrayList;
import java.util.List;

/** The PASID directory and tables of a device (Intel VT-d §9.5-9.6). Entries are guarded by {@code &iommu->lock}. */
final class PasidTable {

    private static final long PAGE = 4096;
    /** Bits of a PASID that index a table; the others index the directory. */
    private static final int TABLE_BITS = 6;
    /** A directory of one page: 512 entries. */
    private static final int SMALLEST_DIRECTORY_LG2 = 9;

    private static final int NOWHERE = 0;

    private final VtdUnitParts parts;
    private final PhysicalMemory memory;
    private final Invalidations invalidations;
    private final SpinLock lock;
    private final int directoryLg2;
    private final long directory;
    private final List<Long> tables = new ArrayList<>();

    /** Makes an empty directory for PASIDs of a width, of at least one page. */
    PasidTable(VtdUnit unit, int pasidBits) {
        this.parts = unit.parts();
        this.memory = parts.host().kernel().memory();
        this.invalidations = unit.invalidations();
        this.lock = unit.lock();
        this.directoryLg2 = Math.max(SMALLEST_DIRECTORY_LG2, pasidBits - TABLE_BITS);
        this.directory = parts.host().kernel().allocator().allocate(directoryBytes(), directoryBytes());
        parts.writeBack(directory, directoryBytes());
    }

    private long directoryBytes() {
        return (long) PasidDirectoryEntry.SIZE << directoryLg2;
    }

    long directory() {
        return directory;
    }

    /** PDTS: the directory has 2<sup>code + 7</sup> entries. */
    int sizeCode() {
        return directoryLg2 - 7;
    }

    /** How many PASIDs there is room for. */
    int pasids() {
        return 1 << directoryLg2 + TABLE_BITS;
    }

    /**
     * Lets requests with a PASID go somewhere; there must be no entry.
     *
     * @throws IommuException {@code ENOMEM} without memory for a table
     */
    void map(int pasid, Target target) {
        lock.lock();
        try {
            long entry = makeEntry(pasid);
            if (PasidEntry.P.isSet(memory.load64(entry))) {
                throw new AssertionError("PASID " + pasid + " has an entry already");
            }
            long[] words = words(pasid, target);
            for (int i = words.length - 1; i >= 0; i--) {
                memory.store64(entry + 8L * i, words[i]);
            }
            parts.writeBack(entry, PasidEntry.SIZE);
        } finally {
            lock.unlock();
        }
        if (parts.capabilities().isCaching()) {
            invalidations.pasidCache(target.did(), pasid);
            invalidations.pasidIotlb(target.did(), pasid);
        } else {
            invalidations.flushWriteBuffer();
        }
    }

    private long[] words(int pasid, Target target) {
        UnitCapabilities capabilities = parts.capabilities();
        int type = switch (target.kind()) {
            case FIRST_STAGE -> PasidEntry.PGTT_FIRST_STAGE;
            case SECOND_STAGE -> PasidEntry.PGTT_SECOND_STAGE;
            case PASS_THROUGH -> PasidEntry.PGTT_PASS_THROUGH;
        };
        boolean first = target.kind() == Target.Kind.FIRST_STAGE;
        long q0 = PasidEntry.P.mask()
                | PasidEntry.AW.of(target.widthCode())
                | PasidEntry.PGTT.of(type)
                | (first ? 0 : target.root());
        long q1 = PasidEntry.DID.of(target.did()) | PasidEntry.PWSNP.of(capabilities.canSnoopWalks() ? 1 : 0);
        long q2 = first ? firstStage(target) : supervisor(pasid);
        return new long[] {q0, q1, q2, 0, 0, 0, 0, 0};
    }

    private long firstStage(Target target) {
        int levels = target.widthCode() == 3 ? PasidEntry.FSPM_FIVE_LEVELS : PasidEntry.FSPM_FOUR_LEVELS;
        return target.root()
                | PasidEntry.FSPM.of(levels)
                | PasidEntry.NXE.of(parts.host().kernel().release().vtdForbidsExecution() ? 1 : 0);
    }

    /** Without a first stage nothing is left to tell supervisors from users, so they may pass. */
    private long supervisor(int pasid) {
        boolean may = pasid != DeviceInfo.NO_PASID && parts.capabilities().takesSupervisorRequests();
        return PasidEntry.SRE.of(may ? 1 : 0);
    }

    /** Stops requests with a PASID; nothing happens where they are stopped already. P goes first, alone. */
    void clear(int pasid, DeviceInfo device) {
        long entry;
        int did;
        int type;
        lock.lock();
        try {
            entry = findEntry(pasid);
            if (entry == NOWHERE || !PasidEntry.P.isSet(memory.load64(entry))) {
                return;
            }
            long q0 = memory.load64(entry);
            type = PasidEntry.PGTT.getInt(q0);
            did = PasidEntry.DID.getInt(memory.load64(entry + 8));
            memory.store64(entry, q0 & ~PasidEntry.P.mask());
            parts.writeBack(entry, PasidEntry.SIZE);
        } finally {
            lock.unlock();
        }
        invalidations.pasidCache(did, pasid);
        if (type == PasidEntry.PGTT_FIRST_STAGE || type == PasidEntry.PGTT_PASS_THROUGH) {
            invalidations.pasidIotlb(did, pasid);
        } else {
            invalidations.iotlbDomain(did);
        }
        if (!parts.capabilities().isCaching()) {
            invalidations.deviceTlbAll(device, pasid);
        }
        lock.lock();
        try {
            for (int i = 0; i < PasidEntry.SIZE; i += Long.BYTES) {
                memory.store64(entry + i, 0);
            }
            parts.writeBack(entry, PasidEntry.SIZE);
        } finally {
            lock.unlock();
        }
    }

    private long findEntry(int pasid) {
        lock.assertHeld();
        long word = memory.load64(PasidDirectoryEntry.address(directory, pasid));
        return PasidDirectoryEntry.P.isSet(word)
                ? PasidEntry.address(PasidDirectoryEntry.SMPTBLPTR.inPlace(word), pasid)
                : NOWHERE;
    }

    private long makeEntry(int pasid) {
        long found = findEntry(pasid);
        if (found != NOWHERE) {
            return found;
        }
        long table = parts.host().kernel().allocator().allocate(PAGE, PAGE);
        tables.add(table);
        parts.writeBack(table, PAGE);
        long word = PasidDirectoryEntry.address(directory, pasid);
        memory.store64(word, table | PasidDirectoryEntry.P.mask());
        parts.writeBack(word, Long.BYTES);
        return PasidEntry.address(table, pasid);
    }

    /** Gives everything back; no context entry leads here any more. */
    void free() {
        tables.forEach(table -> parts.host().kernel().allocator().free(table, PAGE));
        parts.host().kernel().allocator().free(directory, directoryBytes());
    }
}
