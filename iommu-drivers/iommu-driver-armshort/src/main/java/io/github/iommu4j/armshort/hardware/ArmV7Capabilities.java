package io.github.iommu4j.armshort.hardware;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a plain VMSAv7 unit can do. Immutable; start from {@link #everything()}.
 *
 * @param outputBits width of physical addresses: 32, 36 or 40; more than 32 only with supersections, which alone have
 *     such addresses
 * @param features what it has
 */
public record ArmV7Capabilities(int outputBits, Set<ArmV7Feature> features) {

    /**
     * Checks and copies.
     *
     * @throws IllegalArgumentException when the width is not one of the three, or more than 32 without supersections,
     *     or a unit that is not secure is to refuse fetches as a secure one
     */
    public ArmV7Capabilities {
        features = Set.copyOf(features);
        boolean wide = outputBits == 36 || outputBits == 40;
        if (outputBits != 32 && !(wide && features.contains(ArmV7Feature.SUPERSECTIONS))) {
            throw new IllegalArgumentException("physical addresses of " + outputBits
                    + " bits: 32, or 36 or 40 with supersections; there are " + features);
        }
        if (features.contains(ArmV7Feature.SECURE_INSTRUCTION_FETCH) && !features.contains(ArmV7Feature.SECURE)) {
            throw new IllegalArgumentException("SECURE_INSTRUCTION_FETCH of a unit that is not SECURE");
        }
    }

    /**
     * 40-bit physical addresses, supersections, PXN; not secure.
     *
     * @return the capabilities
     */
    public static ArmV7Capabilities everything() {
        return new ArmV7Capabilities(40, EnumSet.of(ArmV7Feature.PXN, ArmV7Feature.SUPERSECTIONS));
    }

    /**
     * The same capabilities without some features; physical addresses shrink to 32 bits with the supersections.
     *
     * @param gone what there is not
     * @return new capabilities
     */
    public ArmV7Capabilities without(ArmV7Feature... gone) {
        Set<ArmV7Feature> left = EnumSet.noneOf(ArmV7Feature.class);
        left.addAll(features);
        left.removeAll(Arrays.asList(gone));
        return new ArmV7Capabilities(left.contains(ArmV7Feature.SUPERSECTIONS) ? outputBits : 32, left);
    }

    /**
     * The same capabilities with further features.
     *
     * @param more what there is, too
     * @return new capabilities
     */
    public ArmV7Capabilities with(ArmV7Feature... more) {
        Set<ArmV7Feature> all = EnumSet.noneOf(ArmV7Feature.class);
        all.addAll(features);
        all.addAll(Arrays.asList(more));
        return new ArmV7Capabilities(outputBits, all);
    }

    /**
     * The same capabilities with another width of physical addresses.
     *
     * @param bits 32, 36 or 40
     * @return new capabilities
     * @throws IllegalArgumentException as the constructor
     */
    public ArmV7Capabilities withOutputBits(int bits) {
        return new ArmV7Capabilities(bits, features);
    }

    boolean has(ArmV7Feature feature) {
        return features.contains(feature);
    }

    DescriptorFormat format() {
        return new DescriptorFormat(
                32,
                outputBits,
                DescriptorFormat.Extension.ARM,
                false,
                has(ArmV7Feature.PXN),
                has(ArmV7Feature.SUPERSECTIONS),
                DescriptorFormat.Remap.NONE,
                !has(ArmV7Feature.SECURE_INSTRUCTION_FETCH));
    }
}
