package io.github.iommu4j.api;

/**
 * Protection of a mapping (Linux {@code IOMMU_READ} and its kin). Immutable.
 *
 * @param bits 1 read, 2 write, 4 cache-coherent, 8 no-execute, 16 MMIO, 32 privileged
 */
public record Prot(int bits) {

    /** Nothing allowed. */
    public static final Prot NONE = new Prot(0);
    /** The device may read. */
    public static final Prot READ = new Prot(1);
    /** The device may write. */
    public static final Prot WRITE = new Prot(2);
    /** The device may read and write. */
    public static final Prot READ_WRITE = new Prot(3);
    /** DMA snoops the caches. */
    public static final Prot CACHE = new Prot(4);
    /** The device may not fetch instructions. */
    public static final Prot NOEXEC = new Prot(8);
    /** The target is a device. */
    public static final Prot MMIO = new Prot(16);
    /** Only privileged accesses are allowed. */
    public static final Prot PRIV = new Prot(32);

    /**
     * Both protections together.
     *
     * @param other another protection
     * @return the union of the bits
     */
    public Prot and(Prot other) {
        return new Prot(bits | other.bits);
    }

    /**
     * Whether every bit of another protection is set in this one.
     *
     * @param other another protection
     * @return {@code true} when {@code other}'s bits are a subset
     */
    public boolean includes(Prot other) {
        return (bits & other.bits) == other.bits;
    }
}
