package io.github.iommu4j.api.device;

import java.util.List;

/**
 * What firmware says of a device's IOMMU (Linux {@code iommu_fwspec}). Immutable; ids are not de-duplicated.
 *
 * @param iommu the firmware node of the IOMMU
 * @param ids the ids the device has there
 */
public record FwSpec(String iommu, List<Integer> ids) {

    /** Copies the list. */
    public FwSpec {
        ids = List.copyOf(ids);
    }
}
