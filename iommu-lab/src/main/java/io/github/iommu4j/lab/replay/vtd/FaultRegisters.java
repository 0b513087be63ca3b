package io.github.iommu4j.lab.replay.vtd;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.layout.FaultRecord;
import io.github.iommu4j.vtd.layout.RegisterFields;
import org.jspecify.annotations.Nullable;

/** Takes records out of fault-recording registers, as an operating system does. */
final class FaultRegisters {

    private static final long FSTS = 0x34;
    private static final long LAST_DWORD = 12;
    private static final long FAULT = 1L << 31;

    private final MmioRegion registers;
    private final long records;
    private final int count;

    FaultRegisters(MmioRegion registers, VtdCapabilities capabilities) {
        this.registers = registers;
        this.records = capabilities.faultRecordOffset();
        this.count = capabilities.faultRecords();
    }

    /** The oldest record, or {@code null}; all others are thrown away. */
    @Nullable
    FaultRecord take() {
        FaultRecord first = null;
        while (RegisterFields.Fsts.PPF.isSet(status())) {
            long at = records + FaultRecord.BYTES * (long) (RegisterFields.Fsts.FRI.getInt(status()) % count);
            FaultRecord record = new FaultRecord(registers.read(at, Long.BYTES), registers.read(at + 8, Long.BYTES));
            registers.write(at + LAST_DWORD, Integer.BYTES, FAULT);
            first = first == null ? record : first;
        }
        registers.write(FSTS, Integer.BYTES, RegisterFields.Fsts.PFO.mask());
        return first;
    }

    private long status() {
        return registers.read(FSTS, Integer.BYTES);
    }
}
