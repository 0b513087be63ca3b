package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.Optional;

/**
 * The register window (IHI 0070 §6.1-6.2): pages 0 and 1, 128 KiB.
 *
 * <p>Aligned 32-bit accesses reach 32-bit registers and both halves of 64-bit registers, aligned 64-bit accesses reach
 * 64-bit registers. Every other access reads zero and writes nothing. EVENTQ and PRIQ indexes answer in page 0 too.
 */
final class RegisterFile implements MmioRegion {

    private static final long SIZE = 0x2_0000;

    private final RegisterState state;
    private final Interrupts interrupts;
    private final CommandQueue commands;
    private final TranslationControl translation;
    /** Guarded by {@link #state}: what the translation path was told last. */
    private ControlState published = ControlState.RESET;

    /**
     * Connects the registers to what they control.
     *
     * @param translation what they control
     */
    RegisterFile(RegisterState state, Interrupts interrupts, CommandQueue commands, TranslationControl translation) {
        this.state = state;
        this.interrupts = interrupts;
        this.commands = commands;
        this.translation = translation;
        reset();
    }

    /** All registers as after a reset. */
    void reset() {
        synchronized (state) {
            state.reset();
            published = state.control();
            translation.publish(published);
        }
    }

    /** SFM_ERR becomes active, and translation stops; the caller delivers the interrupt. */
    void enterServiceFailure() {
        synchronized (state) {
            state.enterServiceFailure();
            interrupts.signal(GlobalError.SFM_ERR);
            publish();
        }
    }

    @Override
    public long size() {
        return SIZE;
    }

    @Override
    public long read(long offset, int width) {
        Optional<SmmuRegister> register = target(offset, width);
        if (register.isEmpty()) {
            return 0;
        }
        long value;
        synchronized (state) {
            value = state.read(register.get());
        }
        return width == 8 ? value : value >>> shift(register.get(), offset) & 0xFFFF_FFFFL;
    }

    @Override
    public void write(long offset, int width, long value) {
        Optional<SmmuRegister> register = target(offset, width);
        if (register.isPresent()) {
            if (width == 8) {
                write(register.get(), value, -1L);
            } else {
                int shift = shift(register.get(), offset);
                write(register.get(), value << shift, Log2.mask(32) << shift);
            }
        }
    }

    private void write(SmmuRegister register, long value, long lanes) {
        boolean quiescing;
        synchronized (state) {
            state.write(register, value, lanes);
            publish();
            quiescing = state.mustQuiesce();
        }
        if (quiescing) {
            quiesce();
        }
        interrupts.deliver();
        switch (register) {
            case CR0, GERRORN, EVENTQ_BASE, EVENTQ_PROD, EVENTQ_CONS -> translation.recordsMayGo();
            default -> {}
        }
        if (register == SmmuRegister.CMDQ_PROD || register == SmmuRegister.CR0 || register == SmmuRegister.GERRORN) {
            commands.doorbell();
        }
    }

    private void quiesce() {
        try {
            translation.quiesce();
        } finally {
            synchronized (state) {
                state.quiesced();
            }
        }
    }

    private void publish() {
        ControlState now = state.control();
        if (!now.equals(published)) {
            published = now;
            translation.publish(now);
        }
    }

    private static Optional<SmmuRegister> target(long offset, int width) {
        if (width != 4 && width != 8 || !Log2.isAligned(offset, width == 4 ? 2 : 3)) {
            return Optional.empty();
        }
        return SmmuRegister.at(offset).filter(register -> width == 4 || register.width() == 8);
    }

    /** Where a 32-bit access reaches into a register: all 64-bit registers stand at multiples of 8. */
    private static int shift(SmmuRegister register, long offset) {
        return register.width() == 8 ? (int) (offset & 4) * 8 : 0;
    }
}
