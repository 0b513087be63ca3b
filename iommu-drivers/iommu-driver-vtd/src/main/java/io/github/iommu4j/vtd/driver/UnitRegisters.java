package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.vtd.layout.RegisterFields.Global;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The registers of a unit, and the protocol of its global commands (Intel VT-d §11.4.4). Thread-safe. */
final class UnitRegisters {

    private static final LockClass LOCK = new LockClass("&iommu->register_lock");
    /** Linux waits ten seconds and then panics; reads are counted here, since time may stand still. */
    private static final int MOST_READS = 1_000_000;

    private final String unit;
    private final MmioRegion region;
    private final Locking locking;
    private final SpinLock lock;
    private final long cap;
    private final long ecap;

    UnitRegisters(String unit, MmioRegion region, Locking locking) {
        this.unit = unit;
        this.region = region;
        this.locking = locking;
        this.lock = locking.spinLock(LOCK);
        this.cap = region.read(VtdRegister.CAP.offset(), Long.BYTES);
        this.ecap = region.read(VtdRegister.ECAP.offset(), Long.BYTES);
    }

    long cap() {
        return cap;
    }

    long ecap() {
        return ecap;
    }

    long version() {
        return read(VtdRegister.VER);
    }

    long read(VtdRegister register) {
        return region.read(register.offset(cap, ecap), register.width());
    }

    void write(VtdRegister register, long value) {
        region.write(register.offset(cap, ecap), register.width(), value);
    }

    long readRecord(VtdRegister half, int index) {
        return region.read(half.offset(cap, ecap) + 16L * index, Long.BYTES);
    }

    /** Writes the highest of a record's four words, where F is. */
    void writeRecordStatus(int index, int value) {
        region.write(
                VtdRegister.FRCD_HIGH.offset(cap, ecap) + 16L * index + 4,
                Integer.BYTES,
                Integer.toUnsignedLong(value));
    }

    /** Runs something that takes several accesses, with interrupts off. */
    <T> T locked(Supplier<T> action) {
        SpinLock.IrqState interrupts = lock.lockIrqSave();
        try {
            return action.get();
        } finally {
            lock.unlockIrqRestore(interrupts);
        }
    }

    void locked(Runnable action) {
        locked(() -> {
            action.run();
            return this;
        });
    }

    boolean isOn(BitField status) {
        return status.isSet(read(VtdRegister.GSTS));
    }

    /** Gives one command, and waits until its status is set; one-shot bits of the status are not written back. */
    void command(BitField bit) {
        locked(() -> {
            write(VtdRegister.GCMD, read(VtdRegister.GSTS) & Global.KEPT | bit.mask());
            await(() -> isOn(bit), bit);
        });
    }

    /** Takes a lasting command back. */
    void revoke(BitField bit) {
        locked(() -> {
            write(VtdRegister.GCMD, read(VtdRegister.GSTS) & Global.KEPT & ~bit.mask());
            await(() -> !isOn(bit), bit);
        });
    }

    /** Flushes write buffers: the status falls when that is done. */
    void flushWriteBuffer() {
        locked(() -> {
            write(VtdRegister.GCMD, read(VtdRegister.GSTS) & Global.KEPT | Global.WBF.mask());
            await(() -> !isOn(Global.WBF), Global.WBF);
        });
    }

    /** Polls, letting others go first. */
    void await(BooleanSupplier condition, Object what) {
        for (int reads = 0; !condition.getAsBoolean(); reads++) {
            if (reads == MOST_READS) {
                throw new IommuException(
                        Errno.ETIMEDOUT, unit + " does not answer: " + what + " stays after " + reads + " reads");
            }
            locking.relax();
        }
    }
}
