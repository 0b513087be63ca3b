package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Gbpa;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.function.BooleanSupplier;

/**
 * The handshakes that a unit's registers ask for (IHI 0070 §6.3). Thread-safe, as the region is.
 *
 * @param unit the unit's name
 * @param plain the registers
 * @param locking how to wait
 */
record UnitRegisters(String unit, SmmuRegisters plain, Locking locking) {

    /** Linux waits a second; reads are counted here, since time may stand still. */
    private static final int MOST_READS = 1_000_000;

    long read(SmmuRegister register) {
        return plain.read(register);
    }

    int id(IdField field) {
        return field.get((int) plain.read(field.register()));
    }

    void write(SmmuRegister register, long value) {
        plain.write(register, value);
    }

    /**
     * Writes an enable, and waits until it has taken effect (§6.3.9, §6.3.16).
     *
     * @throws IommuException {@code ETIMEDOUT} when that is never acknowledged
     */
    void writeAcknowledged(SmmuRegister register, SmmuRegister acknowledge, long value) {
        write(register, value);
        await(() -> read(acknowledge) == value, acknowledge);
    }

    /**
     * Changes what becomes of traffic while the unit is off (§6.3.14).
     *
     * @throws IommuException {@code ETIMEDOUT} when an update does not end
     */
    void updateGbpa(long set, long clear) {
        awaitGbpa();
        long value = read(SmmuRegister.GBPA) & ~clear | set;
        write(SmmuRegister.GBPA, value | Gbpa.UPDATE.mask());
        awaitGbpa();
    }

    private void awaitGbpa() {
        await(() -> !Gbpa.UPDATE.isSet(read(SmmuRegister.GBPA)), SmmuRegister.GBPA);
    }

    private void await(BooleanSupplier condition, SmmuRegister register) {
        for (int reads = 0; !condition.getAsBoolean(); reads++) {
            if (reads == MOST_READS) {
                throw new IommuException(
                        Errno.ETIMEDOUT,
                        String.format(
                                "%s does not answer: %s stays 0x%x after %d reads",
                                unit, register, read(register), reads));
            }
            locking.relax();
        }
    }
}
