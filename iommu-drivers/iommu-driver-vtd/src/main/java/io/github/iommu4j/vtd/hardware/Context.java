package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.vtd.layout.ScalableContextEntry;
import org.jspecify.annotations.Nullable;

/**
 * A context entry of either mode, with the root entry before it, decoded once and cached. Immutable.
 *
 * @param fault what every request of the function gets instead, as a {@link FaultWord}, or 0
 * @param fpd FPD
 * @param did the domain it is cached under; {@link #EVERY_DOMAIN} in scalable mode, 0 for a fault
 * @param deviceTlb translation and translated requests are let in: TT=01b, or DTE
 * @param space legacy mode: where requests go
 * @param entry scalable mode: the entry
 */
record Context(
        long fault,
        boolean fpd,
        int did,
        boolean deviceTlb,
        @Nullable AddressSpace space,
        @Nullable ScalableContextEntry entry) {

    /** Scalable-mode entries belong to no domain. */
    static final int EVERY_DOMAIN = -1;

    /** The context of a function whose requests all fault, in legacy mode: cached under domain 0. */
    static Context refused(long fault, boolean fpd) {
        return new Context(fault, fpd, 0, false, null, null);
    }

    /** The same in scalable mode. */
    static Context refusedScalable(long fault, boolean fpd) {
        return new Context(fault, fpd, EVERY_DOMAIN, false, null, null);
    }

    boolean isScalable() {
        return did == EVERY_DOMAIN;
    }

    boolean isFault() {
        return fault != 0;
    }
}
