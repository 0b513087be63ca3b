package io.github.iommu4j.core.pagetable.arm;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.Prot;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.core.pagetable.BitPattern;

/** ARM DDI 0406C, B3.5.1: where the fields of the four kinds of short-descriptor leaves are. */
enum ShortLeaf {
    /** 4 KiB, second level; bit 0 is XN. */
    SMALL_PAGE(12, 0b10, 0b10),
    /** 64 KiB in 16 equal descriptors, second level. */
    LARGE_PAGE(16, 0b11, 0b01),
    /** 1 MiB, first level; bit 0 is PXN. */
    SECTION(20, 1 << 18 | 0b10, 0b10),
    /** 16 MiB in 16 equal descriptors, first level. */
    SUPERSECTION(24, 1 << 18 | 0b10, 1 << 18 | 0b10);

    private static final BitField B = bit(2);
    private static final BitField C = bit(3);

    private final int sizeLg2;
    private final int typeMask;
    private final int type;

    ShortLeaf(int sizeLg2, int typeMask, int type) {
        this.sizeLg2 = sizeLg2;
        this.typeMask = typeMask;
        this.type = type;
    }

    static ShortLeaf ofSize(int sizeLg2) {
        for (ShortLeaf leaf : values()) {
            if (leaf.sizeLg2 == sizeLg2) {
                return leaf;
            }
        }
        throw new AssertionError("no short-descriptor leaf has 2^" + sizeLg2 + " bytes");
    }

    int sizeLg2() {
        return sizeLg2;
    }

    BitPattern pattern() {
        return new BitPattern(typeMask, type);
    }

    BitField address() {
        return bits(31, sizeLg2);
    }

    boolean isFirstLevel() {
        return this == SECTION || this == SUPERSECTION;
    }

    private BitField tex0() {
        return this == SMALL_PAGE ? bit(6) : bit(12);
    }

    private BitField xn() {
        return switch (this) {
            case SMALL_PAGE -> bit(0);
            case LARGE_PAGE -> bit(15);
            case SECTION, SUPERSECTION -> bit(4);
        };
    }

    /** AP[0], which the simplified model makes the access flag. */
    private BitField accessFlag() {
        return isFirstLevel() ? bit(10) : bit(4);
    }

    /** AP[1]: unprivileged accesses are allowed. */
    private BitField unprivileged() {
        return isFirstLevel() ? bit(11) : bit(5);
    }

    /** AP[2]: writes are not allowed. */
    private BitField readOnly() {
        return isFirstLevel() ? bit(15) : bit(9);
    }

    private BitField shareable() {
        return isFirstLevel() ? bit(16) : bit(10);
    }

    private BitField notGlobal() {
        return isFirstLevel() ? bit(17) : bit(11);
    }

    /** Type and memory attributes: what every descriptor has. The three cases read the same with and without remap. */
    long memoryAttributes(Prot prot) {
        long cacheability = prot.includes(Prot.MMIO)
                ? B.mask()
                : tex0().mask() | (prot.includes(Prot.CACHE) ? B.mask() | C.mask() : 0);
        return type | shareable().mask() | notGlobal().mask() | cacheability;
    }

    long permissions(Prot prot) {
        return accessFlag().mask()
                | (prot.includes(Prot.PRIV) ? 0 : unprivileged().mask())
                | (prot.includes(Prot.WRITE) ? 0 : readOnly().mask())
                | (prot.includes(Prot.NOEXEC) ? xn().mask() : 0);
    }

    /** The protection that a descriptor stands for; where permissions are left out only the memory's part counts. */
    Prot prot(long descriptor) {
        Prot memory = !tex0().isSet(descriptor) ? Prot.MMIO : C.isSet(descriptor) ? Prot.CACHE : Prot.NONE;
        return memory.and(Prot.READ)
                .and(readOnly().isSet(descriptor) ? Prot.NONE : Prot.WRITE)
                .and(unprivileged().isSet(descriptor) ? Prot.NONE : Prot.PRIV)
                .and(xn().isSet(descriptor) ? Prot.NOEXEC : Prot.NONE);
    }
}
