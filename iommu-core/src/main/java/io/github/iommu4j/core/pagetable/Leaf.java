package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.Prot;
import org.jspecify.annotations.Nullable;

/**
 * A kind of leaf with what follows from its place in the tables; plain fields, because the hot paths look at them.
 * Immutable.
 */
final class Leaf {

    private static final int PROTECTIONS = 64;

    final LeafLayout layout;
    final BitPattern pattern;
    final AddressField address;
    final Level level;
    /** The level's next kind of leaf. */
    final @Nullable Leaf next;

    final int sizeLg2;
    final long size;
    /** Log2 of the descriptors it is written down in. */
    final int groupLg2;

    private final long patternMask;
    private final long patternValue;
    private final long offsetMask;
    private final long[] attributes = new long[PROTECTIONS];

    Leaf(PageTableFormat format, LeafLayout layout, Level level, @Nullable Leaf next) {
        this.layout = layout;
        this.pattern = layout.pattern();
        this.address = layout.address();
        this.level = level;
        this.next = next;
        this.patternMask = pattern.mask();
        this.patternValue = pattern.value();
        this.offsetMask = layout.size() - 1;
        this.sizeLg2 = layout.sizeLg2();
        this.size = layout.size();
        this.groupLg2 = sizeLg2 - level.spanLg2;
        for (int bits = 0; bits < PROTECTIONS; bits++) {
            Prot prot = new Prot(bits);
            attributes[bits] = isAccessible(prot) ? format.attributes(prot, layout) : 0;
        }
    }

    /** Whether a protection allows anything at all. */
    static boolean isAccessible(Prot prot) {
        return (prot.bits() & (Prot.READ.bits() | Prot.WRITE.bits())) != 0;
    }

    long attributes(Prot prot) {
        return attributes[prot.bits() & PROTECTIONS - 1];
    }

    boolean matches(long raw) {
        return (raw & patternMask) == patternValue;
    }

    boolean isGroup() {
        return groupLg2 != 0;
    }

    /** What its descriptor translates an address to. */
    long output(long raw, long iova) {
        return address.read(raw) | iova & offsetMask;
    }
}
