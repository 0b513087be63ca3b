package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.smmuv3.layout.ContextDescriptor;

/**
 * The context descriptors of a master, by SubstreamID, with one level or two (IHI 0070 §5.3; leaves of 64 KiB). Every
 * descriptor is invalid until it is written.
 *
 * <p>Guarded by the caller: the group's mutex, and Linux {@code arm_smmu_asid_lock} against a change of ASID.
 */
final class ContextTable {

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
     * @throws io.github.iommu4j.api.IommuException {@code ENOMEM} without memory
     */
    ContextTable(StructureParts parts, CommandRing ring, int substreamBits, Levels levels, int... streamIds) {
        throw new UnsupportedOperationException(parts + " " + ring + substreamBits + levels + streamIds.length);
    }

    /** STE.S1ContextPtr, S1Fmt and S1CDMax in place. */
    long entryBits() {
        throw new UnsupportedOperationException();
    }

    /**
     * Makes room for a descriptor, so that {@link #write} cannot fail.
     *
     * @throws io.github.iommu4j.api.IommuException {@code ENOMEM} without memory for a leaf, {@code E2BIG} when the table
     *     does not reach as far
     */
    void prepare(int substreamId) {
        throw new UnsupportedOperationException();
    }

    /** Reads a descriptor; an invalid one where there is no leaf. */
    ContextDescriptor read(int substreamId) {
        throw new UnsupportedOperationException();
    }

    /**
     * Makes a prepared descriptor another, as {@link EntryWriter} does, with CFGI_CD for every stream and CMD_SYNC as often
     * as it takes. TLB entries are the caller's affair.
     */
    void write(int substreamId, ContextDescriptor target) {
        throw new UnsupportedOperationException();
    }

    /** Makes a descriptor invalid; none is needed where there is no leaf. */
    void clear(int substreamId) {
        throw new UnsupportedOperationException();
    }

    /**
     * Lets the streams' SMMU forget the table, waits until it has, and gives the memory back (§3.21.3). No stream table
     * entry may point to it any more.
     */
    void free() {
        throw new UnsupportedOperationException();
    }
}
