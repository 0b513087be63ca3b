package io.github.iommu4j.api.memory;

/**
 * A wired, edge-triggered interrupt output of a device.
 *
 * <p><b>Thread-safety:</b> may be called from any thread that writes registers, steps queues or translates. The
 * implementation must not call back into the device that raises it.
 */
@FunctionalInterface
public interface InterruptLine {

    /** One rising edge. */
    void pulse();
}
