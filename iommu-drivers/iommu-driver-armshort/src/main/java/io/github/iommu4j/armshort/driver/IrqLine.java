package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.memory.InterruptLine;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * An interrupt line between a device and its handler: a pulse is remembered until {@link #step()} runs the handler.
 *
 * <p><b>Thread-safety:</b> every method may be called from any thread.
 */
public final class IrqLine implements InterruptLine {

    private final Locking locking;
    private final AtomicBoolean pending = new AtomicBoolean();
    private final AtomicReference<@Nullable Runnable> handler = new AtomicReference<>();

    /**
     * A line without a handler.
     *
     * @param locking in whose interrupt context the handler runs
     */
    public IrqLine(Locking locking) {
        this.locking = locking;
    }

    @Override
    public void pulse() {
        pending.set(true);
    }

    /**
     * Takes the line ({@code request_irq}).
     *
     * @param newHandler runs in interrupt context for every remembered pulse
     * @throws IommuException {@code EBUSY} when somebody has it
     */
    public void request(Runnable newHandler) {
        if (!handler.compareAndSet(null, newHandler)) {
            throw new IommuException(Errno.EBUSY, "the interrupt line is taken");
        }
    }

    /** Gives the line back ({@code free_irq}). What is pending stays so. */
    public void free() {
        handler.set(null);
    }

    /**
     * Runs the handler if an interrupt is pending. Pulses that came before are one.
     *
     * @return {@code false} when none was pending or nobody has the line
     */
    public boolean step() {
        Runnable mine = handler.get();
        if (mine == null || !pending.compareAndSet(true, false)) {
            return false;
        }
        locking.runIn(ExecutionContext.HARDIRQ, mine);
        return true;
    }
}
