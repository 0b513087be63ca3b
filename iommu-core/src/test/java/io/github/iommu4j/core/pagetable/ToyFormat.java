package io.github.iommu4j.core.pagetable;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import java.util.List;

/**
 * A format that exists nowhere: three levels of 16 descriptors, leaves everywhere, groups of four at the bottom, tables
 * freed after the sync. All of it is 1 MiB, so that random calls meet each other.
 *
 * <pre>
 * 37    32 31      7 2 1 0
 * | prot   | pa[31:7] |G|L|V|      V: valid, L: leaf, G: of a group
 * </pre>
 */
record ToyFormat(RunRule runRule, WalkCoherency coherency, FreedTables freedTables) implements PageTableFormat {

    private static final AddressField PA = AddressField.inPlace(bits(31, 8));
    private static final int SINGLE = 0;
    private static final int GROUP = 4;

    @Override
    public int wordBytes() {
        return 8;
    }

    @Override
    public List<TableLevel> levels() {
        BitPattern table = new BitPattern(3, 1);
        return List.of(
                new TableLevel(4, 128, BitPattern.NEVER, 0, List.of(leaf(8, SINGLE), leaf(10, GROUP))),
                new TableLevel(4, 128, table, 1, List.of(leaf(12, SINGLE))),
                new TableLevel(4, 128, table, 1, List.of(leaf(16, SINGLE))));
    }

    private static LeafLayout leaf(int sizeLg2, int group) {
        return new LeafLayout(sizeLg2, new BitPattern(7, group | 3), PA);
    }

    @Override
    public int granuleLg2() {
        return 8;
    }

    @Override
    public int inputBits() {
        return 20;
    }

    @Override
    public int outputBits() {
        return 32;
    }

    @Override
    public PageSizes pageSizes() {
        return new PageSizes(1 << 8 | 1 << 10 | 1 << 12 | 1 << 16);
    }

    @Override
    public AddressField tableAddress() {
        return AddressField.inPlace(bits(31, 7));
    }

    @Override
    public int tableAddressBits() {
        return 32;
    }

    @Override
    public long attributes(Prot prot, LeafLayout leaf) {
        return leaf.pattern().value() | (long) prot.bits() << 32;
    }

    @Override
    public long narrowed(long descriptor, LeafLayout from, LeafLayout to) {
        return to.pattern().value() | descriptor & 0x3FL << 32 | PA.read(descriptor);
    }
}
