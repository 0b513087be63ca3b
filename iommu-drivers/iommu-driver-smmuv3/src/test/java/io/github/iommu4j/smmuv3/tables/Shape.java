package io.github.iommu4j.smmuv3.tables;

/**
 * What a scenario's first stream uses; the others are random.
 *
 * @param stages which stages translate
 * @param stage1Granule log2 of the stage-1 page: 12, 14 or 16
 * @param stage2Granule log2 of the stage-2 page: 12, 14 or 16
 * @param half which half of the input range holds the mappings
 */
public record Shape(Stages stages, int stage1Granule, int stage2Granule, HalfInUse half) {

    /** STE.Config. */
    public enum Stages {
        BYPASS,
        STAGE1,
        STAGE2,
        NESTED;

        int config() {
            return 4 + ordinal();
        }

        boolean stage1() {
            return this == STAGE1 || this == NESTED;
        }

        boolean stage2() {
            return this == STAGE2 || this == NESTED;
        }
    }

    /** The halves of the stage-1 input range. */
    public enum HalfInUse {
        LOWER,
        UPPER,
        BOTH;

        boolean lower() {
            return this != UPPER;
        }

        boolean upper() {
            return this != LOWER;
        }
    }

    /** Any shape that an SMMU of all granules can have. */
    public static Shape random(Dice dice) {
        return new Shape(
                Stages.values()[dice.below(4)],
                dice.pick(12, 14, 16),
                dice.pick(12, 14, 16),
                HalfInUse.values()[dice.below(3)]);
    }
}
