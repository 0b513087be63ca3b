package io.github.iommu4j.core.pagetable.arm;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.core.pagetable.AddressField;
import io.github.iommu4j.core.pagetable.BitPattern;
import io.github.iommu4j.core.pagetable.InputHalf;
import io.github.iommu4j.core.pagetable.LeafLayout;
import io.github.iommu4j.core.pagetable.PageTableFormat;
import io.github.iommu4j.core.pagetable.RunRule;
import io.github.iommu4j.core.pagetable.TableLevel;
import io.github.iommu4j.core.pagetable.WalkCoherency;
import java.util.ArrayList;
import java.util.List;

/**
 * ARM DDI 0487, D8.3: VMSAv8-64 translation table descriptors, which VMSAv8-32's long descriptors are a part of; with
 * Mali's differences. Immutable.
 *
 * <table>
 * <caption>Levels</caption>
 * <tr><th>our level</th><th>ARM's level</th><th>4 KiB granule</th><th>16 KiB</th><th>64 KiB</th></tr>
 * <tr><td>0</td><td>3</td><td>page 4 KiB</td><td>page 16 KiB</td><td>page 64 KiB</td></tr>
 * <tr><td>1</td><td>2</td><td>block 2 MiB</td><td>block 32 MiB</td><td>block 512 MiB</td></tr>
 * <tr><td>2</td><td>1</td><td>block 1 GiB</td><td>table</td><td>block 4 TiB with 52-bit output</td></tr>
 * <tr><td>3</td><td>0</td><td>table</td><td>table</td><td>-</td></tr>
 * </table>
 */
final class LpaeFormat implements PageTableFormat {

    private static final int WORD_LG2 = 3;

    private static final BitField TYPE = bits(1, 0);
    private static final long BLOCK = TYPE.of(1);
    private static final long TABLE_OR_PAGE = TYPE.of(3);
    private static final BitField NS_TABLE = bit(63);
    /** One of the bits that are left to software. */
    private static final BitField SOFTWARE_SYNCED = bit(55);

    private final LpaeKind kind;
    private final ArmTableConfig config;
    private final LpaeGeometry geometry;
    private final AddressField address;
    private final LpaeAttributes attributes;

    LpaeFormat(LpaeKind kind, ArmTableConfig config, LpaeGeometry geometry) {
        this.kind = kind;
        this.config = config;
        this.geometry = geometry;
        this.address = address(geometry.granuleLg2());
        this.attributes = new LpaeAttributes(kind, config.has(ArmTableQuirk.NS));
    }

    /** Linux folds what lies above bit 47 down for every granule, but unfolds it for 64 KiB only. */
    private static AddressField address(int granuleLg2) {
        return granuleLg2 == 16
                ? AddressField.inPlace(bits(47, 16)).piece(bits(15, 12), 48).writtenPiece(bits(27, 16), 52)
                : AddressField.inPlace(bits(47, 12)).writtenPiece(bits(27, 12), 48);
    }

    @Override
    public int wordBytes() {
        return 1 << WORD_LG2;
    }

    @Override
    public List<TableLevel> levels() {
        List<TableLevel> levels = new ArrayList<>();
        int root = 3 - geometry.startLevel();
        for (int level = 0; level <= root; level++) {
            int indexBits = level == root ? geometry.rootBits() : geometry.bitsPerLevel();
            long allocation = Math.max(1L << indexBits + WORD_LG2, config.cpuPageSize());
            BitPattern table = level == 0 ? BitPattern.NEVER : new BitPattern(TYPE.mask(), TABLE_OR_PAGE);
            long tableAttributes = TABLE_OR_PAGE | (config.has(ArmTableQuirk.NS) ? NS_TABLE.mask() : 0);
            levels.add(new TableLevel(indexBits, allocation, table, tableAttributes, leaves(level)));
        }
        return levels;
    }

    private List<LeafLayout> leaves(int level) {
        int sizeLg2 = geometry.granuleLg2() + level * geometry.bitsPerLevel();
        return (LpaeGeometry.leafSizes(geometry.granuleLg2(), config.oas()) >>> sizeLg2 & 1) == 0
                ? List.of()
                : List.of(new LeafLayout(sizeLg2, new BitPattern(TYPE.mask(), leafType(level)), address));
    }

    private long leafType(int level) {
        return level == 0 && kind != LpaeKind.ARM_MALI_LPAE ? TABLE_OR_PAGE : BLOCK;
    }

    @Override
    public int granuleLg2() {
        return geometry.granuleLg2();
    }

    @Override
    public int inputBits() {
        return config.ias();
    }

    @Override
    public InputHalf inputHalf() {
        return config.has(ArmTableQuirk.TTBR1) ? InputHalf.HIGH : InputHalf.LOW;
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
        return address;
    }

    @Override
    public int tableAddressBits() {
        return geometry.granuleLg2() == 16 ? 52 : 48;
    }

    @Override
    public WalkCoherency coherency() {
        return config.coherency();
    }

    @Override
    public long syncedBit() {
        return SOFTWARE_SYNCED.mask();
    }

    @Override
    public RunRule runRule() {
        return RunRule.ONE_TABLE;
    }

    @Override
    public long attributes(Prot prot, LeafLayout leaf) {
        return leaf.pattern().value() | attributes.of(prot);
    }

    @Override
    public long narrowed(long descriptor, LeafLayout from, LeafLayout to) {
        return descriptor & LpaeAttributes.MASK
                | to.pattern().value()
                | to.address().write(from.address().read(descriptor));
    }
}
