package io.github.iommu4j.smmuv3.reference;

import static io.github.iommu4j.smmuv3.reference.Raw.bit;
import static io.github.iommu4j.smmuv3.reference.Raw.field;

import io.github.iommu4j.api.memory.MmioRegion;

/**
 * What an SMMU says of itself (IHI 0070 §6.3.1-6.3.6).
 *
 * @param idr0 SMMU_IDR0
 * @param idr1 SMMU_IDR1
 * @param idr3 SMMU_IDR3
 * @param idr5 SMMU_IDR5
 * @param aidr SMMU_AIDR
 */
public record IdRegisters(int idr0, int idr1, int idr3, int idr5, int aidr) {

    private static final int[] ADDRESS_BITS = {32, 36, 40, 42, 44, 48, 52, 52};

    /**
     * Reads the registers.
     *
     * @param registers the SMMU's register window
     * @return what stands there
     */
    public static IdRegisters readFrom(MmioRegion registers) {
        return new IdRegisters(
                (int) registers.read(0x00, 4),
                (int) registers.read(0x04, 4),
                (int) registers.read(0x0C, 4),
                (int) registers.read(0x14, 4),
                (int) registers.read(0x1C, 4));
    }

    /** IDR0.S2P. */
    public boolean stage2() {
        return bit(idr0, 0);
    }

    /** IDR0.S1P. */
    public boolean stage1() {
        return bit(idr0, 1);
    }

    /** IDR0.Hyp. */
    public boolean el2() {
        return bit(idr0, 9);
    }

    /** IDR0.ASID16. */
    public boolean asid16() {
        return bit(idr0, 12);
    }

    /** IDR0.VMID16. */
    public boolean vmid16() {
        return bit(idr0, 18);
    }

    /** IDR0.CD2L. */
    public boolean twoLevelContexts() {
        return bit(idr0, 19);
    }

    /** TTENDIAN: 0 mixed, 2 little, 3 big. */
    public boolean forbidsEndian(boolean big) {
        int supported = field(idr0, 22, 21);
        return big ? supported == 2 : supported == 3;
    }

    /** IDR0.HTTU: 0 nothing, 1 access flag, 2 dirty state too. */
    public int descriptorUpdates() {
        return field(idr0, 7, 6);
    }

    /** IDR0.ATS. */
    public boolean ats() {
        return bit(idr0, 10);
    }

    /** IDR0.NS1ATS: no split-stage ATS. */
    public boolean noSplitStageAts() {
        return bit(idr0, 11);
    }

    /** IDR0.STALL_MODEL. */
    public int stallModel() {
        return field(idr0, 25, 24);
    }

    /** IDR0.TERM_MODEL. */
    public boolean abortOnly() {
        return bit(idr0, 26);
    }

    /** IDR0.ST_LEVEL. */
    public boolean twoLevelStreams() {
        return field(idr0, 28, 27) == 1;
    }

    /** IDR1.SIDSIZE. */
    public int sidSize() {
        return field(idr1, 5, 0);
    }

    /** IDR1.SSIDSIZE. */
    public int ssidSize() {
        return field(idr1, 10, 6);
    }

    /** IDR1.ATTR_PERMS_OVR. */
    public boolean overridesPermissions() {
        return bit(idr1, 26);
    }

    /** IDR3.HAD. */
    public boolean hierarchicalAttributeDisable() {
        return bit(idr3, 2);
    }

    /** IDR3.XNX. */
    public boolean stage2PrivilegedExecuteNever() {
        return bit(idr3, 4);
    }

    /** IDR3.FWB. */
    public boolean forcedWriteBack() {
        return bit(idr3, 8);
    }

    /** IDR3.STT. */
    public boolean smallTables() {
        return bit(idr3, 9);
    }

    /** IDR3.E0PD. */
    public boolean e0pd() {
        return bit(idr3, 13);
    }

    /** IDR5.GRAN4K, GRAN16K, GRAN64K. */
    public boolean hasGranule(int granuleLg2) {
        return switch (granuleLg2) {
            case 12 -> bit(idr5, 4);
            case 14 -> bit(idr5, 5);
            case 16 -> bit(idr5, 6);
            default -> false;
        };
    }

    /** IDR5.VAX. */
    public boolean largeVirtualAddresses() {
        return field(idr5, 11, 10) != 0;
    }

    /** IDR5.OAS in bits. */
    public int outputAddressBits() {
        return ADDRESS_BITS[field(idr5, 2, 0)];
    }

    /** Only AArch64 tables are modelled, so IAS is OAS. */
    public int intermediateAddressBits() {
        return outputAddressBits();
    }

    /** An IPS or S2PS code, capped to what the SMMU puts out. */
    public int cappedAddressBits(int code) {
        return Math.min(ADDRESS_BITS[code], outputAddressBits());
    }

    /** From SMMUv3.1 on a permission fault of an atomic names the direction that was missing (§7.3.16). */
    public boolean namesMissingDirection() {
        return field(aidr, 3, 0) >= 1;
    }
}
