package io.github.iommu4j.smmuv3.tables;

import io.github.iommu4j.smmuv3.reference.Granule;
import io.github.iommu4j.smmuv3.reference.IdRegisters;
import java.util.ArrayList;
import java.util.List;

/** One half of a CD's input range: a page table and the fields that describe it. */
final class Half {

    private static final int[] TG0 = {0, 2, 1};
    private static final int[] TG1 = {2, 1, 3};

    private final int txsz;
    private final Granule granule;
    private final PageTableWriter table;
    private final boolean upper;
    final List<Long> addresses = new ArrayList<>();

    Half(
            Ram ram,
            Space space,
            IdRegisters id,
            Dice dice,
            Granule granule,
            Descriptors descriptors,
            boolean upper,
            boolean bigEndian) {
        this.granule = granule;
        this.upper = upper;
        int least = granule.lg2() == 16 && id.largeVirtualAddresses() ? 12 : 16;
        int most = granule.maxTxsz(id.smallTables());
        this.txsz = dice.oneIn(2) ? dice.pick(least, 16, 25, 32, most) : dice.between(least, most);
        this.table = new PageTableWriter(
                ram, space, granule, granule.stage1StartLevel(txsz), 64 - txsz, bigEndian, descriptors::tableNoise);
        for (int i = dice.between(1, 6); i > 0; i--) {
            addMapping(space, dice, descriptors);
        }
        table.plantBadPointer(someInput(dice), space.addressBits(), dice);
    }

    private void addMapping(Space space, Dice dice, Descriptors descriptors) {
        int level = descriptors.someLeafLevel(granule, table.startLevel());
        int shift = Math.min(granule.shift(level), 64 - txsz);
        long input = Raw.alignDown(nearAnother(dice), shift);
        long output = descriptors.someOutput(shift, space.addressBits());
        boolean mapped =
                table.map(input, level, descriptors.leaf(table.encode(output), level, granule, space.addressBits()));
        for (int places = shift > granule.lg2() ? dice.between(1, 4) : 1; places > 0; places--) {
            long offset = dice.bits(shift);
            if (mapped) {
                space.offer(output | offset);
            }
            addresses.add(whole(input | offset));
        }
    }

    private long nearAnother(Dice dice) {
        if (addresses.isEmpty() || dice.oneIn(2)) {
            return someInput(dice);
        }
        long other = Raw.low(dice.pick(addresses), 64 - txsz);
        return Raw.low(other ^ dice.bits(20), 64 - txsz);
    }

    private long someInput(Dice dice) {
        return dice.bits(64 - txsz);
    }

    private long whole(long input) {
        return upper ? input | -1L << 64 - txsz : input;
    }

    List<Mapping> mappings() {
        return table.mappings(1, this::whole);
    }

    /** TxSZ, TGx and the cacheability fields, as they stand in the lower 16 bits for TTB0. */
    long fields(Dice dice) {
        int code = (granule.lg2() - 12) / 2;
        return txsz | (long) (upper ? TG1 : TG0)[code] << 6 | dice.bits(6) << 8;
    }

    long base() {
        return table.root();
    }
}
