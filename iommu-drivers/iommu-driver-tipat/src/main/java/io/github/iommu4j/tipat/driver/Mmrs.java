package io.github.iommu4j.tipat.driver;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.tipat.layout.PatRegister;

/** Fields of the memory mapped registers, read and written one at a time (Linux {@code regmap_field}). */
final class Mmrs {

    private final MmioRegion region;

    Mmrs(MmioRegion region) {
        this.region = region;
    }

    long read(PatRegister register) {
        return region.read(register.offset(), Integer.BYTES);
    }

    int read(PatRegister register, BitField field) {
        return field.getInt(read(register));
    }

    /** Leaves the other fields as they are, and a register alone that has the value already. */
    void write(PatRegister register, BitField field, int value) {
        long before = read(register);
        long after = field.with(before, value);
        if (after != before) {
            region.write(register.offset(), Integer.BYTES, after);
        }
    }
}
