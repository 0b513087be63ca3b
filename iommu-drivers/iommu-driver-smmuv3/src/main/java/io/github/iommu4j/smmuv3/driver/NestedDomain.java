package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;

/**
 * A user's stage 1 over a domain of stage 2 (Linux 6.13 {@code arm_smmu_nested_domain}): the words of the stream table entry that
 * a guest wrote, of which only what concerns stage 1 is taken. Immutable.
 *
 * @param devices who attaches
 * @param target where requests go
 */
record NestedDomain(DeviceAttach devices, StreamTarget.Nested target) implements DomainOps {

    private static final long WORD_0 = masks(
            StreamTableEntry.V,
            StreamTableEntry.CONFIG,
            StreamTableEntry.S1FMT,
            StreamTableEntry.S1CONTEXTPTR,
            StreamTableEntry.S1CDMAX);

    private static final long WORD_1 = masks(
            StreamTableEntry.S1DSS,
            StreamTableEntry.S1CIR,
            StreamTableEntry.S1COR,
            StreamTableEntry.S1CSH,
            StreamTableEntry.S1STALLD,
            StreamTableEntry.EATS);

    private static final int CONFIG_ABORT = 0;
    private static final int EATS_FULL = 1;

    private static long masks(BitField... fields) {
        long mask = 0;
        for (BitField field : fields) {
            mask |= field.mask();
        }
        return mask;
    }

    /**
     * Checks a user's words.
     *
     * @throws IommuException {@code EIO} for bits that are not the user's to set, a configuration that is neither abort, bypass
     *     nor stage 1, or split-stage ATS
     */
    static StreamTarget.Nested checked(SmmuDomain parent, long word0, long word1) {
        if (!StreamTableEntry.V.isSet(word0)) {
            return new StreamTarget.Nested(parent, 0, 0);
        }
        int config = StreamTableEntry.CONFIG.getInt(word0);
        boolean known = config == CONFIG_ABORT
                || config == StreamTableEntry.CONFIG_BYPASS
                || config == StreamTableEntry.CONFIG_STAGE1;
        boolean ats = StreamTableEntry.EATS.get(word1) <= EATS_FULL;
        if ((word0 & ~WORD_0) != 0 || (word1 & ~WORD_1) != 0 || !known || !ats) {
            throw new IommuException(
                    Errno.EIO, String.format("a user's stream table entry may not be 0x%016x 0x%016x", word0, word1));
        }
        return new StreamTarget.Nested(parent, word0, word1);
    }

    @Override
    public void attach(Device device) {
        devices.attach(device, target);
    }
}
