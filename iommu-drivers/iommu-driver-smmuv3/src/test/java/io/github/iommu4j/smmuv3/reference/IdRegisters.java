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

    boolean stage2() {
        return bit(idr0, 0);
    }

    boolean stage1() {
        return bit(idr0, 1);
    }

    boolean el2() {
        return bit(idr0, 9);
    }

    boolean asid16() {
        return bit(idr0, 12);
    }

    boolean vmid16() {
        return bit(idr0, 18);
    }

    boolean twoLevelContexts() {
        return bit(idr0, 19);
    }

    /** TTENDIAN: 0 mixed, 2 little, 3 big. */
    boolean forbidsEndian(boolean big) {
        int supported = field(idr0, 22, 21);
        return big ? supported == 2 : supported == 3;
    }

    int stallModel() {
        return field(idr0, 25, 24);
    }

    boolean abortOnly() {
        return bit(idr0, 26);
    }

    boolean twoLevelStreams() {
        return field(idr0, 28, 27) == 1;
    }

    int sidSize() {
        return field(idr1, 5, 0);
    }

    int ssidSize() {
        return field(idr1, 10, 6);
    }

    boolean overridesPermissions() {
        return bit(idr1, 26);
    }

    boolean hierarchicalAttributeDisable() {
        return bit(idr3, 2);
    }

    boolean stage2PrivilegedExecuteNever() {
        return bit(idr3, 4);
    }

    boolean forcedWriteBack() {
        return bit(idr3, 8);
    }

    boolean smallTables() {
        return bit(idr3, 9);
    }

    boolean e0pd() {
        return bit(idr3, 13);
    }

    boolean hasGranule(int granuleLg2) {
        return switch (granuleLg2) {
            case 12 -> bit(idr5, 4);
            case 14 -> bit(idr5, 5);
            case 16 -> bit(idr5, 6);
            default -> false;
        };
    }

    boolean largeVirtualAddresses() {
        return field(idr5, 11, 10) != 0;
    }

    int outputAddressBits() {
        return ADDRESS_BITS[field(idr5, 2, 0)];
    }

    /** Only AArch64 tables are modelled, so IAS is OAS. */
    int intermediateAddressBits() {
        return outputAddressBits();
    }

    /** An IPS or S2PS code, capped to what the SMMU puts out. */
    int cappedAddressBits(int code) {
        return Math.min(ADDRESS_BITS[code], outputAddressBits());
    }

    /** From SMMUv3.1 on a permission fault of an atomic names the direction that was missing (§7.3.16). */
    boolean namesMissingDirection() {
        return field(aidr, 3, 0) >= 1;
    }
}
