package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.armshort.layout.InvalidationAddress;
import io.github.iommu4j.armshort.layout.M4uFields.InvSel;
import io.github.iommu4j.armshort.layout.M4uFields.Invalidate;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.trace.KernelLog;

/**
 * TLB maintenance of one M4U. Thread-safe.
 *
 * <p>Descriptors must be visible in memory before a call. Invalidating everything is not waited for: it acts on every
 * translation that starts after the write. A range is polled for.
 */
final class M4uTlb {

    private static final LockClass LOCK = new LockClass("&bank->tlb_lock");
    private static final int ALL_CACHES = (int) (InvSel.EN0.mask() | InvSel.EN1.mask());
    private static final long PAGE = 4096;
    private static final long POLL_STEP_NANOS = 10_000;
    private static final long POLL_LIMIT_NANOS = 1_000_000;

    private final String name;
    private final IommuCore core;
    private final PollClock clock;
    private final Mmio registers;
    private final M4uRegister invSel;
    private final SpinLock lock;

    M4uTlb(M4uNode node, Mmio registers, MediatekHost host) {
        this.name = node.name();
        this.core = host.core();
        this.clock = host.clock();
        this.registers = registers;
        this.invSel = node.platform().layout().invSel().register();
        this.lock = host.core().locking().spinLock(LOCK);
    }

    /** Invalidates everything. */
    void flushAll() {
        SpinLock.IrqState state = lock.lockIrqSave();
        try {
            registers.write(invSel, ALL_CACHES);
            registers.write(M4uRegister.INVALIDATE, (int) Invalidate.ALL.mask());
        } finally {
            lock.unlockIrqRestore(state);
        }
    }

    /**
     * Invalidates a range and waits until it is done; when that takes more than a millisecond, everything.
     *
     * @param iova first address
     * @param last last address, inclusive
     */
    void flushRange(long iova, long last) {
        boolean done = core.has(M4uErratum.TLB_REGISTERS_UNLOCKED) ? startAndWait(iova, last) : locked(iova, last);
        if (!done) {
            core.log()
                    .print(
                            KernelLog.Level.WARNING,
                            String.format(
                                    "%s: invalidating 0x%x to 0x%x took more than %d us, invalidating everything",
                                    name, iova, last, POLL_LIMIT_NANOS / 1000));
            flushAll();
        }
    }

    private boolean locked(long iova, long last) {
        SpinLock.IrqState state = lock.lockIrqSave();
        try {
            return startAndWait(iova, last);
        } finally {
            lock.unlockIrqRestore(state);
        }
    }

    private boolean startAndWait(long iova, long last) {
        if (core.has(M4uErratum.SYNC_POLLS_ONE_RANGE)) {
            for (long page = iova; page < last - PAGE; page += PAGE) {
                start(page, page + PAGE - 1);
            }
            start(last & -PAGE, last);
        } else {
            start(iova, last);
        }
        return await();
    }

    private void start(long iova, long last) {
        registers.write(invSel, ALL_CACHES);
        registers.write(M4uRegister.INVLD_START_A, InvalidationAddress.pack(iova));
        registers.write(M4uRegister.INVLD_END_A, InvalidationAddress.pack(last));
        registers.write(M4uRegister.INVALIDATE, (int) Invalidate.RANGE.mask());
    }

    /** Polls until a range is done, and acknowledges it. The clock may stand still: reads are counted, too. */
    private boolean await() {
        long begin = clock.nanos();
        boolean done = registers.read(M4uRegister.CPE_DONE) != 0;
        for (long reads = 0; !done && reads < POLL_LIMIT_NANOS / POLL_STEP_NANOS; reads++) {
            if (clock.nanos() - begin > POLL_LIMIT_NANOS) {
                break;
            }
            clock.pause(POLL_STEP_NANOS);
            done = registers.read(M4uRegister.CPE_DONE) != 0;
        }
        if (!core.has(M4uErratum.DONE_IS_LEFT_SET)) {
            registers.write(M4uRegister.CPE_DONE, 0);
        }
        return done;
    }
}
