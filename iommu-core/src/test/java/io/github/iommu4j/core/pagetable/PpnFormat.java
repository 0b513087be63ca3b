package io.github.iommu4j.core.pagetable;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import java.util.ArrayList;
import java.util.List;

/**
 * The RISC-V Instruction Set Manual II, 4.5 (Sv57), as an IOMMU uses it: five levels, addresses ten bits up less two, no
 * leaf flag but permissions.
 */
record PpnFormat(RunRule runRule) implements PageTableFormat {

    private static final AddressField PPN = AddressField.shifted(bits(53, 10), 12);
    private static final BitPattern TABLE = new BitPattern(0xF, 0x1);
    private static final int V_A_D_U = 0xD1;

    @Override
    public int wordBytes() {
        return 8;
    }

    @Override
    public List<TableLevel> levels() {
        List<TableLevel> levels = new ArrayList<>();
        for (int level = 0; level < 5; level++) {
            // R, or W with R; X alone does not occur.
            LeafLayout leaf = new LeafLayout(12 + 9 * level, new BitPattern(0x3, 0x3), PPN);
            levels.add(new TableLevel(9, 0x1000, level == 0 ? BitPattern.NEVER : TABLE, 1, List.of(leaf)));
        }
        return levels;
    }

    @Override
    public int granuleLg2() {
        return 12;
    }

    @Override
    public int inputBits() {
        return 57;
    }

    @Override
    public int outputBits() {
        return 56;
    }

    @Override
    public PageSizes pageSizes() {
        return new PageSizes(1L << 12 | 1L << 21 | 1L << 30 | 1L << 39 | 1L << 48);
    }

    @Override
    public AddressField tableAddress() {
        return PPN;
    }

    @Override
    public int tableAddressBits() {
        return 56;
    }

    @Override
    public WalkCoherency coherency() {
        return WalkCoherency.COHERENT;
    }

    @Override
    public long attributes(Prot prot, LeafLayout leaf) {
        return V_A_D_U | 0x2 | (prot.includes(Prot.WRITE) ? 0x4 : 0);
    }

    @Override
    public long narrowed(long descriptor, LeafLayout from, LeafLayout to) {
        return descriptor;
    }
}
