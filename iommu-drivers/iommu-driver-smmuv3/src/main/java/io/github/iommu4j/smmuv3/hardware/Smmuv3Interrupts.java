package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.memory.InterruptLine;

/**
 * The wired interrupt outputs (IHI 0070 §3.18). Each pulses at every occurrence that is enabled, whether or not an MSI
 * is sent for it too: connect a line or give the guest MSIs, as the machine has it. Immutable.
 *
 * @param eventQueue the event queue is no longer empty
 * @param pageRequestQueue the PRI queue is no longer empty, or a group is complete
 * @param globalError a global error became active
 * @param commandSync a CMD_SYNC with CS=SIG_IRQ completed
 * @param wakeUp a CMD_SYNC with CS=SIG_SEV completed: the event that ends a WFE
 */
public record Smmuv3Interrupts(
        InterruptLine eventQueue,
        InterruptLine pageRequestQueue,
        InterruptLine globalError,
        InterruptLine commandSync,
        InterruptLine wakeUp) {

    private static final InterruptLine OPEN = () -> {};

    /**
     * No line is connected.
     *
     * @return lines that do nothing
     */
    public static Smmuv3Interrupts none() {
        return new Smmuv3Interrupts(OPEN, OPEN, OPEN, OPEN, OPEN);
    }

    /**
     * The same lines with the event queue's connected.
     *
     * @param line where it goes
     * @return new lines
     */
    public Smmuv3Interrupts withEventQueue(InterruptLine line) {
        return new Smmuv3Interrupts(line, pageRequestQueue, globalError, commandSync, wakeUp);
    }

    /**
     * The same lines with the PRI queue's connected.
     *
     * @param line where it goes
     * @return new lines
     */
    public Smmuv3Interrupts withPageRequestQueue(InterruptLine line) {
        return new Smmuv3Interrupts(eventQueue, line, globalError, commandSync, wakeUp);
    }

    /**
     * The same lines with that of global errors connected.
     *
     * @param line where it goes
     * @return new lines
     */
    public Smmuv3Interrupts withGlobalError(InterruptLine line) {
        return new Smmuv3Interrupts(eventQueue, pageRequestQueue, line, commandSync, wakeUp);
    }

    /**
     * The same lines with CMD_SYNC's connected.
     *
     * @param line where it goes
     * @return new lines
     */
    public Smmuv3Interrupts withCommandSync(InterruptLine line) {
        return new Smmuv3Interrupts(eventQueue, pageRequestQueue, globalError, line, wakeUp);
    }

    /**
     * The same lines with the wake-up event connected.
     *
     * @param line where it goes
     * @return new lines
     */
    public Smmuv3Interrupts withWakeUp(InterruptLine line) {
        return new Smmuv3Interrupts(eventQueue, pageRequestQueue, globalError, commandSync, line);
    }
}
