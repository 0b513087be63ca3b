package io.github.iommu4j.api;

/** What a domain is for (Linux {@code IOMMU_DOMAIN_*}). */
public enum DomainType {
    /** All DMA is blocked. */
    BLOCKED(0, "blocked"),
    /** Addresses pass unchanged. */
    IDENTITY(4, "identity"),
    /** Mappings belong to whoever allocated the domain: VFIO, a driver. */
    UNMANAGED(1, "unmanaged"),
    /** The kernel DMA API's own, with strict invalidation. */
    DMA(3, "DMA"),
    /** The kernel DMA API's own, with invalidation through a flush queue. */
    DMA_FQ(11, "DMA-FQ"),
    /** A process's page table (6.2 and later). */
    SVA(16, "unknown"),
    /** Left as the platform had it (6.7 and later). */
    PLATFORM(32, "unknown"),
    /** A user's stage 1 over a kernel's stage 2 (6.7 and later). */
    NESTED(64, "unknown");

    private final int bits;
    private final String sysfsName;

    DomainType(int bits, String sysfsName) {
        this.bits = bits;
        this.sysfsName = sysfsName;
    }

    /**
     * The kernel's flag bits: 0 paging, 1 DMA API, 2 pass-through, 3 flush queue, 4 SVA, 5 platform, 6 nested.
     *
     * @return the bits
     */
    public int bits() {
        return bits;
    }

    /**
     * Whether map and unmap are legal.
     *
     * @return {@code true} for {@link #UNMANAGED}, {@link #DMA} and {@link #DMA_FQ}
     */
    public boolean isPaging() {
        return (bits & 1) != 0;
    }

    /**
     * Whether the kernel's DMA API uses such a domain.
     *
     * @return {@code true} for {@link #DMA} and {@link #DMA_FQ}
     */
    public boolean isDmaApi() {
        return (bits & 2) != 0;
    }

    /**
     * What a group's {@code type} file shows for a default domain of this type.
     *
     * @return the word, without a newline
     */
    public String sysfsName() {
        return sysfsName;
    }
}
