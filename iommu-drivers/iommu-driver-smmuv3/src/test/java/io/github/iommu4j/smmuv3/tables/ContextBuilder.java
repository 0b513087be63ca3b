package io.github.iommu4j.smmuv3.tables;

import io.github.iommu4j.smmuv3.reference.Granule;
import io.github.iommu4j.smmuv3.reference.IdRegisters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Builds CDs and the page tables they point to. */
final class ContextBuilder {

    private final Ram ram;
    private final IdRegisters id;
    private final Dice dice;
    private final Shape shape;
    private final Descriptors descriptors;

    ContextBuilder(Ram ram, IdRegisters id, Dice dice, Shape shape, Descriptors descriptors) {
        this.ram = ram;
        this.id = id;
        this.dice = dice;
        this.shape = shape;
        this.descriptors = descriptors;
    }

    /**
     * What a CD holds and what was built under it.
     *
     * @param words the eight words
     */
    record Image(List<Long> words, List<Long> addresses, List<Mapping> mappings) {}

    /**
     * Builds one context.
     *
     * @param ips CD.IPS
     * @param outer where its structures live when stage 2 is below; otherwise physical addresses that IPS reaches
     */
    Image build(int asid, int ips, Space outer) {
        boolean bigEndian = !id.forbidsEndian(true) && (id.forbidsEndian(false) || dice.oneIn(2));
        long dw0 = common(asid, ips) | (bigEndian ? 1L << 15 : 0);
        long[] words = new long[8];
        List<Long> addresses = new ArrayList<>();
        List<Mapping> mappings = new ArrayList<>();
        for (int number = 0; number < 2; number++) {
            boolean wanted = number == 0 ? shape.half().lower() : shape.half().upper();
            words[1 + number] = dice.flag(1) | (dice.oneIn(6) ? 1L << 2 : 0);
            if (wanted) {
                int granuleLg2 = dice.oneIn(4) ? dice.pick(12, 14, 16) : shape.stage1Granule();
                Granule granule = new Granule(id.hasGranule(granuleLg2) ? granuleLg2 : shape.stage1Granule());
                Half half = new Half(ram, outer, id, dice, granule, descriptors, number == 1, bigEndian);
                dw0 |= half.fields(dice) << 16 * number;
                words[1 + number] |= half.base();
                addresses.addAll(half.addresses);
                mappings.addAll(half.mappings());
            } else {
                dw0 |= (dice.bits(14) | 1L << 14) << 16 * number;
                words[1 + number] |= dice.bits(48) << 4;
            }
        }
        words[0] = dw0;
        words[3] = dice.bits(64);
        return new Image(Arrays.stream(words).boxed().toList(), addresses, mappings);
    }

    private long common(int asid, int ips) {
        long dw0 = 1L << 31 | 1L << 41 | (long) ips << 32 | (long) asid << 48 | dice.flag(47);
        dw0 |= dice.oneIn(4) ? 1L << 35 : 0;
        dw0 |= dice.oneIn(4) ? 1L << 36 : 0;
        dw0 |= dice.bits(3) << 38;
        dw0 |= dice.oneIn(4) ? 0 : 1L << 45;
        dw0 |= id.descriptorUpdates() > 0 ? dice.flag(43) : 0;
        dw0 |= id.descriptorUpdates() > 1 ? dice.flag(42) : 0;
        boolean stalls = id.stallModel() == 2 || id.stallModel() == 0 && dice.oneIn(2);
        dw0 |= stalls ? 1L << 44 : 0;
        return dw0 | (id.abortOnly() || !dice.oneIn(3) ? 1L << 46 : 0);
    }
}
