package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.api.memory.InterruptLine;
import io.github.iommu4j.armshort.layout.InvalidationAddress;
import io.github.iommu4j.armshort.layout.M4uFields.IntControl0;
import io.github.iommu4j.armshort.layout.M4uFields.Invalidate;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.armshort.layout.RegisterAccess;
import org.jspecify.annotations.Nullable;

/**
 * The M4U's register window, and what its registers start. Accesses hold the {@link Translator}'s monitor; the interrupt
 * line pulses when it is free again.
 */
final class M4uWindow extends WordWindow {

    private final M4uRegisterFile file;
    private final M4uFaults faults;
    private final Translator translator;
    private final InterruptLine interrupt;
    private final boolean pollFinishes;
    private final int inputBits;
    private final RangeInvalidations ranges = new RangeInvalidations();
    /** Whether the line is up: an enabled fault was pending when it was looked at last. */
    private boolean raised;

    M4uWindow(M4uRegisterFile file, M4uFaults faults, Translator translator, M4u.Builder builder) {
        super(M4uRegister.WINDOW);
        this.file = file;
        this.faults = faults;
        this.translator = translator;
        this.interrupt = builder.interrupt;
        this.pollFinishes = builder.completion == RangeCompletion.ON_POLL;
        this.inputBits = file.format().inputBits();
    }

    void reset() {
        synchronized (translator) {
            file.reset();
            ranges.reset();
            raised = false;
            translator.control(file.control());
            translator.invalidate(TlbMatch.ALL);
        }
    }

    /** Whether the line goes up now. */
    boolean raises() {
        synchronized (translator) {
            boolean before = raised;
            raised = file.interrupts();
            return raised && !before;
        }
    }

    @Override
    int load(int offset) {
        M4uRegister register = M4uRegister.at(offset).orElse(null);
        if (register == null || register.access() == RegisterAccess.WO) {
            return 0;
        }
        synchronized (translator) {
            if (register != M4uRegister.CPE_DONE) {
                return file.get(register);
            }
            if (pollFinishes && ranges.done() == 0) {
                carryOut(ranges.finish());
            }
            return ranges.done();
        }
    }

    @Override
    void store(int offset, int value) {
        M4uRegister register = M4uRegister.at(offset).orElse(null);
        if (register == null || register.access() == RegisterAccess.RO) {
            return;
        }
        synchronized (translator) {
            write(register, value);
        }
        if (raises()) {
            interrupt.pulse();
        }
    }

    private void write(M4uRegister register, int value) {
        switch (register) {
            case INVALIDATE -> invalidate(value);
            case CPE_DONE -> ranges.done(value);
            case INT_CONTROL0 -> {
                file.write(register, value);
                if (IntControl0.CLEAR.isSet(value)) {
                    faults.clear();
                }
            }
            case PT_BASE_ADDR, VLD_PA_RNG -> {
                file.write(register, value);
                translator.control(file.control());
            }
            default -> file.write(register, value);
        }
    }

    private void invalidate(int value) {
        boolean reaches = file.selectsAllCaches();
        if (Invalidate.ALL.isSet(value) && reaches) {
            translator.invalidate(TlbMatch.ALL);
            ranges.overtaken();
        }
        if (Invalidate.RANGE.isSet(value)) {
            long first = InvalidationAddress.page(file.get(M4uRegister.INVLD_START_A), inputBits);
            long last = InvalidationAddress.page(file.get(M4uRegister.INVLD_END_A), inputBits) | 0xFFF;
            carryOut(ranges.start(new RangeInvalidations.Range(reaches ? TlbMatch.range(first, last) : null)));
        }
    }

    /** Finishes the oldest range invalidation. */
    boolean finishRange() {
        synchronized (translator) {
            RangeInvalidations.Range range = ranges.finish();
            carryOut(range);
            return range != null;
        }
    }

    private void carryOut(RangeInvalidations.@Nullable Range range) {
        TlbMatch match = range == null ? null : range.match();
        if (match != null) {
            translator.invalidate(match);
        }
    }
}
