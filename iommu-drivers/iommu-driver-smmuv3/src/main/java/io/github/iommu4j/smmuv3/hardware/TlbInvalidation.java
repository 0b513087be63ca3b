package io.github.iommu4j.smmuv3.hardware;

/**
 * The scope of one TLB invalidation command, decoded (IHI 0070 §4.4).
 *
 * @param scope which entries the command speaks of
 * @param vmid the VMID; ignored by scopes without one, and when stage 2 is absent
 * @param vmidMask bits of the VMID that are compared (CR0.VMW clears low bits)
 * @param asid the ASID; used by {@code *_ASID} and {@code *_VA} scopes
 * @param address first address of the range, already aligned down to the granule
 * @param lastAddress last address of the range, inclusive; does not wrap
 * @param granuleLg2 12, 14 or 16 when the command names a granule (TG), 0 when any entry in the range is meant
 * @param level leaf level the command names through TTL, 1 to 3, or 0 for any
 * @param leafOnly whether only last-level entries are meant
 */
record TlbInvalidation(
        Scope scope,
        int vmid,
        int vmidMask,
        int asid,
        long address,
        long lastAddress,
        int granuleLg2,
        int level,
        boolean leafOnly) {

    /** What a command's opcode (and CR2.E2H, for the EL2 ones) selects. */
    enum Scope {
        /** CMD_TLBI_NH_ALL: VA-based NS-EL1 entries of a VMID. */
        NH_ALL,
        /** CMD_TLBI_NH_ASID: non-global ones of an ASID. */
        NH_ASID,
        /** CMD_TLBI_NH_VA: an ASID's and global ones in a range. */
        NH_VA,
        /** CMD_TLBI_NH_VAA: any ASID's in a range. */
        NH_VAA,
        /** CMD_TLBI_EL2_ALL: every EL2 and EL2-E2H entry. */
        EL2_ALL,
        /** CMD_TLBI_EL2_ASID: non-global EL2-E2H entries of an ASID. */
        EL2_ASID,
        /** CMD_TLBI_EL2_VA with CR2.E2H=1: EL2-E2H entries, an ASID's and global ones, in a range. */
        EL2_E2H_VA,
        /** CMD_TLBI_EL2_VAA with CR2.E2H=1: EL2-E2H entries of any ASID in a range. */
        EL2_E2H_VAA,
        /** CMD_TLBI_EL2_VA and _VAA with CR2.E2H=0: EL2 entries in a range. */
        EL2_VA,
        /** CMD_TLBI_S2_IPA: stage-2-only entries of a VMID in a range of IPAs. */
        S2_IPA,
        /** CMD_TLBI_S12_VMALL: every NS-EL1 entry of a VMID, both stages. */
        S12_VMALL,
        /** CMD_TLBI_NSNH_ALL: every NS-EL1 entry, both stages. */
        NSNH_ALL
    }
}
