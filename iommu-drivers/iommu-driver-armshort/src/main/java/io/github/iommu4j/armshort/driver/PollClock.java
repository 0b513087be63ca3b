package io.github.iommu4j.armshort.driver;

/**
 * The time a driver sees while it polls a register. The model's clock, not the machine's that runs it.
 *
 * <p><b>Thread-safety:</b> may be called from any thread.
 */
public interface PollClock {

    /**
     * The time.
     *
     * @return nanoseconds since anything
     */
    long nanos();

    /**
     * Lets time pass ({@code udelay}). Called with a spin lock held: must not wait for another task.
     *
     * @param nanos how much, in nanoseconds
     */
    void pause(long nanos);

    /**
     * A clock that moves only when it is paused.
     *
     * @return a new clock, at 0
     */
    static PollClock virtual() {
        return new VirtualClock();
    }
}
