package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.vtd.layout.RegisterFields.Irta;
import io.github.iommu4j.vtd.layout.TableMode;
import io.github.iommu4j.vtd.layout.VtdRegister;

/**
 * What every register holds but fault records, and what the one-shot commands latched of them.
 *
 * <p>The monitor of this object is <em>the</em> register lock: every method must be called with it held, and nothing outside
 * the unit (memory, messages, devices) nor a cache is called while it is.
 */
final class RegisterState {

    private final VtdCapabilities capabilities;
    private final long[] values = new long[VtdRegister.values().length];
    private long generation;
    private boolean rootTableSet;
    private long rootTable;
    private long interruptTable;

    RegisterState(VtdCapabilities capabilities) {
        this.capabilities = capabilities;
        synchronized (this) {
            reset();
        }
    }

    /** A warm reset: sticky registers keep what they hold. */
    void reset() {
        assertHeld();
        generation++;
        for (VtdRegister register : VtdRegister.values()) {
            if (!register.isSticky()) {
                values[register.ordinal()] = resetValue(register);
            }
        }
        rootTableSet = false;
        rootTable = 0;
        interruptTable = 0;
    }

    private long resetValue(VtdRegister register) {
        return switch (register) {
            case VER -> Integer.toUnsignedLong(capabilities.version());
            case CAP -> capabilities.cap();
            case ECAP -> capabilities.ecap();
            default -> register.reset();
        };
    }

    /** Work that began before a reset, or before the queue was switched off, must not end after it. */
    long generation() {
        assertHeld();
        return generation;
    }

    void nextGeneration() {
        assertHeld();
        generation++;
    }

    /** What a read returns. */
    long read(VtdRegister register) {
        return register.isWriteOnly() ? 0 : get(register);
    }

    /** The register as stored. */
    long get(VtdRegister register) {
        assertHeld();
        return values[register.ordinal()];
    }

    boolean isSet(VtdRegister register, BitField bit) {
        return bit.isSet(get(register));
    }

    /** The hardware's own writes. */
    void set(VtdRegister register, long value) {
        assertHeld();
        values[register.ordinal()] = value;
    }

    void setBits(VtdRegister register, BitField bits) {
        set(register, get(register) | bits.mask());
    }

    void clearBits(VtdRegister register, BitField bits) {
        set(register, get(register) & ~bits.mask());
    }

    /**
     * What a write does to the register itself.
     *
     * @param value what is written, in place
     * @param lanes the bits that are written
     */
    void write(VtdRegister register, long value, long lanes) {
        long taken = lanes & writable(register);
        long cleared = value & lanes & register.clearable();
        set(register, get(register) & ~taken & ~cleared | value & taken);
    }

    /** Bits that take what is written in this unit. */
    private long writable(VtdRegister register) {
        return switch (register) {
            case IRTA ->
                capabilities.hasExtendedInterruptMode() ? register.writable() : register.writable() & ~Irta.EIME.mask();
            case PHMBASE, PHMLIMIT -> register.writable() & Log2.mask(capabilities.hostAddressWidth());
            default -> register.writable();
        };
    }

    /** GCMD_REG.SRTP: what translations go by until the next one. */
    void latchRootTable() {
        rootTableSet = true;
        rootTable = get(VtdRegister.RTADDR);
    }

    /** Whether a root table was set since the reset. */
    boolean isRootTableSet() {
        assertHeld();
        return rootTableSet;
    }

    /** RTADDR_REG as latched. */
    long rootTable() {
        assertHeld();
        return rootTable;
    }

    /** The table mode as latched, whether or not the unit supports it. */
    TableMode tableMode() {
        return TableMode.of(rootTable());
    }

    /** GCMD_REG.SIRTP: what interrupts go by until the next one. */
    void latchInterruptTable() {
        interruptTable = get(VtdRegister.IRTA);
    }

    /** IRTA_REG as latched. */
    long interruptTable() {
        assertHeld();
        return interruptTable;
    }

    private void assertHeld() {
        assert Thread.holdsLock(this) : "the register lock must be held";
    }
}
