package io.github.iommu4j.vtd.driver;

import java.util.List;

/**
 * Which devices may cache translations (ATSR and SATC, Intel VT-d §8.5, §8.8). Immutable.
 *
 * @param segment PCI segment
 * @param extent whom it is about
 * @param scopes root ports with all below them, or devices of the root complex
 */
public record AtsReach(int segment, Extent extent, List<DeviceScope> scopes) {

    /** Whom it is about. */
    public enum Extent {
        /** The named ones. */
        NAMED,
        /** Everything of the segment (ALL_PORTS). */
        ALL_PORTS
    }

    /** Copies the list. */
    public AtsReach {
        scopes = List.copyOf(scopes);
    }

    /**
     * Every device of a segment.
     *
     * @param segment PCI segment
     * @return the reach
     */
    public static AtsReach allPorts(int segment) {
        return new AtsReach(segment, Extent.ALL_PORTS, List.of());
    }
}
