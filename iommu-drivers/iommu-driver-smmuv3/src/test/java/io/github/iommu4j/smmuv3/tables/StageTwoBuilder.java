package io.github.iommu4j.smmuv3.tables;

import io.github.iommu4j.smmuv3.reference.Granule;
import io.github.iommu4j.smmuv3.reference.IdRegisters;
import java.util.ArrayList;
import java.util.List;

/** Builds a stage-2 page table and the STE fields that describe it. */
final class StageTwoBuilder {

    /** Granule, SL0, least and largest S2T0SZ (IHI 0070 §5.2; Arm ARM D8 tables, DS=0). */
    private static final int[][] STARTS = {
        {12, 2, 16, 24},
        {12, 1, 21, 33},
        {12, 0, 30, 42},
        {12, 3, 39, 48},
        {14, 2, 16, 27},
        {14, 1, 24, 38},
        {14, 0, 35, 48},
        {16, 2, 12, 21},
        {16, 1, 18, 34},
        {16, 0, 31, 47},
    };

    private final Dice dice;
    private final int t0sz;
    private final int sl0;
    private final int ps;
    private final int physicalBits;
    private final boolean bigEndian;
    private final int updates;
    private final boolean stalls;
    private final Descriptors descriptors;
    private final PageTableWriter table;
    final List<Long> addresses = new ArrayList<>();

    /**
     * @param leastBits input bits wanted at least
     */
    StageTwoBuilder(Ram ram, IdRegisters id, Dice dice, Granule granule, int leastBits) {
        this.dice = dice;
        int[] start = pickStart(id, granule, leastBits);
        this.updates = id.descriptorUpdates();
        this.stalls = id.stallModel() == 2 || id.stallModel() == 0 && dice.oneIn(2);
        this.sl0 = start[1];
        this.t0sz = dice.between(start[2], start[3]);
        this.ps = dice.between(0, 7);
        this.physicalBits = Math.min(id.cappedAddressBits(ps), granule.lg2() == 16 ? 52 : 48);
        this.bigEndian = !id.forbidsEndian(true) && (id.forbidsEndian(false) || dice.oneIn(2));
        this.descriptors = Descriptors.ofStage2(dice, id.outputAddressBits() == 52);
        this.table = new PageTableWriter(
                ram,
                new PhysicalSpace(ram, physicalBits),
                granule,
                granule.stage2StartLevel(sl0, id.smallTables()),
                64 - t0sz,
                bigEndian,
                descriptors::tableNoise);
    }

    private int[] pickStart(IdRegisters id, Granule granule, int leastBits) {
        List<int[]> possible = new ArrayList<>();
        for (int[] row : STARTS) {
            int least = Math.max(row[2], 64 - id.outputAddressBits());
            int most = Math.min(Math.min(row[3], granule.maxTxsz(id.smallTables())), 64 - leastBits);
            boolean usable = row[1] != 3 || id.smallTables();
            if (row[0] == granule.lg2() && usable && least <= most) {
                possible.add(new int[] {row[0], row[1], least, most});
            }
        }
        return dice.pick(possible);
    }

    /** Mappings for a stream that has no stage 1. */
    void addMappings() {
        for (int i = dice.between(1, 6); i > 0; i--) {
            long near = addresses.isEmpty() || dice.oneIn(2) ? dice.bits(64 - t0sz) : dice.pick(addresses);
            long input = Raw.low(near ^ dice.bits(20), 64 - t0sz);
            table.mapSomewhere(input, descriptors, physicalBits);
            addresses.add(input);
        }
        table.plantBadPointer(dice.bits(64 - t0sz), physicalBits, dice);
    }

    GuestSpace guestSpace(Ram ram, int ipsBits) {
        return new GuestSpace(ram, table, descriptors, Math.min(64 - t0sz, ipsBits), physicalBits, dice);
    }

    List<Mapping> mappings() {
        return table.mappings(2, input -> input);
    }

    /** The stage-2 words of the STE. */
    void fill(long[] ste, int vmid) {
        int tg = new int[] {0, 2, 1}[(table.granule().lg2() - 12) / 2];
        long dw2 = vmid | (long) t0sz << 32 | (long) sl0 << 38 | dice.bits(6) << 40 | (long) tg << 46 | (long) ps << 48;
        dw2 |= 1L << 51 | (bigEndian ? 1L << 52 : 0) | (dice.oneIn(4) ? 1L << 53 : 0) | dice.flag(54);
        dw2 |= updates > 0 ? dice.flag(56) : 0;
        dw2 |= updates > 1 ? dice.flag(55) : 0;
        dw2 |= stalls ? 1L << 57 : 0;
        ste[2] = dw2 | (dice.oneIn(4) ? 0 : 1L << 58);
        ste[3] = table.root();
    }
}
