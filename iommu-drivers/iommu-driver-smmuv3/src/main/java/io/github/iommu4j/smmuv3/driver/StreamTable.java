package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.L1StreamTableDescriptor;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Strtab;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;

/**
 * The stream table of a unit, with one level or two (IHI 0070 §3.3.1, §5.1). Every entry aborts until it is written.
 *
 * <p>Of two levels, the first has at most 2<sup>17</sup> descriptors (1 MiB), each for 256 entries, whose memory is taken
 * when one of them is needed.
 *
 * <p>Guarded by the caller: Linux {@code streams_mutex} for {@link #prepare}, the group's mutex for {@link #write}.
 */
final class StreamTable {

    private static final int SPLIT = 8;
    private static final int ENTRIES_OF_LEAF = 1 << SPLIT;
    private static final int SPAN = SPLIT + 1;
    private static final long LEAF_BYTES = (long) ENTRIES_OF_LEAF * StreamTableEntry.SIZE;
    private static final int MOST_FIRST_LEVEL_BITS = 17;
    private static final long SMALLEST_PIECE = 64;

    private final StructureParts parts;
    private final PhysicalMemory memory;
    private final CommandRing ring;
    private final StreamEntryRules rules;
    private final EntryWriter writer;
    private final StreamTableEntry abort;
    private final boolean twoLevels;
    private final int log2Size;
    private final long table;
    private PrefetchHint hint = PrefetchHint.SENT;

    /** How an SMMU finds stream table entries. */
    enum Levels {
        /** An array of entries. */
        LINEAR,
        /** An array of descriptors, each for an array of entries (IDR0.ST_LEVEL). */
        TWO
    }

    /** Whether CMD_PREFETCH_CONFIG is sent after an entry was written. */
    enum PrefetchHint {
        /** It is. */
        SENT,
        /** It is not: the hardware does not know the command (hisilicon,broken-prefetch-cmd). */
        SKIPPED
    }

    /**
     * Takes memory for a table.
     *
     * @param sidBits IDR1.SIDSIZE, 0 to 32
     * @param levels what the SMMU can; a table that one second level would hold is linear all the same
     * @throws IommuException {@code ENOMEM} without memory
     */
    StreamTable(StructureParts parts, CommandRing ring, int sidBits, Levels levels) {
        this.parts = parts;
        this.memory = parts.memory();
        this.ring = ring;
        this.rules = new StreamEntryRules(parts.release());
        this.writer = new EntryWriter(parts);
        this.abort = new StreamEntries(parts.release()).abort();
        this.twoLevels = levels == Levels.TWO && sidBits > SPLIT;
        this.log2Size = twoLevels ? Math.min(sidBits, MOST_FIRST_LEVEL_BITS + SPLIT) : sidBits;
        if (log2Size < sidBits) {
            parts.print(
                    KernelLog.Level.WARNING, "2-level strtab only covers " + log2Size + "/" + sidBits + " bits of SID");
        }
        this.table = allocate(twoLevels ? firstLevelBytes() : (long) StreamTableEntry.SIZE << log2Size);
        if (!twoLevels) {
            fill(table, 1L << log2Size);
        }
    }

    private long firstLevelBytes() {
        return Math.max((long) L1StreamTableDescriptor.SIZE << log2Size - SPLIT, SMALLEST_PIECE);
    }

    private long allocate(long bytes) {
        try {
            return parts.structures().allocate(bytes);
        } catch (IommuException refusal) {
            parts.print(KernelLog.Level.ERR, "failed to allocate stream table (" + bytes + " bytes)");
            throw refusal;
        }
    }

    private void fill(long first, long entries) {
        for (long i = 0; i < entries; i++) {
            abort.writeTo(memory, first + i * StreamTableEntry.SIZE);
        }
    }

    /** Says whether to send prefetch commands; they are sent by default. */
    void hint(PrefetchHint prefetch) {
        this.hint = prefetch;
    }

    /** The value of STRTAB_BASE. */
    long base() {
        return Strtab.RA.mask() | Strtab.ADDR.inPlace(table);
    }

    /** The value of STRTAB_BASE_CFG. */
    int baseConfig() {
        if (!twoLevels) {
            return (int) Strtab.LOG2SIZE.of(log2Size);
        }
        boolean firstLevelOnly = parts.has(Smmuv3Erratum.STRTAB_LOG2SIZE_OF_FIRST_LEVEL);
        int size = firstLevelOnly ? log2Size - SPLIT : log2Size;
        return (int) (Strtab.FMT.of(1) | Strtab.SPLIT.of(SPLIT) | Strtab.LOG2SIZE.of(size));
    }

    /**
     * Makes room for a stream's entry while the SMMU may be reading the table.
     *
     * @param streamId unsigned
     * @throws IommuException {@code ERANGE} when the table does not reach as far, {@code ENOMEM} without memory for its
     *     second level
     */
    void prepare(int streamId) {
        if (makeRoom(streamId)) {
            // A descriptor may be cached although it is invalid, and Leaf=1 need not remove it (§3.21.1, §4.3.1).
            ring.issueAndSync(Command.of(CommandOpcode.CFGI_STE).with0(Command.STREAM_ID, unsigned(streamId)));
        }
    }

    /** Whether the second level is new. */
    private boolean makeRoom(int streamId) {
        if (unsigned(streamId) >>> log2Size != 0) {
            throw new IommuException(
                    Errno.ERANGE,
                    String.format("StreamID 0x%x is not below 2^%d, the size of the table", streamId, log2Size));
        }
        if (!twoLevels
                || L1StreamTableDescriptor.readFrom(memory, descriptor(streamId))
                                .span()
                        != 0) {
            return false;
        }
        long leaf = allocate(LEAF_BYTES);
        fill(leaf, ENTRIES_OF_LEAF);
        memory.store64(
                descriptor(streamId),
                L1StreamTableDescriptor.L2PTR.inPlace(leaf) | L1StreamTableDescriptor.SPAN.of(SPAN));
        return true;
    }

    private long descriptor(int streamId) {
        long at = unsigned(streamId) >>> SPLIT;
        long stride = L1StreamTableDescriptor.SIZE;
        if (parts.has(Smmuv3Erratum.STRTAB_INDEX_STRIDE)) {
            stride *= 2;
        }
        return table + at * stride;
    }

    private long entry(int streamId) {
        if (!twoLevels) {
            return table + unsigned(streamId) * StreamTableEntry.SIZE;
        }
        long leaf =
                L1StreamTableDescriptor.readFrom(memory, descriptor(streamId)).l2Ptr();
        return leaf + (long) (streamId & ENTRIES_OF_LEAF - 1) * StreamTableEntry.SIZE;
    }

    private static long unsigned(int streamId) {
        return Integer.toUnsignedLong(streamId);
    }

    /** Reads a prepared entry. */
    StreamTableEntry read(int streamId) {
        return StreamTableEntry.readFrom(memory, entry(streamId));
    }

    /** Makes a prepared entry another, as {@link EntryWriter} does, with CFGI_STE and CMD_SYNC as often as it takes. */
    void write(int streamId, StreamTableEntry target) {
        Command forget = Command.of(CommandOpcode.CFGI_STE)
                .with0(Command.STREAM_ID, unsigned(streamId))
                .with1(Command.LEAF, 1);
        writer.write(entry(streamId), words(target), rules, () -> ring.issueAndSync(forget));
        boolean wanted = !parts.release().smmuv3PrefetchesTranslationsOnly() || rules.translates(target.dw0());
        boolean known = hint == PrefetchHint.SENT || parts.has(Smmuv3Erratum.PREFETCH_REGARDLESS);
        if (wanted && known) {
            ring.issue(Command.of(CommandOpcode.PREFETCH_CONFIG).with0(Command.STREAM_ID, unsigned(streamId)));
        }
    }

    private static long[] words(StreamTableEntry entry) {
        return new long[] {
            entry.dw0(), entry.dw1(), entry.dw2(), entry.dw3(), entry.dw4(), entry.dw5(), entry.dw6(), entry.dw7()
        };
    }

    /**
     * Makes an entry another before any SMMU reads the table: plain stores, no command (firmware's reserved memory, which
     * needs bypass before SMMUEN).
     *
     * @throws IommuException as {@link #prepare}
     */
    void init(int streamId, StreamTableEntry target) {
        makeRoom(streamId);
        target.writeTo(memory, entry(streamId));
    }

    /** Gives all memory back. CR0.SMMUEN and its acknowledgement must be 0, and no command that prefetches be queued. */
    void free() {
        if (twoLevels) {
            for (long at = table; at < table + ((long) L1StreamTableDescriptor.SIZE << log2Size - SPLIT); at += 8) {
                L1StreamTableDescriptor descriptor = L1StreamTableDescriptor.readFrom(memory, at);
                if (descriptor.span() != 0) {
                    memory.store64(at, 0);
                    parts.structures().free(descriptor.l2Ptr());
                }
            }
        }
        parts.structures().free(table);
    }
}
