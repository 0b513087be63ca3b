package io.github.iommu4j.vtd.hardware;

/**
 * Where interrupts go that a unit delivers: those of devices, and notifications of posted ones. The unit's own events are
 * messages and go to its message sink.
 *
 * <p><b>Thread-safety:</b> called by the thread that wrote the interrupt, with no lock held.
 */
@FunctionalInterface
public interface InterruptObserver {

    /** Nobody looks. */
    InterruptObserver NONE = interrupt -> {};

    /**
     * An interrupt is delivered.
     *
     * @param interrupt which
     */
    void deliver(Interrupt interrupt);
}
