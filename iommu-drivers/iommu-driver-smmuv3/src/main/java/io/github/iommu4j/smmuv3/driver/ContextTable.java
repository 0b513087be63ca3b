package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.L1ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The context descriptors of a master, by SubstreamID, with one level or two (IHI 0070 §5.3; leaves of 64 KiB). Every
 * descriptor is invalid until it is written.
 *
 * <p>Guarded by the caller: the group's mutex, and Linux {@code arm_smmu_asid_lock} against a change of ASID.
 */
final class ContextTable {

    private static final int LEAF_LG2 = 10;
    private static final long LEAF_BYTES = (long) ContextDescriptor.SIZE << LEAF_LG2;
    private static final int LINEAR_FORMAT = 0;
    private static final int LARGE_LEAVES_FORMAT = 2;
    private static final long SMALLEST_PIECE = 64;
    private static final long NOWHERE = 0;

    private final StructureParts parts;
    private final PhysicalMemory memory;
    private final CommandRing ring;
    private final EntryRules rules = new ContextRules();
    private final EntryWriter writer;
    private final int substreamBits;
    private final boolean twoLevels;
    private final long table;
    private final int[] streamIds;

    /** How an SMMU finds context descriptors. */
    enum Levels {
        /** An array of descriptors. */
        LINEAR,
        /** An array of pointers, each to 1024 descriptors (IDR0.CD2L). */
        TWO
    }

    /**
     * Takes memory for a table.
     *
     * @param substreamBits SubstreamID bits the master uses, 0 to 20
     * @param levels what the SMMU can; a table that one leaf would hold is linear all the same
     * @param streamIds the streams whose entries point to the table, or will
     * @throws IommuException {@code ENOMEM} without memory
     */
    ContextTable(StructureParts parts, CommandRing ring, int substreamBits, Levels levels, int... streamIds) {
        this.parts = parts;
        this.memory = parts.memory();
        this.ring = ring;
        this.writer = new EntryWriter(parts);
        this.substreamBits = substreamBits;
        this.streamIds = streamIds.clone();
        this.twoLevels = levels == Levels.TWO && substreamBits > LEAF_LG2;
        this.table = parts.structures().allocate(twoLevels ? firstLevelBytes() : leafBytes());
    }

    private long leafBytes() {
        return (long) ContextDescriptor.SIZE << substreamBits;
    }

    private long firstLevelBytes() {
        return Math.max((long) L1ContextDescriptor.SIZE << substreamBits - LEAF_LG2, SMALLEST_PIECE);
    }

    /** STE.S1ContextPtr, S1Fmt and S1CDMax in place. */
    long entryBits() {
        return StreamTableEntry.S1CONTEXTPTR.inPlace(table)
                | StreamTableEntry.S1FMT.of(twoLevels ? LARGE_LEAVES_FORMAT : LINEAR_FORMAT)
                | StreamTableEntry.S1CDMAX.of(substreamBits);
    }

    /**
     * Makes room for a descriptor, so that {@link #write} cannot fail.
     *
     * @throws IommuException {@code ENOMEM} without memory for a leaf, {@code ERANGE} when the table does not reach as far
     */
    void prepare(int substreamId) {
        if (substreamId < 0 || substreamId >>> substreamBits != 0) {
            throw new IommuException(
                    Errno.ERANGE,
                    "SubstreamID " + substreamId + " is not below 2^" + substreamBits + ", the size of the table");
        }
        if (find(substreamId) == NOWHERE) {
            long leaf = parts.structures().allocate(LEAF_BYTES);
            memory.store64(
                    pointer(substreamId), L1ContextDescriptor.L2PTR.inPlace(leaf) | L1ContextDescriptor.V.mask());
            // A pointer may be cached although it is invalid, and Leaf=1 need not remove it (§3.21.1, §4.3.3).
            forget(substreamId, 0);
        }
    }

    private long pointer(int substreamId) {
        return table + ((long) (substreamId >>> LEAF_LG2) * L1ContextDescriptor.SIZE);
    }

    private long find(int substreamId) {
        if (!twoLevels) {
            return table + (long) substreamId * ContextDescriptor.SIZE;
        }
        L1ContextDescriptor leaf = L1ContextDescriptor.readFrom(memory, pointer(substreamId));
        long offset = (long) (substreamId & (1 << LEAF_LG2) - 1) * ContextDescriptor.SIZE;
        return leaf.valid() ? leaf.l2Ptr() + offset : NOWHERE;
    }

    private void forget(int substreamId, int leafOnly) {
        CommandBatch batch = new CommandBatch(ring);
        for (int streamId : streamIds) {
            batch.add(Command.of(CommandOpcode.CFGI_CD)
                    .with0(Command.STREAM_ID, Integer.toUnsignedLong(streamId))
                    .with0(Command.SUBSTREAM_ID, substreamId)
                    .with1(Command.LEAF, leafOnly));
        }
        batch.submit();
    }

    /** Reads a descriptor; an invalid one where there is no leaf. */
    ContextDescriptor read(int substreamId) {
        long at = find(substreamId);
        return at == NOWHERE ? ContextDescriptors.none() : ContextDescriptor.readFrom(memory, at);
    }

    /**
     * Makes a prepared descriptor another, as {@link EntryWriter} does, with CFGI_CD for every stream and CMD_SYNC as often
     * as it takes. TLB entries are the caller's affair.
     */
    void write(int substreamId, ContextDescriptor target) {
        long[] words = {
            target.dw0(),
            target.dw1(),
            target.dw2(),
            target.dw3(),
            target.dw4(),
            target.dw5(),
            target.dw6(),
            target.dw7()
        };
        writer.write(find(substreamId), words, rules, () -> forget(substreamId, 1));
    }

    /** Makes a descriptor invalid; where there is no leaf there is nothing to do. */
    void clear(int substreamId) {
        if (find(substreamId) != NOWHERE) {
            write(substreamId, ContextDescriptors.none());
        }
    }

    /**
     * Lets the streams' SMMU forget the table, waits until it has, and gives the memory back (§3.21.3). No stream table
     * entry may point to it any more. Memory that the SMMU does not say to have forgotten stays taken until the unit is shut
     * down.
     */
    void free() {
        CommandBatch batch = new CommandBatch(ring);
        for (int streamId : streamIds) {
            batch.add(Command.of(CommandOpcode.CFGI_CD_ALL).with0(Command.STREAM_ID, Integer.toUnsignedLong(streamId)));
        }
        @Nullable Errno silence = batch.submit();
        if (silence == null) {
            leaves().forEach(parts.structures()::free);
            parts.structures().free(table);
        } else {
            parts.print(KernelLog.Level.ERR, "context tables are kept: " + silence);
        }
    }

    private List<Long> leaves() {
        List<Long> leaves = new ArrayList<>();
        if (twoLevels) {
            IntStream.range(0, 1 << substreamBits - LEAF_LG2)
                    .mapToObj(i -> L1ContextDescriptor.readFrom(memory, table + (long) i * L1ContextDescriptor.SIZE))
                    .filter(L1ContextDescriptor::valid)
                    .forEach(leaf -> leaves.add(leaf.l2Ptr()));
        }
        return leaves;
    }
}
