package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.QueueIndex;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The command queue as software fills it (IHI 0070 §3.5, §4, §7.1). Any number of tasks may issue at a time, of commands of
 * any number; what a task issues is executed in its order.
 *
 * <p>Positions are counted in 64 bits and never wrap; what they are modulo the queue's size is where a command stands. A
 * task that has put commands in while another is writing CMDQ_PROD leaves their announcement to that one. No lock is held
 * while CMDQ_PROD is written, since the SMMU may execute and interrupt from within, nor while a task waits.
 */
final class CommandRing {

    private static final LockClass LOCK = new LockClass("&cmdq->lock");

    /** Linux waits for room for ever, and says so each second; here somebody who waits is let go in the end. */
    private static final int MOST_TIMEOUTS_FOR_ROOM = 8;

    private static final long NOTHING = -1;
    private static final int INNER_SHAREABLE = 3;
    private static final int WRITE_BACK = 0xF;

    private final StructureParts parts;
    private final SmmuRegisters registers;
    private final PhysicalMemory memory;
    private final Locking locking;
    private final LongSupplier ticker;
    private final Runnable whilePolling;
    private final SyncSignal signal;
    private final QueueMemory queue;
    private final QueueIndex index;
    private final SpinLock lock;
    // Guarded by the lock: positions of the next command to be put in, to be announced and to be executed.
    private long produced;
    private long announced;
    private long consumed;
    /** Guarded by the lock: a task is writing CMDQ_PROD. */
    private boolean announcing;
    /** Guarded by the lock: CMD_SYNCs whose message has not been seen; their places cannot be used again. */
    private final ArrayDeque<Long> messages = new ArrayDeque<>();

    /**
     * What a ring works with.
     *
     * @param parts memory, log and errata
     * @param registers of its unit
     * @param locking where its lock comes from
     * @param ticker nanoseconds, for time-outs
     * @param whilePolling called again and again while somebody waits, without a lock: steps hardware that does not run by
     *     itself, and handles what would interrupt, such as {@link GlobalErrors#step}
     */
    record Setup(
            StructureParts parts,
            SmmuRegisters registers,
            Locking locking,
            LongSupplier ticker,
            Runnable whilePolling) {}

    /**
     * Takes memory.
     *
     * @param setup what it works with
     * @param sizeLg2 log2 of the number of commands, 0 to 19, not more than IDR1.CMDQS; fewer where memory is short
     * @param signal how completion is seen
     * @throws io.github.iommu4j.api.IommuException {@code ENOMEM} without memory
     */
    CommandRing(Setup setup, int sizeLg2, SyncSignal signal) {
        this.parts = setup.parts();
        this.registers = setup.registers();
        this.memory = parts.memory();
        this.locking = setup.locking();
        this.ticker = setup.ticker();
        this.whilePolling = setup.whilePolling();
        this.signal = signal;
        this.queue = QueueMemory.allocate(parts, "cmdq", sizeLg2, Command.BYTES);
        this.index = new QueueIndex(queue.sizeLg2());
        this.lock = locking.spinLock(LOCK);
    }

    /**
     * Writes CMDQ_BASE, CMDQ_PROD and CMDQ_CONS, for an empty queue. CR0.CMDQEN and its acknowledgement must be 0, and no
     * task may be waiting.
     */
    void start() {
        SpinLock.IrqState interrupts = lock.lockIrqSave();
        produced = 0;
        announced = 0;
        consumed = 0;
        messages.clear();
        lock.unlockIrqRestore(interrupts);
        registers.write(SmmuRegister.CMDQ_BASE, queue.base());
        registers.write(SmmuRegister.CMDQ_PROD, 0);
        registers.write(SmmuRegister.CMDQ_CONS, 0);
    }

    /**
     * Issues a command without waiting for its effect.
     *
     * @return {@code null}, or {@code ETIMEDOUT} when no room came; then it is not issued
     */
    @Nullable
    Errno issue(Command command) {
        return issue(List.of(command));
    }

    /** Issues commands in order, without waiting for their effect. As {@link #issue(Command)}; some may be issued then. */
    @Nullable
    Errno issue(List<Command> commands) {
        return put(commands, 0) == NOTHING && !commands.isEmpty() ? Errno.ETIMEDOUT : null;
    }

    /** Issues a command and waits until it has taken effect. As {@link #issueAndSync(List)}. */
    @Nullable
    Errno issueAndSync(Command command) {
        return issueAndSync(List.of(command));
    }

    /**
     * Issues commands in order and a CMD_SYNC, and waits until they have taken effect.
     *
     * @param commands any number; none to wait for what this task issued before
     * @return {@code null}, or {@code ETIMEDOUT} when the SMMU did not complete them in a second; it is logged then
     */
    @Nullable
    Errno issueAndSync(List<Command> commands) {
        long sync = put(commands, 1);
        return sync != NOTHING && await(sync) ? null : Errno.ETIMEDOUT;
    }

    /** Puts commands in, and CMD_SYNCs after them; the last one's position, or {@link #NOTHING} when no room came. */
    private long put(List<Command> commands, int syncs) {
        int total = commands.size() + syncs;
        int next = 0;
        int timeouts = 0;
        long last = NOTHING;
        Patience patience = new Patience(ticker);
        while (next < total) {
            int before = next;
            boolean mine;
            SpinLock.IrqState interrupts = lock.lockIrqSave();
            try {
                for (long room = room(); next < total && room > 0; next++, room--) {
                    last = next < commands.size() ? store(commands.get(next)) : storeSync();
                }
                mine = !announcing && announced != produced;
                announcing |= mine;
            } finally {
                lock.unlockIrqRestore(interrupts);
            }
            if (mine) {
                announce();
            }
            if (next > before) {
                patience.renew();
            } else if (patience.isOver()) {
                parts.print(KernelLog.Level.ERR, "CMDQ timeout");
                if (++timeouts == MOST_TIMEOUTS_FOR_ROOM) {
                    return NOTHING;
                }
                patience.renew();
            } else {
                pause();
            }
        }
        return last;
    }

    private long store(Command command) {
        command.writeTo(memory, slot(produced));
        return produced++;
    }

    private long storeSync() {
        if (signal == SyncSignal.MSI) {
            messages.add(produced);
        }
        return store(sync(slot(produced)));
    }

    /** A message is a write of 0 over the command's own first word, which no command has there. */
    private Command sync(long slot) {
        Command sync = Command.of(CommandOpcode.SYNC)
                .with0(Command.MSH, INNER_SHAREABLE)
                .with0(Command.MSI_ATTR, WRITE_BACK);
        return switch (signal) {
            case NONE -> sync.with0(Command.CS, Command.CS_NONE);
            case SEV -> sync.with0(Command.CS, Command.CS_SEV);
            case MSI -> new Command(Command.CS.with(sync.dw0(), Command.CS_IRQ), Command.MSI_ADDRESS.inPlace(slot));
        };
    }

    /** Writes CMDQ_PROD until nothing is left to announce, others' commands included. */
    private void announce() {
        long next = nextAnnouncement();
        try {
            while (next != NOTHING) {
                registers.write(SmmuRegister.CMDQ_PROD, index.position((int) next));
                next = nextAnnouncement();
            }
        } finally {
            if (next != NOTHING) {
                stopAnnouncing();
            }
        }
    }

    private long nextAnnouncement() {
        SpinLock.IrqState interrupts = lock.lockIrqSave();
        try {
            announcing = announced != produced;
            announced = produced;
            return announcing ? produced : NOTHING;
        } finally {
            lock.unlockIrqRestore(interrupts);
        }
    }

    private void stopAnnouncing() {
        SpinLock.IrqState interrupts = lock.lockIrqSave();
        announcing = false;
        lock.unlockIrqRestore(interrupts);
    }

    private boolean await(long sync) {
        Patience patience = new Patience(ticker);
        while (!isComplete(sync)) {
            if (patience.isOver()) {
                giveUp(sync);
                return false;
            }
            pause();
        }
        return true;
    }

    private void pause() {
        locking.relax();
        whilePolling.run();
    }

    private boolean isComplete(long sync) {
        SpinLock.IrqState interrupts = lock.lockIrqSave();
        try {
            if (signal != SyncSignal.MSI) {
                lookAtCons();
                return consumed > sync;
            }
            if (isAwaited(sync) && messageArrived(sync)) {
                seen(sync);
            }
            return !isAwaited(sync);
        } finally {
            lock.unlockIrqRestore(interrupts);
        }
    }

    /** One whose message was lost although it is consumed (GERROR.MSI_CMDQ_ABT_ERR) no longer keeps its place. */
    private void giveUp(long sync) {
        long prod = registers.read(SmmuRegister.CMDQ_PROD);
        long cons;
        SpinLock.IrqState interrupts = lock.lockIrqSave();
        try {
            cons = lookAtCons();
            if (consumed > sync) {
                seen(sync);
            }
        } finally {
            lock.unlockIrqRestore(interrupts);
        }
        parts.print(
                KernelLog.Level.ERR,
                String.format(
                        "CMD_SYNC timeout at 0x%08x [hwprod 0x%08x, hwcons 0x%08x]",
                        index.position((int) sync), prod, cons));
    }

    /** How many commands can be put in; looks at the SMMU only when none could. */
    private long room() {
        lock.assertHeld();
        long room = index.capacity() - (produced - reusable());
        if (room > 0) {
            return room;
        }
        lookAtCons();
        for (Iterator<Long> newest = messages.descendingIterator(); newest.hasNext(); ) {
            long sync = newest.next();
            if (sync < consumed && messageArrived(sync)) {
                seen(sync);
                break;
            }
        }
        return index.capacity() - (produced - reusable());
    }

    /** The position before which every place can be used again. */
    private long reusable() {
        return messages.isEmpty() ? consumed : Math.min(consumed, messages.getFirst());
    }

    /**
     * Reads CMDQ_CONS, whose distance to the position known last is unambiguous as long as nobody else moves that one. An
     * index that is none, of broken hardware, is not believed.
     */
    private long lookAtCons() {
        lock.assertHeld();
        long cons = registers.read(SmmuRegister.CMDQ_CONS);
        int advance = index.used((int) cons, (int) consumed);
        if (advance <= announced - consumed) {
            consumed += advance;
        }
        return cons;
    }

    private boolean isAwaited(long sync) {
        return !messages.isEmpty() && messages.getFirst() <= sync;
    }

    private boolean messageArrived(long sync) {
        return memory.load32(slot(sync)) == 0;
    }

    /** A message that arrived says that those of earlier CMD_SYNCs have, too (§4.7). */
    private void seen(long sync) {
        while (isAwaited(sync)) {
            messages.removeFirst();
        }
    }

    private long slot(long position) {
        return queue.address() + (long) index.index((int) position) * Command.BYTES;
    }
}
