package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.device.Device;

/**
 * Where the kernel's memory for faults comes from: each thing that is held is asked for and given back. What cannot be had is
 * {@code ENOMEM}, as the kernel's rules for a failed allocation say.
 *
 * <p><b>Thread-safety:</b> implementations may be called from any thread, with locks held; they must not wait.
 */
public interface FaultMemory {

    /** What memory is for. */
    enum Purpose {
        /** A device's own bookkeeping. */
        PARAMETER,
        /** A request that waits for its answer (up to 6.8). */
        PENDING,
        /** A request that waits for the last of its group. */
        PARTIAL,
        /** A group of requests that waits for its answer. */
        GROUP
    }

    /**
     * Takes memory for one thing.
     *
     * @param device whose it is
     * @param purpose what for
     * @return whether there was any
     */
    boolean take(Device device, Purpose purpose);

    /**
     * Gives back what {@link #take} gave.
     *
     * @param device whose it was
     * @param purpose what it was for
     */
    void give(Device device, Purpose purpose);

    /**
     * Memory of which every device has a share of its own, so that one that faults without end neither fills the machine's nor
     * another device's.
     *
     * @param faults how many requests and groups of one device are held, at least 1
     * @return new memory
     * @throws IllegalArgumentException when fewer than 1
     */
    static BoundedFaultMemory bounded(int faults) {
        return new BoundedFaultMemory(faults);
    }
}
