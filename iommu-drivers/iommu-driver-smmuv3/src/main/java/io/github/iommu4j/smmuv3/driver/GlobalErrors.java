package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.lock.Locking;

/** Looks after global errors (IHI 0070 §7.5): tells the log, repairs the command queue, acknowledges. Thread-safe. */
final class GlobalErrors {

    private final StructureParts parts;
    private final SmmuRegisters registers;
    private final Runnable disable;

    /**
     * Looks after a unit.
     *
     * @param disable what to do in service failure mode: clear CR0
     */
    GlobalErrors(StructureParts parts, SmmuRegisters registers, Locking locking, Runnable disable) {
        this.parts = parts;
        this.registers = registers;
        this.disable = disable;
    }

    /**
     * What the interrupt for global errors does; to be called from {@link CommandRing.Setup#whilePolling} too where there
     * are no interrupts. May be called at any time from any task; never waits.
     *
     * @return {@code false} when no error was active or another task is looking after them
     */
    boolean step() {
        throw new UnsupportedOperationException(parts + " " + registers + disable);
    }
}
