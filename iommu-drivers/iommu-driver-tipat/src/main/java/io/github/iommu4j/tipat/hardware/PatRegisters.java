package io.github.iommu4j.tipat.hardware;

import io.github.iommu4j.api.memory.InterruptLine;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.tipat.layout.PatFields.Control;
import io.github.iommu4j.tipat.layout.PatRegister;
import java.util.List;

/**
 * The memory mapped registers (region {@code mmrs}). Aligned 32-bit accesses reach registers; everything else reads zero
 * and writes nothing.
 *
 * <p>Look-ups read {@link #pageLg2()} without a lock; everything else is serialised on this object, and the interrupt
 * line is pulsed outside of it.
 */
final class PatRegisters implements MmioRegion {

    /** Windows are mapped in whole pages; the registers fill the first 256 bytes. */
    static final int SIZE = 0x1000;
    /** Stands for no page size: EN is 0. */
    static final int OFF = 0;

    /** Log2 of bytes for each value of CONTROL.PAGE_SIZE, as the hardware has it. */
    private static final int[] PAGE_SIZES = {12, 14, 16, 20};

    private final int pid;
    private final int pages;
    private final InterruptLine interrupt;
    private final ExceptionLog log;
    private int control;
    private volatile int pageLg2 = OFF;

    PatRegisters(Pat.Builder builder) {
        this.pid = builder.pid;
        this.pages = builder.pages;
        this.interrupt = builder.interrupt;
        this.log = new ExceptionLog(builder.sourceId);
    }

    /** Log2 of the page size, as of now; {@link #OFF} while nothing is translated. */
    int pageLg2() {
        return pageLg2;
    }

    private void setControl(int value) {
        control = value;
        pageLg2 = Control.EN.isSet(value) ? PAGE_SIZES[Control.PAGE_SIZE.getInt(value)] : OFF;
    }

    synchronized void reset() {
        setControl(0);
        log.reset();
    }

    /** Logs an error, if there is room: whether it is in the log. */
    boolean record(int streamId, long address, int accessBits) {
        if (!log.hasRoom()) {
            return false;
        }
        boolean recorded;
        boolean pulse;
        synchronized (this) {
            recorded = log.record(streamId, address, accessBits);
            pulse = log.takePulse();
        }
        if (pulse) {
            interrupt.pulse();
        }
        return recorded;
    }

    boolean wouldRecord() {
        return log.hasRoom();
    }

    synchronized List<Long> foretell(int streamId, long address, int accessBits) {
        return log.foretell(streamId, address, accessBits);
    }

    @Override
    public long size() {
        return SIZE;
    }

    @Override
    public long read(long offset, int width) {
        if (width != Integer.BYTES) {
            return 0;
        }
        return PatRegister.at(offset).map(this::read).orElse(0L);
    }

    private synchronized long read(PatRegister register) {
        int value = switch (register) {
            case PID -> pid;
            case CONFIG -> pages;
            case CONTROL -> control;
            case DESTINATION_ID -> log.destination();
            case EXCEPTION_LOGGING_CONTROL -> log.control();
            case EXCEPTION_LOGGING_HEADER0 -> log.loggedHeader0();
            case EXCEPTION_LOGGING_DATA0 -> log.loggedData0();
            case EXCEPTION_LOGGING_DATA1 -> log.loggedData1();
            case EXCEPTION_LOGGING_DATA2 -> log.loggedData2();
            case EXCEPTION_LOGGING_DATA3 -> readLastOfLog();
            case EXCEPTION_PEND_SET, EXCEPTION_PEND_CLEAR -> log.isPending() ? 1 : 0;
            case EXCEPTION_ENABLE_SET, EXCEPTION_ENABLE_CLEAR -> log.isEnabled() ? 1 : 0;
            case EXCEPTION_LOGGING_HEADER1, EOI_REG -> 0;
        };
        return value & Log2.mask(Integer.SIZE);
    }

    /** Makes room for the next error; what was logged stays readable. */
    private int readLastOfLog() {
        log.setPending(false);
        log.takePulse();
        return 0;
    }

    @Override
    public void write(long offset, int width, long value) {
        if (width == Integer.BYTES) {
            PatRegister.at(offset).ifPresent(register -> write(register, (int) value & register.writable()));
        }
    }

    private void write(PatRegister register, int value) {
        boolean pulse;
        synchronized (this) {
            store(register, value);
            pulse = log.takePulse();
        }
        if (pulse) {
            interrupt.pulse();
        }
    }

    private void store(PatRegister register, int value) {
        switch (register) {
            case CONTROL -> setControl(value);
            case DESTINATION_ID -> log.setDestination(value);
            case EXCEPTION_LOGGING_CONTROL -> log.setControl(value);
            case EXCEPTION_PEND_SET -> log.setPending(log.isPending() || value != 0);
            case EXCEPTION_PEND_CLEAR -> log.setPending(log.isPending() && value == 0);
            case EXCEPTION_ENABLE_SET -> log.setEnabled(log.isEnabled() || value != 0);
            case EXCEPTION_ENABLE_CLEAR -> log.setEnabled(log.isEnabled() && value == 0);
            case EOI_REG -> log.endOfInterrupt();
            default -> {
                // Read-only.
            }
        }
    }
}
