package io.github.iommu4j.lab.pgtable;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.dma.Explanation.Fetch;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.core.pagetable.arm.ArmTableQuirk;
import io.github.iommu4j.core.pagetable.arm.LpaeKind;
import io.github.iommu4j.core.pagetable.arm.LpaeTable;
import io.github.iommu4j.lab.vector.Members;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a table of long descriptors as the Arm ARM's chapter D8 (VMSAv8-64 descriptors) says, apart from the engine, and
 * tells every read.
 */
final class LpaeWalker {

    private static final int LAST_LEVEL = 3;
    private static final int BYTES_LG2 = 3;
    private static final int TYPE_BLOCK = 1;
    private static final int TYPE_TABLE_OR_PAGE = 3;

    private static final BitField TYPE = bits(1, 0);
    private static final BitField OUTPUT_ADDRESS = bits(47, 12);
    private static final BitField OUTPUT_ADDRESS_HIGH = bits(15, 12);
    private static final int HIGH_SHIFT = 48;
    private static final int GRANULE_64K_LG2 = 16;

    private static final DecodedFields NONE = new DecodedFields();
    private static final DecodedFields STAGE_1 = new DecodedFields()
            .with("AttrIndx", bits(4, 2))
            .with("NS", bit(5))
            .with("AP", bits(7, 6))
            .with("SH", bits(9, 8))
            .with("AF", bit(10))
            .with("nG", bit(11))
            .with("PXN", bit(53))
            .with("XN", bit(54));
    private static final DecodedFields STAGE_2 = new DecodedFields()
            .with("MemAttr", bits(5, 2))
            .with("S2AP", bits(7, 6))
            .with("SH", bits(9, 8))
            .with("AF", bit(10))
            .with("XN", bits(54, 53));
    private static final DecodedFields MALI = new DecodedFields()
            .with("AttrIndx", bits(4, 2))
            .with("S2AP", bits(7, 6))
            .with("SH", bits(9, 8))
            .with("AF", bit(10))
            .with("XN", bits(54, 53));

    private final TableMachine machine;
    private final long root;
    private final Shape shape;

    /**
     * What a walk has to know.
     *
     * @param kind the kind of table
     * @param inputBits width of input addresses
     * @param upperHalf whether the input addresses are the highest ones
     * @param granuleLg2 log2 of the bytes of a page
     * @param startLevel the root's level
     */
    record Shape(LpaeKind kind, int inputBits, boolean upperHalf, int granuleLg2, int startLevel) {

        static Shape of(LpaeTable table) {
            return new Shape(
                    table.kind(),
                    table.config().ias(),
                    table.config().has(ArmTableQuirk.TTBR1),
                    table.geometry().granuleLg2(),
                    table.geometry().startLevel());
        }

        private boolean translates(long iova) {
            long above = iova >> inputBits;
            return above == (upperHalf ? -1 : 0);
        }

        private int shift(int level) {
            return granuleLg2 + (LAST_LEVEL - level) * (granuleLg2 - BYTES_LG2);
        }

        /** The byte offset of an address's descriptor in its table; the root's index takes whatever bits are left. */
        private long offset(long iova, int level) {
            int top = level == startLevel ? inputBits : shift(level - 1);
            int low = shift(level);
            return top <= low ? 0 : bits(top - 1, low).get(iova) << BYTES_LG2;
        }

        private boolean isTable(long raw, int level) {
            return level < LAST_LEVEL && TYPE.get(raw) == TYPE_TABLE_OR_PAGE;
        }

        /** Mali writes its pages as others write blocks. */
        private boolean isLeaf(long raw, int level) {
            boolean page = level == LAST_LEVEL && kind != LpaeKind.ARM_MALI_LPAE;
            return TYPE.get(raw) == (page ? TYPE_TABLE_OR_PAGE : TYPE_BLOCK);
        }

        private long address(long raw) {
            long address = OUTPUT_ADDRESS.inPlace(raw);
            if (granuleLg2 != GRANULE_64K_LG2) {
                return address;
            }
            return address & ~OUTPUT_ADDRESS_HIGH.mask() | OUTPUT_ADDRESS_HIGH.get(raw) << HIGH_SHIFT;
        }

        private DecodedFields leafFields() {
            return switch (kind) {
                case ARM_64_LPAE_S1, ARM_32_LPAE_S1 -> STAGE_1;
                case ARM_64_LPAE_S2, ARM_32_LPAE_S2 -> STAGE_2;
                case ARM_MALI_LPAE -> MALI;
            };
        }
    }

    LpaeWalker(TableMachine machine, long root, Shape shape) {
        this.machine = machine;
        this.root = root;
        this.shape = shape;
    }

    TableWalk walk(long iova) {
        List<Fetch> fetches = new ArrayList<>();
        if (!shape.translates(iova)) {
            return new TableWalk(
                    iova,
                    fetches,
                    null,
                    "no translation: the table is for the " + (shape.upperHalf() ? "highest" : "lowest") + " 2^"
                            + shape.inputBits() + " addresses");
        }
        long table = root;
        for (int level = shape.startLevel(); ; level++) {
            long address = table + shape.offset(iova, level);
            long raw = machine.load(address);
            Step step = new Step(level, address, raw);
            if (shape.isTable(raw, level)) {
                table = shape.address(raw);
                fetches.add(step.fetch(NONE, "table at " + Members.text(table)));
            } else if (shape.isLeaf(raw, level)) {
                long size = 1L << shape.shift(level);
                long pa = shape.address(raw) & -size;
                fetches.add(step.fetch(
                        shape.leafFields(),
                        (level == LAST_LEVEL ? "page" : "block") + " of " + Members.text(size) + " bytes at "
                                + Members.text(pa)));
                return new TableWalk(iova, fetches, pa | iova & size - 1, "translated at level " + level);
            } else {
                String what = raw == 0 ? "absent" : "no valid descriptor of this level";
                fetches.add(step.fetch(NONE, what));
                return new TableWalk(iova, fetches, null, "no translation: " + what + " at level " + level);
            }
        }
    }

    /** One read. */
    private record Step(int level, long address, long raw) {
        Fetch fetch(DecodedFields fields, String decision) {
            return new Fetch("L" + level, "", address, List.of(raw), fields.of(raw), decision);
        }
    }
}
