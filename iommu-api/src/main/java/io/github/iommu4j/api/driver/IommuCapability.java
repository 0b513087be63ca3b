package io.github.iommu4j.api.driver;

/** What a driver may be asked about a device (Linux {@code enum iommu_cap}, and its interrupt isolation). */
public enum IommuCapability {
    /** DMA with the cache bit is coherent. */
    CACHE_COHERENCY,
    /** No-execute mappings exist. */
    NOEXEC,
    /** Firmware wants DMA protection before boot. */
    PRE_BOOT_PROTECTION,
    /** Coherency can be enforced against the device's wish. */
    ENFORCE_CACHE_COHERENCY,
    /** Invalidation may be deferred to a flush queue. */
    DEFERRED_FLUSH,
    /** Dirty pages are tracked by hardware. */
    DIRTY_TRACKING,
    /** Interrupt messages are remapped and so isolated. */
    INTERRUPT_ISOLATION
}
