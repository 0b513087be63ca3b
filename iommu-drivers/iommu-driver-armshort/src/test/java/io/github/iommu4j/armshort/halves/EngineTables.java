package io.github.iommu4j.armshort.halves;

import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.armshort.halves.RecordedSequences.DescriptorChange;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import io.github.iommu4j.core.pagetable.arm.ArmTableConfig;
import io.github.iommu4j.core.pagetable.arm.ArmTableQuirk;
import io.github.iommu4j.core.pagetable.arm.ShortDescriptorTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** A table that the library's own page-table code fills with mappings of all sizes and protections. */
final class EngineTables {

    private static final long ARENA = 0x8000_0000L;
    private static final long ARENA_SIZE = 0x40_0000L;
    private static final long SPACE = 0x1000_0000L;
    private static final int MAPPINGS = 40;
    private static final int[] SIZES = {12, 16, 20, 24};

    private final SparseMemory memory = new SparseMemory();
    private final Random random;
    private final int quirks;
    private final ShortDescriptorTable table;
    private final ArenaAllocator allocator;
    private final TreeMap<Long, Expected> mapped = new TreeMap<>();

    EngineTables(long seed, int quirks) {
        this.random = new Random(seed);
        this.quirks = quirks;
        boolean mtk = (quirks & Setup.MTK_EXT) != 0;
        long base = (quirks & Setup.MTK_TTBR_EXT) != 0 ? ARENA | 1L << 32 : ARENA;
        allocator = new ArenaAllocator(memory, base, ARENA_SIZE, new PlainLocking());
        ArmTableConfig config = ArmTableConfig.of(new PageSizes(0x111_1000), mtk ? 34 : 32, mtk ? 35 : 32)
                .withQuirks(ArmTableQuirk.ofMask(quirks).toArray(new ArmTableQuirk[0]));
        table = ShortDescriptorTable.create(
                config, PageTableEnvironment.builder(memory, allocator).build());
        for (int i = 0; i < MAPPINGS; i++) {
            change(mtk);
        }
    }

    private void change(boolean mtk) {
        int sizeLg2 = SIZES[random.nextInt(4)];
        long size = 1L << sizeLg2;
        long iova = (random.nextLong() & SPACE - 1 & -size) + (mtk ? (long) random.nextInt(3) << 32 : 0);
        long pa = (0x1000_0000L + (random.nextLong() & 0x3FFF_FFFFL) & -size)
                + (mtk ? (long) random.nextInt(8) << 32 : 0);
        int prot = random.nextInt(64) | 1 + random.nextInt(3);
        if (mapped.subMap(iova & -0x100_0000L, (iova | 0xFF_FFFF) + 1).isEmpty()) {
            table.pageTable().map(iova, pa, size, 1, new Prot(prot), new MapProgress());
            for (long at = 0; at < size; at += Math.max(size / 4, 0x1000)) {
                mapped.put(iova + at, new Expected(iova + at, pa + at, prot));
            }
            mapped.put(iova + size - 4, new Expected(iova + size - 4, pa + size - 4, prot));
        } else if (random.nextInt(3) == 0) {
            // What is left may be the last word of a page.
            long first = mapped.ceilingKey(iova & -0x100_0000L) & -0x1000L;
            table.pageTable().unmap(first, 0x1000, 1, null);
            mapped.remove(first);
            mapped.remove(first + 0xFFC);
        }
    }

    Setup setup() {
        return new Setup(
                quirks,
                table.config().ias(),
                table.registers().ttbr(),
                table.registers().tcr(),
                table.registers().prrr(),
                table.registers().nmrr());
    }

    /** What is mapped, and some addresses where nothing is. */
    List<Expected> expected() {
        List<Expected> all = new ArrayList<>(mapped.values());
        for (int i = 0; i < 10; i++) {
            long iova = SPACE + (random.nextLong() & SPACE - 1);
            all.add(new Expected(iova, 0, null));
        }
        return all;
    }

    /** The tables with every descriptor changed by the rule of its kind. */
    SparseMemory memory(DescriptorChange change) {
        Map<Long, Integer> words = new TreeMap<>();
        for (ArenaAllocator.Piece piece : allocator.live()) {
            for (long at = piece.address(); at < piece.address() + piece.size(); at += 4) {
                int raw = memory.load32(at);
                if (raw != 0) {
                    words.put(at, raw);
                }
            }
        }
        return new RecordedSequences.Checkpoint("engine", setup(), words, List.of()).memory(change);
    }
}
