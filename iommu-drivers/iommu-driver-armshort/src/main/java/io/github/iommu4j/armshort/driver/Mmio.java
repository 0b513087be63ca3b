package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.core.bits.BitField;

/** Reads and writes the 32-bit registers of a window. As thread-safe as the window. */
final class Mmio {

    private final MmioRegion window;

    Mmio(MmioRegion window) {
        this.window = window;
    }

    int read(int offset) {
        return (int) window.read(offset, Integer.BYTES);
    }

    void write(int offset, int value) {
        window.write(offset, Integer.BYTES, value & 0xFFFF_FFFFL);
    }

    int read(M4uRegister register) {
        return read(register.offset());
    }

    void write(M4uRegister register, int value) {
        write(register.offset(), value);
    }

    /** Clears fields of a register. */
    void clear(M4uRegister register, BitField... fields) {
        int value = read(register);
        for (BitField field : fields) {
            value &= (int) ~field.mask();
        }
        write(register, value);
    }

    /** Sets bits of a register. */
    void set(int offset, long bits) {
        write(offset, read(offset) | (int) bits);
    }
}
