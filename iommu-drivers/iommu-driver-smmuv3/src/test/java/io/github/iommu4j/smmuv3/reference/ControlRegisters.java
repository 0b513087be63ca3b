package io.github.iommu4j.smmuv3.reference;

import static io.github.iommu4j.smmuv3.reference.Raw.bit;

import io.github.iommu4j.api.memory.MmioRegion;

/**
 * The control registers that decide a translation (IHI 0070 §6.3).
 *
 * @param cr0Ack SMMU_CR0ACK: what is in effect
 * @param cr2 SMMU_CR2
 * @param gbpa SMMU_GBPA
 * @param streamTableBase SMMU_STRTAB_BASE
 * @param streamTableConfig SMMU_STRTAB_BASE_CFG
 */
public record ControlRegisters(int cr0Ack, int cr2, int gbpa, long streamTableBase, int streamTableConfig) {

    /**
     * Reads the registers.
     *
     * @param registers the SMMU's register window
     * @return what stands there
     */
    public static ControlRegisters readFrom(MmioRegion registers) {
        return new ControlRegisters(
                (int) registers.read(0x24, 4),
                (int) registers.read(0x2C, 4),
                (int) registers.read(0x44, 4),
                registers.read(0x80, 8),
                (int) registers.read(0x88, 4));
    }

    boolean enabled() {
        return bit(cr0Ack, 0);
    }

    boolean el2HostExtensions() {
        return bit(cr2, 0);
    }

    boolean recordsInvalidStreamId() {
        return bit(cr2, 1);
    }

    boolean abortsWhenDisabled() {
        return bit(gbpa, 20);
    }
}
