package io.github.iommu4j.api.dma;

/** The PCIe AT field of a request: what the device says its address is (PCIe base specification, ATS chapter). */
public enum AddressType {
    /** An ordinary address, to be translated. */
    UNTRANSLATED,
    /** An ATS Translation Request: the device asks for a translation to cache. */
    TRANSLATION_REQUEST,
    /** An address the device translated earlier through ATS. */
    TRANSLATED
}
