package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.vtd.layout.RegisterFields.Global;
import io.github.iommu4j.vtd.layout.RegisterFields.Pmen;
import io.github.iommu4j.vtd.layout.RegisterFields.Rtaddr;
import io.github.iommu4j.vtd.layout.TableMode;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.Set;
import java.util.function.Consumer;

/**
 * GCMD_REG and GSTS_REG (Intel VT-d §11.4.4), and the protected memory registers: everything that changes what translations
 * and interrupts go by. Every command has taken effect when its write returns.
 *
 * <p>One command at a time: commands queue up at this object's monitor, which is taken before the register lock. Caches and
 * the translation side are called with it held, and without the register lock.
 */
final class GlobalCommands {

    private final RegisterState state;
    private final VtdCapabilities capabilities;
    private final Set<VtdDeviation> deviations;
    private final Controlled controlled;
    private ControlState published = ControlState.RESET;

    /** What global commands act upon. */
    record Controlled(
            Consumer<ControlState> translation,
            CacheControl caches,
            InterruptRemapping interrupts,
            InvalidationQueue queue,
            FaultRecording faults) {}

    GlobalCommands(
            RegisterState state, VtdCapabilities capabilities, Set<VtdDeviation> deviations, Controlled controlled) {
        this.state = state;
        this.capabilities = capabilities;
        this.deviations = deviations;
        this.controlled = controlled;
    }

    /** A write to GCMD_REG. Bits of what the unit cannot do are ignored. */
    synchronized void execute(long value) {
        if (Global.SRTP.isSet(value)) {
            setRootTable();
        }
        if (capabilities.remapsInterrupts()) {
            executeInterrupts(value);
        }
        if (capabilities.queuesInvalidations()) {
            controlled.queue().enable(Global.QIE.isSet(value));
        }
        if (changes(Global.TE, value)) {
            translate(Global.TE.isSet(value));
        }
        // WBF: the model buffers no write, so that WBFS would be clear again before anybody could read it.
    }

    private boolean changes(BitField enable, long value) {
        synchronized (state) {
            return enable.isSet(value) != state.isSet(VtdRegister.GSTS, enable);
        }
    }

    private void setRootTable() {
        synchronized (state) {
            state.clearBits(VtdRegister.GSTS, Global.SRTP);
            state.latchRootTable();
        }
        publish();
        if (capabilities.setRootTableInvalidates()) {
            controlled.caches().everything();
        }
        status(Global.SRTP, 1);
    }

    private void translate(boolean on) {
        synchronized (state) {
            state.set(VtdRegister.GSTS, Global.TE.with(state.get(VtdRegister.GSTS), on ? 1 : 0));
            if (!on && deviations.contains(VtdDeviation.FAULT_INDEX_RESET_WITH_TRANSLATION)) {
                controlled.faults().restart();
            }
        }
        publish();
        if (!on && capabilities.hasScalableMode()) {
            controlled.caches().everything();
        }
    }

    private void executeInterrupts(long value) {
        if (Global.SIRTP.isSet(value)) {
            synchronized (state) {
                state.clearBits(VtdRegister.GSTS, Global.SIRTP);
                state.latchInterruptTable();
            }
            publishInterrupts();
            if (capabilities.setInterruptTableInvalidates()) {
                controlled.interrupts().entries().invalidateAll();
            }
            status(Global.SIRTP, 1);
        }
        if (changes(Global.IRE, value) || changes(Global.CFI, value)) {
            status(Global.IRE, Global.IRE.get(value));
            status(Global.CFI, Global.CFI.get(value));
            publishInterrupts();
        }
    }

    private void status(BitField bit, long value) {
        synchronized (state) {
            state.set(VtdRegister.GSTS, bit.with(state.get(VtdRegister.GSTS), value));
        }
    }

    /** A write to PMEN_REG or to a register of a region. */
    synchronized void protect(VtdRegister register, long value, long lanes) {
        synchronized (state) {
            state.write(register, value, lanes);
        }
        publish();
        synchronized (state) {
            long enable = state.get(VtdRegister.PMEN);
            state.set(VtdRegister.PMEN, Pmen.PRS.with(enable, Pmen.EPM.get(enable)));
        }
    }

    /** Nothing is translated nor remapped, and nothing is cached. */
    synchronized void reset() {
        synchronized (state) {
            state.reset();
            controlled.queue().reset();
        }
        publish();
        publishInterrupts();
        controlled.caches().everything();
        controlled.interrupts().entries().invalidateAll();
    }

    private void publish() {
        ControlState now;
        synchronized (state) {
            long root = state.rootTable();
            now = new ControlState(
                    state.isSet(VtdRegister.GSTS, Global.TE),
                    state.isRootTableSet() ? TableMode.of(root) : TableMode.RESERVED,
                    Rtaddr.RTA.inPlace(root),
                    protectedMemory());
        }
        if (!now.equals(published)) {
            published = now;
            controlled.translation().accept(now);
        }
    }

    private ProtectedMemory protectedMemory() {
        if (!state.isSet(VtdRegister.PMEN, Pmen.EPM)) {
            return ProtectedMemory.NONE;
        }
        return new ProtectedMemory(
                region(VtdRegister.PLMBASE, VtdRegister.PLMLIMIT), region(VtdRegister.PHMBASE, VtdRegister.PHMLIMIT));
    }

    private ProtectedMemory.Region region(VtdRegister base, VtdRegister limit) {
        return base.isPresent(capabilities.cap(), capabilities.ecap())
                ? ProtectedMemory.Region.of(state.get(base), state.get(limit))
                : ProtectedMemory.Region.NONE;
    }

    private void publishInterrupts() {
        InterruptControl now;
        synchronized (state) {
            now = new InterruptControl(
                    state.isSet(VtdRegister.GSTS, Global.IRE),
                    state.isSet(VtdRegister.GSTS, Global.CFI),
                    state.interruptTable());
        }
        controlled.interrupts().control(now);
    }
}
