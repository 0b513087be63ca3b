package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.smmuv3.layout.StreamTableEntry;

/**
 * The stream table of a unit, with one level or two (IHI 0070 §5.1). Every entry aborts until it is written.
 *
 * <p>Guarded by the caller: Linux {@code streams_mutex} for {@link #prepare}, the group's mutex for {@link #write}.
 */
final class StreamTable {

    /** How an SMMU finds stream table entries. */
    enum Levels {
        /** An array of entries. */
        LINEAR,
        /** An array of descriptors, each for an array of 256 entries (IDR0.ST_LEVEL). */
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
     * @throws io.github.iommu4j.api.IommuException {@code ENOMEM} without memory
     */
    StreamTable(StructureParts parts, CommandRing ring, int sidBits, Levels levels) {
        throw new UnsupportedOperationException(parts + " " + ring + sidBits + levels);
    }

    /** Whether to send prefetch commands; they are by default. */
    void hint(PrefetchHint hint) {
        throw new UnsupportedOperationException(hint.toString());
    }

    /** The value of STRTAB_BASE. */
    long base() {
        throw new UnsupportedOperationException();
    }

    /** The value of STRTAB_BASE_CFG. */
    int baseConfig() {
        throw new UnsupportedOperationException();
    }

    /**
     * Makes room for a stream's entry.
     *
     * @throws io.github.iommu4j.api.IommuException {@code ERANGE} when the table does not reach as far, {@code ENOMEM}
     *     without memory for its second level
     */
    void prepare(int streamId) {
        throw new UnsupportedOperationException();
    }

    /** Reads a prepared entry. */
    StreamTableEntry read(int streamId) {
        throw new UnsupportedOperationException();
    }

    /** Makes a prepared entry another, as {@link EntryWriter} does, with CFGI_STE and CMD_SYNC as often as it takes. */
    void write(int streamId, StreamTableEntry target) {
        throw new UnsupportedOperationException();
    }

    /**
     * Makes a prepared entry another before any SMMU reads the table: plain stores, no command (firmware's reserved
     * memory, which needs bypass before SMMUEN).
     */
    void init(int streamId, StreamTableEntry target) {
        throw new UnsupportedOperationException();
    }

    /** Gives all memory back. CR0.SMMUEN and its acknowledgement must be 0. */
    void free() {
        throw new UnsupportedOperationException();
    }
}
