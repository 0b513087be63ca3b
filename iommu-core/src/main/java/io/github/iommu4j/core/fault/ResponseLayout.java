package io.github.iommu4j.core.fault;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/** Words of {@code struct iommu_page_response} (24 bytes, Linux 5.3 to 6.8), little-endian. */
final class ResponseLayout {

    static final BitField ARGSZ = bits(31, 0);
    static final BitField VERSION = bits(63, 32);

    static final BitField FLAGS = bits(31, 0);
    static final BitField PASID = bits(63, 32);

    static final BitField GROUP = bits(31, 0);
    static final BitField CODE = bits(63, 32);

    private ResponseLayout() {}
}
