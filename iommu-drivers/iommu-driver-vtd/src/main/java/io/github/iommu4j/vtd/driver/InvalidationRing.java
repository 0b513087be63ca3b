package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.RegisterFields.Fsts;
import io.github.iommu4j.vtd.layout.RegisterFields.Global;
import io.github.iommu4j.vtd.layout.RegisterFields.Iqa;
import io.github.iommu4j.vtd.layout.RegisterFields.Iqercd;
import io.github.iommu4j.vtd.layout.VtdRegister;
import org.jspecify.annotations.Nullable;

/**
 * The invalidation queue as software fills it (Intel VT-d §6.5.2): each descriptor is followed by a wait whose status
 * write is waited for. Any number of tasks may submit at a time.
 */
final class InvalidationRing {

    private static final LockClass LOCK = new LockClass("&qi->q_lock");

    /** Linux has this many slots whatever the width of a descriptor. */
    private static final int SLOTS = 256;

    private static final int FREE = 0;
    private static final int IN_USE = 1;
    private static final int DONE = 2;

    /** A device that never answers is given up, so that nobody waits for ever. */
    private static final int MOST_TIMEOUTS = 8;

    private static final int MOST_POLLS = 1_000_000;

    private final String unit;
    private final UnitRegisters registers;
    private final PhysicalMemory memory;
    private final Locking locking;
    private final KernelLog log;
    private final int slotBytes;
    private final long queue;
    private final long statuses;
    private final SpinLock lock;
    // Guarded by the lock.
    private int head;
    private int tail;
    private int free = SLOTS;
    private final boolean[] aborted = new boolean[SLOTS];

    /** What became of a wait. */
    private enum Outcome {
        DONE,
        ABORTED,
        INVALID
    }

    /** Takes memory. */
    InvalidationRing(VtdUnitParts parts, int slotBytes) {
        VtdHost host = parts.host();
        this.unit = parts.description().name();
        this.registers = parts.registers();
        this.memory = host.kernel().memory();
        this.locking = host.kernel().locking();
        this.log = host.kernel().log();
        this.slotBytes = slotBytes;
        this.lock = locking.spinLock(LOCK);
        long bytes = (long) SLOTS * slotBytes;
        this.queue = parts.structures().allocate(bytes);
        long statusBytes = (long) SLOTS * Integer.BYTES;
        this.statuses = parts.structures().allocate(statusBytes);
    }

    void start() {
        boolean wide = slotBytes == 32;
        registers.write(VtdRegister.IQT, 0);
        registers.write(VtdRegister.IQA, queue | (wide ? Iqa.DW.mask() | 1 : 0));
        registers.command(Global.QIE);
    }

    void stop() {
        registers.revoke(Global.QIE);
    }

    /**
     * Submits a descriptor and waits until it has taken effect. A descriptor that the hardware calls invalid is a broken
     * driver: it is logged and skipped, as Linux does.
     *
     * @return {@code null}, or {@code ETIMEDOUT} when a device did not answer
     */
    @Nullable
    Errno submit(InvalidationDescriptor descriptor) {
        for (int attempt = 0; attempt < MOST_TIMEOUTS; attempt++) {
            Outcome outcome = submitOnce(descriptor);
            if (outcome != Outcome.ABORTED) {
                return null;
            }
        }
        log.print(
                KernelLog.Level.ERR,
                "DMAR: " + unit + ": " + descriptor + " timed out " + MOST_TIMEOUTS + " times and is given up");
        return Errno.ETIMEDOUT;
    }

    private Outcome submitOnce(InvalidationDescriptor descriptor) {
        SpinLock.IrqState interrupts = lock.lockIrqSave();
        try {
            awaitRoom();
            int index = head;
            int waitIndex = next(index, 1);
            put(index, descriptor);
            put(waitIndex, InvalidationDescriptor.waiting().writing(statusAddress(waitIndex), DONE));
            head = next(index, 2);
            free -= 2;
            registers.write(VtdRegister.IQT, (long) head * slotBytes);
            Outcome outcome = await(index, waitIndex);
            setStatus(index, DONE);
            setStatus(waitIndex, DONE);
            reclaim();
            return outcome;
        } finally {
            lock.unlockIrqRestore(interrupts);
        }
    }

    /** Two slots stay free, so that a full queue never looks like an empty one. */
    private void awaitRoom() {
        while (free < 4) {
            pause();
        }
    }

    private void put(int index, InvalidationDescriptor descriptor) {
        descriptor.writeTo(memory, slot(index), slotBytes);
        setStatus(index, IN_USE);
        aborted[index] = false;
    }

    private Outcome await(int index, int waitIndex) {
        for (int polls = 0; aborted[waitIndex] || status(waitIndex) != DONE; polls++) {
            Outcome outcome = checkErrors(index, waitIndex);
            if (outcome != Outcome.DONE) {
                return outcome;
            }
            if (polls == MOST_POLLS) {
                throw new AssertionError(unit + ": the invalidation queue stands still");
            }
            if (status(waitIndex) != DONE) {
                pause();
            }
        }
        return Outcome.DONE;
    }

    private void pause() {
        lock.unlock();
        locking.relax();
        lock.lock();
    }

    /** Looks why a wait may never come; {@link Outcome#DONE} says that nothing keeps it. */
    private Outcome checkErrors(int index, int waitIndex) {
        if (aborted[waitIndex]) {
            return Outcome.ABORTED;
        }
        long fault = registers.read(VtdRegister.FSTS);
        if (Fsts.IQE.isSet(fault) && slotOf(VtdRegister.IQH) == index) {
            log.print(
                    KernelLog.Level.ERR,
                    "DMAR: VT-d detected Invalidation Queue Error: Reason "
                            + Iqercd.IQEI.get(registers.read(VtdRegister.IQERCD)) + ": "
                            + InvalidationDescriptor.readFrom(memory, slot(index), slotBytes));
            InvalidationDescriptor.readFrom(memory, slot(waitIndex), slotBytes).writeTo(memory, slot(index), slotBytes);
            registers.write(VtdRegister.FSTS, Fsts.IQE.mask());
            return Outcome.INVALID;
        }
        if (Fsts.ITE.isSet(fault)) {
            abortPending();
            return aborted[waitIndex] ? Outcome.ABORTED : Outcome.DONE;
        }
        if (Fsts.ICE.isSet(fault)) {
            log.print(
                    KernelLog.Level.ERR,
                    "DMAR: VT-d detected Invalidation Completion Error: SID "
                            + Long.toHexString(Iqercd.ICESID.get(registers.read(VtdRegister.IQERCD))));
            registers.write(VtdRegister.FSTS, Fsts.ICE.mask());
        }
        return Outcome.DONE;
    }

    /**
     * After a time-out no wait that was fetched completes any more (§6.5.2.10): whoever waits must submit again. The wait of
     * the descriptor that timed out may be fetched only afterwards, and says nothing when it completes.
     */
    private void abortPending() {
        log.print(
                KernelLog.Level.ERR,
                "DMAR: VT-d detected Invalidation Time-out Error: SID "
                        + Long.toHexString(Iqercd.ITESID.get(registers.read(VtdRegister.IQERCD))));
        int fetched = slotOf(VtdRegister.IQH);
        int end = next(fetched, fetched & 1);
        for (int at = tail; at != end; at = next(at, 1)) {
            aborted[at] = status(at) == IN_USE;
        }
        registers.write(VtdRegister.FSTS, Fsts.ITE.mask());
    }

    private void reclaim() {
        while (tail != head && status(tail) == DONE) {
            setStatus(tail, FREE);
            tail = next(tail, 1);
            free++;
        }
    }

    private int slotOf(VtdRegister pointer) {
        return (int) (registers.read(pointer) / slotBytes);
    }

    private static int next(int index, int by) {
        return (index + by) % SLOTS;
    }

    private long slot(int index) {
        return queue + (long) index * slotBytes;
    }

    private long statusAddress(int index) {
        return statuses + (long) index * Integer.BYTES;
    }

    private int status(int index) {
        return memory.load32(statusAddress(index));
    }

    private void setStatus(int index, int status) {
        memory.store32(statusAddress(index), status);
    }
}
