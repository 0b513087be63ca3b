package io.github.iommu4j.core.pagetable.arm;

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
import java.util.stream.Stream;

/**
 * ARM DDI 0406C, B3.5: short-descriptor translation tables, in the simplified access permissions model; with MediaTek's
 * address bits. Immutable.
 *
 * <table>
 * <caption>Levels</caption>
 * <tr><th>our level</th><th>ARM's name</th><th>leaves</th></tr>
 * <tr><td>0</td><td>second level</td><td>small page 4 KiB, large page 64 KiB in 16 descriptors</td></tr>
 * <tr><td>1</td><td>first level</td><td>section 1 MiB, supersection 16 MiB in 16 descriptors</td></tr>
 * </table>
 */
final class ShortDescriptorFormat implements PageTableFormat {

    private static final int WORD_LG2 = 2;
    private static final int SECOND_LEVEL_BITS = 8;

    private static final BitField TYPE = bits(1, 0);
    private static final long TABLE = TYPE.of(1);
    private static final BitField TABLE_ADDRESS = bits(31, 10);
    private static final BitField TABLE_NS = bit(3);
    private static final BitField SECTION_NS = bit(19);
    private static final BitField MTK_ADDRESS_32 = bit(9);
    private static final BitField MTK_ADDRESS_34_33 = bits(5, 4);

    private final ArmTableConfig config;
    private final boolean splitLosesAddress;

    /** The format; {@code splitLosesAddress} is {@code PageTableErratum.SPLIT_LOSES_ADDRESS}. */
    ShortDescriptorFormat(ArmTableConfig config, boolean splitLosesAddress) {
        this.config = config;
        this.splitLosesAddress = splitLosesAddress;
    }

    @Override
    public int wordBytes() {
        return 1 << WORD_LG2;
    }

    @Override
    public List<TableLevel> levels() {
        int firstLevelBits = config.ias() - ShortLeaf.SECTION.sizeLg2();
        long rootAllocation = Math.max(1L << firstLevelBits + WORD_LG2, config.cpuPageSize());
        long tableAttributes = TABLE | (config.has(ArmTableQuirk.NS) ? TABLE_NS.mask() : 0);
        BitPattern table = new BitPattern(TYPE.mask(), TABLE);
        return List.of(
                new TableLevel(
                        SECOND_LEVEL_BITS,
                        1L << SECOND_LEVEL_BITS + WORD_LG2,
                        BitPattern.NEVER,
                        0,
                        leaves(ShortLeaf.SMALL_PAGE, ShortLeaf.LARGE_PAGE)),
                new TableLevel(
                        firstLevelBits,
                        rootAllocation,
                        table,
                        tableAttributes,
                        leaves(ShortLeaf.SECTION, ShortLeaf.SUPERSECTION)));
    }

    private List<LeafLayout> leaves(ShortLeaf... kinds) {
        return Stream.of(kinds)
                .map(kind -> new LeafLayout(kind.sizeLg2(), kind.pattern(), address(kind.address())))
                .toList();
    }

    private AddressField address(BitField low) {
        AddressField field = AddressField.inPlace(low);
        return config.has(ArmTableQuirk.MTK_EXT)
                ? field.piece(MTK_ADDRESS_32, 32).piece(MTK_ADDRESS_34_33, 33)
                : field;
    }

    @Override
    public int granuleLg2() {
        return ShortLeaf.SMALL_PAGE.sizeLg2();
    }

    @Override
    public int inputBits() {
        return config.ias();
    }

    @Override
    public int outputBits() {
        return config.oas();
    }

    @Override
    public PageSizes pageSizes() {
        return config.pageSizes();
    }

    @Override
    public AddressField tableAddress() {
        return address(TABLE_ADDRESS);
    }

    @Override
    public int tableAddressBits() {
        return config.has(ArmTableQuirk.MTK_TTBR_EXT) ? config.oas() : 32;
    }

    @Override
    public WalkCoherency coherency() {
        return config.coherency();
    }

    @Override
    public RunRule runRule() {
        return RunRule.PAGE_BY_PAGE;
    }

    @Override
    public long attributes(Prot prot, LeafLayout leaf) {
        ShortLeaf kind = ShortLeaf.ofSize(leaf.sizeLg2());
        return kind.memoryAttributes(prot)
                | (config.has(ArmTableQuirk.NO_PERMS) ? 0 : kind.permissions(prot))
                | (config.has(ArmTableQuirk.NS) && kind.isFirstLevel() ? SECTION_NS.mask() : 0);
    }

    @Override
    public long narrowed(long descriptor, LeafLayout from, LeafLayout to) {
        ShortLeaf kind = ShortLeaf.ofSize(from.sizeLg2());
        long attributes = attributes(kind.prot(descriptor), to);
        if (splitLosesAddress && kind == ShortLeaf.SECTION) {
            return attributes;
        }
        return attributes | to.address().write(from.address().read(descriptor));
    }
}
