package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandError;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.QueueIndex;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Queue;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.Locale;

/**
 * Looks after global errors (IHI 0070 §7.5): tells the log, repairs the command queue, acknowledges. Thread-safe.
 *
 * <p>The command queue's memory is touched only while it stands still, at the command it stands on, so that no task which
 * fills it is in the way.
 */
final class GlobalErrors {

    private static final LockClass LOCK = new LockClass("&smmu->gerror_lock");

    private final StructureParts parts;
    private final PhysicalMemory memory;
    private final SmmuRegisters registers;
    private final Runnable disable;
    private final SpinLock lock;
    /** Guarded by the lock: a task is looking after errors. */
    private boolean busy;

    /**
     * Looks after a unit.
     *
     * @param disable what to do in service failure mode: clear CR0
     */
    GlobalErrors(StructureParts parts, SmmuRegisters registers, Locking locking, Runnable disable) {
        this.parts = parts;
        this.memory = parts.memory();
        this.registers = registers;
        this.disable = disable;
        this.lock = locking.spinLock(LOCK);
    }

    /**
     * What the interrupt for global errors does; to be called from {@link CommandRing.Setup#whilePolling} too where there
     * are no interrupts. May be called at any time from any task, also from within the acknowledgement of an error that
     * makes the next one; never waits.
     *
     * @return {@code false} when no error was active or another task is looking after them
     */
    boolean step() {
        boolean any = false;
        long before = 0;
        // Ends when nothing gets better, such as where the same command cannot be fetched again and again.
        for (long now = situation(); now != before && enter(); now = situation()) {
            before = now;
            try {
                any |= handle();
            } finally {
                leave();
            }
        }
        return any;
    }

    private boolean enter() {
        SpinLock.IrqState interrupts = lock.lockIrqSave();
        try {
            boolean free = !busy;
            busy = true;
            return free;
        } finally {
            lock.unlockIrqRestore(interrupts);
        }
    }

    private void leave() {
        SpinLock.IrqState interrupts = lock.lockIrqSave();
        busy = false;
        lock.unlockIrqRestore(interrupts);
    }

    /** Which errors are active, and where the command queue is; 0 without errors. */
    private long situation() {
        long active = active();
        return active == 0 ? 0 : active << 32 | registers.read(SmmuRegister.CMDQ_CONS);
    }

    private long active() {
        return (registers.read(SmmuRegister.GERROR) ^ registers.read(SmmuRegister.GERRORN)) & known();
    }

    private static long known() {
        long mask = 0;
        for (GlobalError error : GlobalError.values()) {
            mask |= error.mask();
        }
        return mask;
    }

    private boolean handle() {
        long errors = registers.read(SmmuRegister.GERROR);
        long active = (errors ^ registers.read(SmmuRegister.GERRORN)) & known();
        if (active == 0) {
            return false;
        }
        parts.print(
                KernelLog.Level.WARNING,
                String.format(Locale.ROOT, "unexpected global error reported (0x%08x), this could be serious", active));
        for (GlobalError error : GlobalError.values()) {
            if ((active & error.mask()) != 0) {
                handle(error);
            }
        }
        registers.write(SmmuRegister.GERRORN, errors);
        return true;
    }

    private void handle(GlobalError error) {
        switch (error) {
            case CMDQ_ERR -> repairCommandQueue();
            case EVENTQ_ABT_ERR -> lost("EVTQ");
            case PRIQ_ABT_ERR -> lost("PRIQ");
            case MSI_CMDQ_ABT_ERR -> messageAborted("CMDQ");
            case MSI_EVENTQ_ABT_ERR -> messageAborted("EVTQ");
            case MSI_PRIQ_ABT_ERR -> messageAborted("PRIQ");
            case MSI_GERROR_ABT_ERR -> messageAborted("GERROR");
            case SFM_ERR -> {
                parts.print(KernelLog.Level.ERR, "device has entered Service Failure Mode!");
                disable.run();
            }
        }
    }

    private void lost(String queue) {
        parts.print(KernelLog.Level.ERR, queue + " write aborted -- events may have been lost");
    }

    private void messageAborted(String source) {
        parts.print(KernelLog.Level.WARNING, source + " MSI write aborted");
    }

    /**
     * The queue stands on the command that it could not execute (§7.1). One that is illegal is made a CMD_SYNC; the others
     * are tried again as they are, once the error is acknowledged.
     */
    private void repairCommandQueue() {
        long cons = registers.read(SmmuRegister.CMDQ_CONS);
        int code = Queue.ERR.getInt(cons);
        parts.print(
                KernelLog.Level.ERR, String.format(Locale.ROOT, "CMDQ error (cons 0x%08x): %s", cons, nameOf(code)));
        if (code == CommandError.CERROR_ABT.code()) {
            parts.print(KernelLog.Level.ERR, "retrying command fetch");
        }
        boolean repeats = code == CommandError.CERROR_NONE.code()
                || code == CommandError.CERROR_ABT.code()
                || code == CommandError.CERROR_ATC_INV_SYNC.code();
        if (!repeats) {
            replace(cons);
        }
    }

    private static String nameOf(int code) {
        return switch (code) {
            case 0 -> "No error";
            case 1 -> "Illegal command";
            case 2 -> "Abort on command fetch";
            case 3 -> "ATC invalidate timeout";
            default -> "Unknown";
        };
    }

    private void replace(long cons) {
        long base = registers.read(SmmuRegister.CMDQ_BASE);
        QueueIndex index = new QueueIndex(Queue.LOG2SIZE.getInt(base));
        long slot = Queue.ADDR.inPlace(base) + (long) index.index((int) cons) * Command.BYTES;
        Command bad = Command.readFrom(memory, slot);
        parts.print(
                KernelLog.Level.ERR,
                String.format(Locale.ROOT, "skipping command in error state: 0x%016x 0x%016x", bad.dw0(), bad.dw1()));
        Command.of(CommandOpcode.SYNC).with0(Command.CS, Command.CS_SEV).writeTo(memory, slot);
    }
}
