package io.github.iommu4j.smmuv3.driver;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a device can that its SMMU's driver has to know of. Immutable.
 *
 * @param pasidBits width of its PASIDs (SubstreamIDs), 1 to 20; 0 when it sends none
 * @param traits what else
 */
public record DeviceFeatures(int pasidBits, Set<Trait> traits) {

    /** No PASIDs, and nothing else. */
    public static final DeviceFeatures NONE = new DeviceFeatures(0, Set.of());

    /** What a device does or bears. */
    public enum Trait {
        /** PCI: it caches translations (ATS). */
        ATS,
        /** PCI: it asks for pages (PRI). */
        PRI,
        /** PCI: answers to its page requests carry the PASID. */
        PRG_RESPONSE_PASID_REQUIRED,
        /** Platform: its accesses may wait ({@code dma-can-stall}). */
        CAN_STALL
    }

    /**
     * Copies the traits.
     *
     * @throws IllegalArgumentException when PASIDs are wider than 20 bits
     */
    public DeviceFeatures {
        if (pasidBits < 0 || pasidBits > 20) {
            throw new IllegalArgumentException("PASIDs have 0 to 20 bits, not " + pasidBits);
        }
        Set<Trait> copy = EnumSet.noneOf(Trait.class);
        copy.addAll(traits);
        traits = Collections.unmodifiableSet(copy);
    }

    /**
     * A device with some traits.
     *
     * @param pasidBits width of its PASIDs; 0 for none
     * @param traits what else it can
     * @return the features
     */
    public static DeviceFeatures of(int pasidBits, Trait... traits) {
        return new DeviceFeatures(pasidBits, Set.of(traits));
    }

    /**
     * Whether the device has a trait.
     *
     * @param trait the trait
     * @return {@code true} when it does
     */
    public boolean has(Trait trait) {
        return traits.contains(trait);
    }
}
