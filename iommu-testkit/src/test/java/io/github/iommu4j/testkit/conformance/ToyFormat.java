package io.github.iommu4j.testkit.conformance;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.core.pagetable.AddressField;
import io.github.iommu4j.core.pagetable.BitPattern;
import io.github.iommu4j.core.pagetable.LeafLayout;
import io.github.iommu4j.core.pagetable.PageTableFormat;
import io.github.iommu4j.core.pagetable.RunRule;
import io.github.iommu4j.core.pagetable.TableLevel;
import io.github.iommu4j.core.pagetable.WalkCoherency;
import java.util.List;

/** A format of nobody's: three levels of 16 descriptors, pages of 4K, 64K and 1M, 24 bits in, 32 bits out. */
class ToyFormat implements PageTableFormat {

    static final BitField PRESENT = bit(0);
    static final BitField LEAF = bit(1);
    static final BitField WRITE = bit(2);
    static final BitField PAGE = bits(31, 12);
    static final BitField TABLE = bits(31, 7);

    private static final int LEVEL_BITS = 4;
    private static final int GRANULE_LG2 = 12;
    private static final int LEVELS = 3;

    private final WalkCoherency coherency;

    ToyFormat(WalkCoherency coherency) {
        this.coherency = coherency;
    }

    AddressField pageAddress() {
        return AddressField.inPlace(PAGE);
    }

    @Override
    public int wordBytes() {
        return Long.BYTES;
    }

    @Override
    public List<TableLevel> levels() {
        return List.of(level(0), level(1), level(2));
    }

    private TableLevel level(int level) {
        long mask = PRESENT.mask() | LEAF.mask();
        LeafLayout leaf = new LeafLayout(GRANULE_LG2 + level * LEVEL_BITS, new BitPattern(mask, mask), pageAddress());
        BitPattern table = level == 0 ? BitPattern.NEVER : new BitPattern(mask, PRESENT.mask());
        return new TableLevel(LEVEL_BITS, Long.BYTES << LEVEL_BITS, table, PRESENT.mask(), List.of(leaf));
    }

    @Override
    public int granuleLg2() {
        return GRANULE_LG2;
    }

    @Override
    public int inputBits() {
        return GRANULE_LG2 + LEVELS * LEVEL_BITS;
    }

    @Override
    public int outputBits() {
        return 32;
    }

    @Override
    public PageSizes pageSizes() {
        return new PageSizes(0x11_1000);
    }

    @Override
    public AddressField tableAddress() {
        return AddressField.inPlace(TABLE);
    }

    @Override
    public int tableAddressBits() {
        return 32;
    }

    @Override
    public WalkCoherency coherency() {
        return coherency;
    }

    @Override
    public RunRule runRule() {
        return RunRule.PAGE_BY_PAGE;
    }

    @Override
    public long attributes(Prot prot, LeafLayout leaf) {
        return leaf.pattern().value() | (prot.includes(Prot.WRITE) ? WRITE.mask() : 0);
    }

    @Override
    public long narrowed(long descriptor, LeafLayout from, LeafLayout to) {
        return descriptor;
    }
}
