package io.github.iommu4j.smmuv3.tables;

import io.github.iommu4j.smmuv3.reference.Granule;

/** Random descriptors of one stage: attributes of every kind, and now and then a planted fault. */
final class Descriptors {

    private static final long AF = 1L << 10;

    private final Dice dice;
    private final int stage;
    private final boolean large;
    private final long always;

    private Descriptors(Dice dice, int stage, boolean large, long always) {
        this.dice = dice;
        this.stage = stage;
        this.large = large;
        this.always = always;
    }

    /**
     * @param large whether 64 KiB granules have 52-bit output addresses
     */
    static Descriptors ofStage2(Dice dice, boolean large) {
        return new Descriptors(dice, 2, large, 0);
    }

    /**
     * @param large whether 64 KiB granules have 52-bit output addresses
     */
    static Descriptors ofStage1(Dice dice, boolean large) {
        return new Descriptors(dice, 1, large, 0);
    }

    /** The same without global leaves (nG=1), which would answer for other ASIDs of the VMID too. */
    Descriptors withoutGlobals() {
        return new Descriptors(dice, stage, large, 1L << 11);
    }

    /** A stage-2 page that the SMMU may read tables from; what else it grants is random. */
    long readablePage(long pa) {
        long address = pa & (1L << 48) - 1 | pa >>> 48 << 12;
        long type = dice.oneIn(40) ? 1 : 0xF;
        long updatable = dice.flag(51) | (dice.oneIn(12) ? 0 : AF);
        return address | 3 | updatable | 1L << 6 | dice.flag(7) | type << 2 | dice.bits(2) << 8 | dice.bits(2) << 53;
    }

    int someLeafLevel(Granule granule, int startLevel) {
        int level = dice.between(Math.max(1, startLevel), 3);
        while (level < 3 && !granule.allowsBlock(level, large)) {
            level++;
        }
        return level;
    }

    long someOutput(int shift, int bits) {
        return shift >= bits ? 0 : dice.bits(bits - shift) << shift;
    }

    /** Bits of a table descriptor beside its address. */
    long tableNoise() {
        long noise = dice.oneIn(8) ? dice.bits(10) << 2 : 0;
        if (stage == 1) {
            for (int position = 59; position <= 62; position++) {
                noise |= dice.oneIn(8) ? 1L << position : 0;
            }
        }
        return noise;
    }

    /**
     * A block or page, mostly sound.
     *
     * @param address output address as the granule stores it
     */
    long leaf(long address, int level, Granule granule, int outputBits) {
        long sound = address | (level == 3 ? 3 : 1) | attributes() | AF | always;
        if (dice.oneIn(8) && granule.shift(level) > 17) {
            sound |= dice.bits(granule.shift(level) - 16) << 16;
        }
        return dice.oneIn(6) ? planted(sound, level, outputBits) : sound;
    }

    private long attributes() {
        long raw = dice.bits(4) << 2 | dice.bits(2) << 8 | dice.flag(11) | dice.flag(51) | dice.flag(52);
        raw |= dice.bits(4) << 55 | (dice.oneIn(4) ? dice.bits(5) << 59 : 0);
        if (stage == 1) {
            return raw | dice.bits(2) << 6 | (dice.oneIn(3) ? dice.bits(2) << 53 : 0);
        }
        return raw | (dice.oneIn(3) ? dice.bits(2) : 3) << 6 | (dice.oneIn(3) ? dice.bits(2) << 53 : 0);
    }

    private long planted(long sound, int level, int outputBits) {
        return switch (dice.below(5)) {
            case 0 -> sound & ~1L;
            case 1 -> level == 3 ? sound & ~2L : sound | 2;
            case 2 -> outputBits < 48 ? sound | 1L << dice.between(outputBits, 47) : sound & ~1L;
            default -> sound & ~AF;
        };
    }
}
