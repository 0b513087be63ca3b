package io.github.iommu4j.lab.pgtable;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.dma.Explanation.Fetch;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.lab.vector.Members;
import io.github.iommu4j.lab.vector.TableState.Leaf;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a table of short descriptors as the Arm ARM's chapter B3.5 (ARMv7 VMSA, short-descriptor format) says, with
 * MediaTek's address bits 34 to 32 and input addresses beyond 32 bits, apart from the engine, and tells every read.
 */
final class ShortDescriptorWalker {

    private static final int SECTION_LG2 = 20;
    private static final int PAGE_LG2 = 12;
    private static final int BYTES_LG2 = 2;

    private static final BitField TYPE = bits(1, 0);
    private static final int TYPE_ABSENT = 0;
    private static final int TYPE_TABLE = 1;
    private static final int TYPE_LARGE_PAGE = 1;
    private static final BitField SUPERSECTION = bit(18);
    private static final BitField TABLE_ADDRESS = bits(31, 10);
    private static final BitField LEVEL_2_INDEX = bits(SECTION_LG2 - 1, PAGE_LG2);

    private static final BitField MTK_PA32 = bit(9);
    private static final BitField MTK_PA33 = bit(4);
    private static final BitField MTK_PA34 = bit(5);

    private static final DecodedFields NONE = new DecodedFields();
    private static final DecodedFields TABLE =
            new DecodedFields().with("PXN", bit(2)).with("NS", bit(3));
    private static final DecodedFields SECTION = new DecodedFields()
            .with("PXN", bit(0))
            .with("B", bit(2))
            .with("C", bit(3))
            .with("XN", bit(4))
            .with("AP[1:0]", bits(11, 10))
            .with("TEX", bits(14, 12))
            .with("AP[2]", bit(15))
            .with("S", bit(16))
            .with("nG", bit(17))
            .with("NS", bit(19));
    private static final DecodedFields SMALL_PAGE = new DecodedFields()
            .with("XN", bit(0))
            .with("B", bit(2))
            .with("C", bit(3))
            .with("AP[1:0]", bits(5, 4))
            .with("TEX", bits(8, 6))
            .with("AP[2]", bit(9))
            .with("S", bit(10))
            .with("nG", bit(11));
    private static final DecodedFields LARGE_PAGE = new DecodedFields()
            .with("B", bit(2))
            .with("C", bit(3))
            .with("AP[1:0]", bits(5, 4))
            .with("AP[2]", bit(9))
            .with("S", bit(10))
            .with("nG", bit(11))
            .with("TEX", bits(14, 12))
            .with("XN", bit(15));

    private final TableMachine machine;
    private final long root;
    private final int inputBits;
    private final boolean extended;

    /** A kind of leaf. */
    private record Kind(String name, int sizeLg2, DecodedFields fields) {
        private static final Kind LARGE = new Kind("large page", 16, LARGE_PAGE);
        private static final Kind SMALL = new Kind("small page", PAGE_LG2, SMALL_PAGE);
        private static final Kind SECTIONS = new Kind("section", SECTION_LG2, SECTION);
        private static final Kind SUPERSECTIONS = new Kind("supersection", 24, SECTION);

        static Kind ofLevel1(long raw) {
            return SUPERSECTION.isSet(raw) ? SUPERSECTIONS : SECTIONS;
        }

        static Kind ofLevel2(long raw) {
            return TYPE.get(raw) == TYPE_LARGE_PAGE ? LARGE : SMALL;
        }

        long addressMask(boolean extended) {
            long mask = bits(31, sizeLg2).mask();
            return extended ? mask | MTK_PA32.mask() | MTK_PA33.mask() | MTK_PA34.mask() : mask;
        }
    }

    /**
     * @param machine where the descriptors are
     * @param root the level-1 table
     * @param inputBits width of input addresses
     * @param extended whether MediaTek's address bits are in use
     */
    ShortDescriptorWalker(TableMachine machine, long root, int inputBits, boolean extended) {
        this.machine = machine;
        this.root = root;
        this.inputBits = inputBits;
        this.extended = extended;
    }

    /** A leaf's descriptor without its address. */
    static long attributes(Leaf leaf, boolean extended) {
        long raw = leaf.descriptor();
        Kind kind = leaf.size() == 1L << SECTION_LG2 ? Kind.ofLevel1(raw) : Kind.ofLevel2(raw);
        return raw & ~kind.addressMask(extended);
    }

    TableWalk walk(long iova) {
        List<Fetch> fetches = new ArrayList<>();
        if (iova >>> inputBits != 0) {
            return new TableWalk(
                    iova, fetches, null, "no translation: the table is for the lowest 2^" + inputBits + " addresses");
        }
        long address = root + (iova >>> SECTION_LG2 << BYTES_LG2);
        long raw = machine.load(address);
        if (TYPE.get(raw) == TYPE_ABSENT) {
            return absent(iova, 1, address, fetches);
        }
        if (TYPE.get(raw) != TYPE_TABLE) {
            return leaf(iova, new Step(1, address, raw), Kind.ofLevel1(raw), fetches);
        }
        long table = TABLE_ADDRESS.inPlace(raw) | highAddress(raw);
        fetches.add(new Step(1, address, raw).fetch(TABLE, "table at " + Members.text(table)));
        long level2 = table + (LEVEL_2_INDEX.get(iova) << BYTES_LG2);
        long page = machine.load(level2);
        return TYPE.get(page) == TYPE_ABSENT
                ? absent(iova, 2, level2, fetches)
                : leaf(iova, new Step(2, level2, page), Kind.ofLevel2(page), fetches);
    }

    private static TableWalk absent(long iova, int level, long address, List<Fetch> fetches) {
        fetches.add(new Step(level, address, 0).fetch(NONE, "absent"));
        return new TableWalk(iova, fetches, null, "no translation: absent at level " + level);
    }

    private TableWalk leaf(long iova, Step step, Kind kind, List<Fetch> fetches) {
        long pa = bits(31, kind.sizeLg2).inPlace(step.raw) | highAddress(step.raw);
        fetches.add(step.fetch(
                kind.fields, kind.name + " of " + Members.text(1L << kind.sizeLg2) + " bytes at " + Members.text(pa)));
        return new TableWalk(iova, fetches, pa | iova & (1L << kind.sizeLg2) - 1, "translated at level " + step.level);
    }

    private long highAddress(long raw) {
        return extended ? MTK_PA32.get(raw) << 32 | MTK_PA33.get(raw) << 33 | MTK_PA34.get(raw) << 34 : 0;
    }

    /** One read. */
    private record Step(int level, long address, long raw) {
        Fetch fetch(DecodedFields fields, String decision) {
            return new Fetch("L" + level, "", address, List.of(raw), fields.of(raw), decision);
        }
    }
}
