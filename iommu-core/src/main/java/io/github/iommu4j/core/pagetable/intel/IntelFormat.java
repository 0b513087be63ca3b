package io.github.iommu4j.core.pagetable.intel;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.core.pagetable.AddressField;
import io.github.iommu4j.core.pagetable.BitPattern;
import io.github.iommu4j.core.pagetable.FreedTables;
import io.github.iommu4j.core.pagetable.LeafLayout;
import io.github.iommu4j.core.pagetable.PageTableFormat;
import io.github.iommu4j.core.pagetable.RunRule;
import io.github.iommu4j.core.pagetable.TableLevel;
import io.github.iommu4j.core.pagetable.WalkCoherency;
import java.util.ArrayList;
import java.util.List;

/**
 * Intel VT-d §9.7 and §9.8: first-stage and second-stage paging entries as Linux writes them. Immutable.
 *
 * <table>
 * <caption>Levels</caption>
 * <tr><th>our level</th><th>second stage</th><th>first stage</th><th>leaf</th></tr>
 * <tr><td>0</td><td>SS-PTE</td><td>FS-PTE</td><td>4 KiB</td></tr>
 * <tr><td>1</td><td>SS-PDE</td><td>FS-PDE</td><td>2 MiB</td></tr>
 * <tr><td>2</td><td>SS-PDPE</td><td>FS-PDPE</td><td>1 GiB</td></tr>
 * <tr><td>3</td><td>SS-PML4E</td><td>FS-PML4E</td><td>-</td></tr>
 * <tr><td>4</td><td>SS-PML5E</td><td>FS-PML5E</td><td>-</td></tr>
 * </table>
 *
 * <p>Bit 0 is R in the second stage and P in the first. Linux sets it in every entry it makes, so that a page that may
 * only be written can be read too.
 */
final class IntelFormat implements PageTableFormat {

    private static final int INDEX_BITS = 9;
    private static final int GRANULE_LG2 = 12;
    private static final long TABLE_BYTES = 1L << GRANULE_LG2;
    private static final long ALL_SIZES = 1L << 12 | 1L << 21 | 1L << 30;

    private static final BitField PRESENT = bit(0);
    private static final BitField WRITE = bit(1);
    private static final BitField PAGE_SIZE = bit(7);
    private static final BitField ADDRESS = bits(51, 12);

    private static final BitField SECOND_SNP = bit(11);

    private static final BitField FIRST_US = bit(2);
    private static final BitField FIRST_ACCESSED = bit(5);
    private static final BitField FIRST_DIRTY = bit(6);
    private static final BitField FIRST_XD = bit(63);
    /** What first-stage entries of all levels have: for users, and accessed already. */
    private static final long FIRST_ALWAYS = FIRST_US.mask() | FIRST_ACCESSED.mask();

    private final IntelTableConfig config;

    IntelFormat(IntelTableConfig config) {
        this.config = config;
    }

    @Override
    public int wordBytes() {
        return Long.BYTES;
    }

    @Override
    public List<TableLevel> levels() {
        List<TableLevel> levels = new ArrayList<>();
        long table = PRESENT.mask() | WRITE.mask() | (isFirst() ? firstAlways() : 0);
        for (int level = 0; level < config.levels(); level++) {
            BitPattern pointer =
                    level == 0 ? BitPattern.NEVER : new BitPattern(PRESENT.mask() | PAGE_SIZE.mask(), PRESENT.mask());
            levels.add(new TableLevel(INDEX_BITS, TABLE_BYTES, pointer, table, leaves(level)));
        }
        return levels;
    }

    private List<LeafLayout> leaves(int level) {
        if (level != 0 && (level > 2 || (config.largePages() >>> level - 1 & 1) == 0)) {
            return List.of();
        }
        BitPattern pattern = level == 0
                ? new BitPattern(PRESENT.mask(), PRESENT.mask())
                : new BitPattern(PRESENT.mask() | PAGE_SIZE.mask(), PRESENT.mask() | PAGE_SIZE.mask());
        return List.of(new LeafLayout(GRANULE_LG2 + level * INDEX_BITS, pattern, AddressField.inPlace(ADDRESS)));
    }

    private boolean isFirst() {
        return config.stage() == IntelStage.FIRST;
    }

    @Override
    public int granuleLg2() {
        return GRANULE_LG2;
    }

    @Override
    public int inputBits() {
        return config.width();
    }

    @Override
    public int outputBits() {
        return ADDRESS.high() + 1;
    }

    /** A call for a whole range may name a size that has no leaf: it is mapped with smaller ones. */
    @Override
    public PageSizes pageSizes() {
        long leaves = 1L << 12 | (config.largePages() & 1L) << 21 | (config.largePages() >>> 1 & 1L) << 30;
        return new PageSizes(config.runRule() == RunRule.WHOLE_RANGE ? ALL_SIZES : leaves);
    }

    @Override
    public AddressField tableAddress() {
        return AddressField.inPlace(ADDRESS);
    }

    @Override
    public int tableAddressBits() {
        return ADDRESS.high() + 1;
    }

    @Override
    public WalkCoherency coherency() {
        return config.coherency();
    }

    @Override
    public RunRule runRule() {
        return config.runRule();
    }

    @Override
    public FreedTables freedTables() {
        return FreedTables.AFTER_SYNC;
    }

    @Override
    public long attributes(Prot prot, LeafLayout leaf) {
        long write = prot.includes(Prot.WRITE) ? WRITE.mask() : 0;
        return leaf.pattern().value() | write | (isFirst() ? firstAttributes(prot) : secondAttributes());
    }

    private long firstAlways() {
        return FIRST_ALWAYS | (config.execute() == ExecuteDisable.SET ? FIRST_XD.mask() : 0);
    }

    private long firstAttributes(Prot prot) {
        return firstAlways() | (prot.includes(Prot.WRITE) ? FIRST_DIRTY.mask() : 0);
    }

    private long secondAttributes() {
        return config.snoop() == SnoopControl.FORCED ? SECOND_SNP.mask() : 0;
    }

    @Override
    public long narrowed(long descriptor, LeafLayout from, LeafLayout to) {
        long attributes = descriptor & ~(ADDRESS.mask() | PAGE_SIZE.mask());
        return attributes
                | to.pattern().value()
                | to.address().write(from.address().read(descriptor));
    }
}
