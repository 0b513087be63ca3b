package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.vtd.layout.ContextEntry;
import io.github.iommu4j.vtd.layout.RootEntry;
import io.github.iommu4j.vtd.layout.ScalableContextEntry;
import io.github.iommu4j.vtd.layout.TableMode;

/**
 * The root and context tables of a unit (Intel VT-d §9.1-9.4). A table that was made stays until the unit is shut down.
 * Guarded by {@code &iommu->lock}, which its methods take.
 */
final class ContextTables {

    /** No table, so no entry. */
    private static final long NOWHERE = 0;

    private final VtdUnitParts parts;
    private final PhysicalMemory memory;
    private final Invalidations invalidations;
    private final SpinLock lock;
    private final boolean scalable;
    private final long root;

    ContextTables(VtdUnitParts parts, Invalidations invalidations, SpinLock lock) {
        this.parts = parts;
        this.memory = parts.host().kernel().memory();
        this.invalidations = invalidations;
        this.lock = lock;
        this.scalable = parts.capabilities().isScalable();
        this.root = parts.allocatePage();
    }

    /** The value of RTADDR_REG. */
    long rootAddress() {
        return root | (long) (scalable ? TableMode.SCALABLE : TableMode.LEGACY).ordinal() << 10;
    }

    /** Lets a function's requests go somewhere, in legacy mode; where an entry is present already, it stays. */
    void map(int sid, Target target, DeviceInfo device) {
        long high = ContextEntry.AW.of(target.widthCode()) | ContextEntry.DID.of(target.did());
        long low = ContextEntry.P.mask() | ContextEntry.TT.of(type(target, device)) | target.root();
        if (!write(sid, new long[] {low, high})) {
            return;
        }
        if (parts.capabilities().isCaching()) {
            invalidations.contextDevice(DomainIds.NOTHING, sid);
            invalidations.iotlbDomain(target.did());
        } else {
            invalidations.flushWriteBuffer();
        }
    }

    private static int type(Target target, DeviceInfo device) {
        if (target.kind() == Target.Kind.PASS_THROUGH) {
            return ContextEntry.TT_PASS_THROUGH;
        }
        return device.mayCacheTranslations() ? ContextEntry.TT_ALL : ContextEntry.TT_UNTRANSLATED;
    }

    /** Lets a function's requests go to its PASID table, in scalable mode. */
    void map(int sid, DeviceInfo device, PasidTable pasids) {
        long low = ScalableContextEntry.P.mask()
                | ScalableContextEntry.DTE.of(device.mayCacheTranslations() ? 1 : 0)
                | ScalableContextEntry.PRE.of(device.mayAskForPages() ? 1 : 0)
                | ScalableContextEntry.PASIDE.of(device.pasidBits() != 0 ? 1 : 0)
                | ScalableContextEntry.PDTS.of(pasids.sizeCode())
                | pasids.directory();
        if (!write(sid, new long[] {low, ScalableContextEntry.RID_PASID.of(DeviceInfo.NO_PASID), 0, 0})) {
            return;
        }
        if (parts.capabilities().isCaching()) {
            invalidations.contextDevice(DomainIds.NOTHING, sid);
        } else {
            invalidations.flushWriteBuffer();
        }
    }

    private boolean write(int sid, long[] words) {
        lock.lock();
        try {
            long entry = makeEntry(sid);
            if ((memory.load64(entry) & 1) != 0) {
                return false;
            }
            for (int i = words.length - 1; i >= 0; i--) {
                memory.store64(entry + 8L * i, words[i]);
            }
            parts.writeBack(entry, 8L * words.length);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Stops a function's requests. Hardware must not find half an entry: P goes first, alone. */
    void clear(int sid, DeviceInfo device) {
        int bytes = scalable ? ScalableContextEntry.SIZE : ContextEntry.SIZE;
        long entry;
        int did;
        lock.lock();
        try {
            entry = findEntry(sid);
            if (entry == NOWHERE || (memory.load64(entry) & 1) == 0) {
                return;
            }
            did = scalable ? DomainIds.NOTHING : ContextEntry.DID.getInt(memory.load64(entry + 8));
            memory.store64(entry, memory.load64(entry) & ~1L);
            parts.writeBack(entry, bytes);
        } finally {
            lock.unlock();
        }
        invalidations.contextDevice(did, sid);
        if (scalable) {
            // The entry names no domain: whatever its PASIDs led to goes.
            invalidations.pasidCacheGlobal();
            invalidations.iotlbGlobal();
        } else {
            invalidations.iotlbDomain(did);
        }
        invalidations.deviceTlbAll(device, DeviceInfo.NO_PASID);
        lock.lock();
        try {
            for (int i = 0; i < bytes; i += Long.BYTES) {
                memory.store64(entry + i, 0);
            }
            parts.writeBack(entry, bytes);
        } finally {
            lock.unlock();
        }
    }

    private long rootWord(int sid) {
        boolean upper = scalable && (sid & 0x80) != 0;
        return RootEntry.address(root, sid) + (upper ? Long.BYTES : 0);
    }

    private long entryIn(long table, int sid) {
        return scalable ? ScalableContextEntry.address(table, sid) : ContextEntry.address(table, sid);
    }

    private long findEntry(int sid) {
        lock.assertHeld();
        long word = memory.load64(rootWord(sid));
        return RootEntry.P.isSet(word) ? entryIn(RootEntry.CTP.inPlace(word), sid) : NOWHERE;
    }

    private long makeEntry(int sid) {
        long found = findEntry(sid);
        if (found != NOWHERE) {
            return found;
        }
        long table = parts.allocatePage();
        long word = rootWord(sid);
        memory.store64(word, table | RootEntry.P.mask());
        parts.writeBack(word, Long.BYTES);
        return entryIn(table, sid);
    }
}
