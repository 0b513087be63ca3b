package io.github.iommu4j.smmuv3.tables;

import java.util.List;
import java.util.SplittableRandom;

/** Random choices that follow from one seed. */
public final class Dice {

    private final SplittableRandom random;

    /**
     * Makes dice.
     *
     * @param seed the same seed makes the same choices
     */
    public Dice(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** 0 to {@code bound - 1}. */
    public int below(int bound) {
        return random.nextInt(bound);
    }

    /** From {@code low} to {@code high}, both included. */
    public int between(int low, int high) {
        return random.nextInt(low, high + 1);
    }

    /** True once in {@code n} times. */
    public boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    /** A number of up to 64 random bits. */
    public long bits(int count) {
        return count == 0 ? 0 : random.nextLong() >>> 64 - count;
    }

    /** 1 or 0, shifted. */
    public long flag(int position) {
        return bits(1) << position;
    }

    /** One of several. */
    public <T> T pick(List<T> choices) {
        return choices.get(below(choices.size()));
    }

    /** One of several numbers. */
    public int pick(int... choices) {
        return choices[below(choices.length)];
    }
}
