package io.github.iommu4j.core.vfio;

import org.jspecify.annotations.Nullable;

/**
 * The answer of VFIO_DEVICE_GET_REGION_INFO. Immutable.
 *
 * @param flags bit 0 can be read, bit 1 can be written, bit 2 can be mapped
 * @param size bytes; 0 for a region the device does not have
 * @param faultAbis the capability of the producer fault region, or {@code null}
 */
public record RegionInfo(int flags, int size, @Nullable FaultAbis faultAbis) {

    /** The region can be read. */
    public static final int READ = 1;
    /** The region can be written. */
    public static final int WRITE = 2;
    /** The region can be mapped. */
    public static final int MMAP = 4;

    /**
     * The capability that tells the versions of a fault region.
     *
     * @param version of the capability: 1
     * @param newest versions 1 to this one can be chosen
     */
    public record FaultAbis(int version, int newest) {}
}
