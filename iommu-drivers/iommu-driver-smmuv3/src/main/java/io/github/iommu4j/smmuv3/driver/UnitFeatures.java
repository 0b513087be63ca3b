package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.layout.IdField;
import java.util.EnumSet;
import java.util.Set;

/** What a unit can, as its identification registers say it (IHI 0070 §6.3.1-6.3.8) and the driver takes it. Immutable. */
final class UnitFeatures {

    private static final int TTF_AARCH64 = 2;
    private static final int BIG_ENDIAN = 3;
    private static final int LITTLE_ENDIAN = 2;
    private static final int MIXED_ENDIAN = 0;
    private static final int STALL_FORCED = 2;
    private static final int STALL_AND_TERMINATE = 0;
    private static final int[] OAS_BITS = {32, 36, 40, 42, 44, 48, 52};
    private static final int LARGEST_KNOWN_OAS = 48;
    private static final int AARCH32_IAS = 40;

    /** A batch of commands and its CMD_SYNC must find room. */
    private static final int BATCH_LG2 = 6;

    private static final int STREAM_TABLE_SPLIT = 8;
    private static final int COMMAND_BYTES_LG2 = 4;
    private static final int EVENT_BYTES_LG2 = 5;
    private static final int PAGE_REQUEST_BYTES_LG2 = 4;

    private final String unit;
    private final SmmuHost host;
    private final UnitRegisters registers;
    private final Set<SmmuFeature> features = EnumSet.noneOf(SmmuFeature.class);
    private final int oas;
    private final int ias;
    private final long pageSizes;
    private final int sidBits;
    private final int ssidBits;

    /**
     * Reads the registers.
     *
     * @throws IommuException {@code ENXIO} for a unit that this driver cannot drive
     */
    UnitFeatures(String unit, UnitRegisters registers, SmmuHost host) {
        this.unit = unit;
        this.host = host;
        this.registers = registers;
        this.sidBits = registers.id(IdField.SIDSIZE);
        this.ssidBits = registers.id(IdField.SSIDSIZE);
        addStructures();
        addSignals();
        addCoherency();
        addStages();
        requireQueues();
        when(IdField.RIL, SmmuFeature.RANGE_INVALIDATION);
        when(IdField.ATTR_TYPES_OVR, SmmuFeature.ATTRIBUTE_TYPES_OVERRIDE);
        if (registers.id(IdField.VAX) == 1) {
            features.add(SmmuFeature.VAX);
        }
        this.oas = readOas();
        this.ias = Math.max((registers.id(IdField.TTF) & 1) != 0 ? AARCH32_IAS : 0, oas);
        this.pageSizes = readPageSizes();
        host.kernel()
                .log()
                .print(
                        KernelLog.Level.INFO,
                        String.format(
                                "arm-smmu-v3 %s: ias %d-bit, oas %d-bit (features 0x%08x)", unit, ias, oas, mask()));
    }

    private void when(IdField field, SmmuFeature feature) {
        if (registers.id(field) == 1) {
            features.add(feature);
        }
    }

    private IommuException refused(String problem) {
        host.kernel().log().print(KernelLog.Level.ERR, "arm-smmu-v3 " + unit + ": " + problem);
        return new IommuException(Errno.ENXIO, unit + ": " + problem);
    }

    private void addStructures() {
        if (sidBits > STREAM_TABLE_SPLIT) {
            when(IdField.ST_LEVEL, SmmuFeature.TWO_LEVEL_STREAM_TABLE);
        }
        when(IdField.CD2L, SmmuFeature.TWO_LEVEL_CONTEXT_TABLE);
        switch (registers.id(IdField.TTENDIAN)) {
            case MIXED_ENDIAN -> {
                features.add(SmmuFeature.TABLES_LITTLE_ENDIAN);
                features.add(SmmuFeature.TABLES_BIG_ENDIAN);
            }
            case LITTLE_ENDIAN -> features.add(SmmuFeature.TABLES_LITTLE_ENDIAN);
            case BIG_ENDIAN -> features.add(SmmuFeature.TABLES_BIG_ENDIAN);
            default -> throw refused("unknown/unsupported TT endianness!");
        }
        if (!has(SmmuFeature.TABLES_LITTLE_ENDIAN)) {
            throw refused("the kernel's tables are little-endian, the unit reads big-endian ones only");
        }
    }

    private void addSignals() {
        when(IdField.PRI, SmmuFeature.PRI);
        when(IdField.ATS, SmmuFeature.ATS);
        when(IdField.SEV, SmmuFeature.SEV);
        when(IdField.MSI, SmmuFeature.MSI);
        when(IdField.HYP, SmmuFeature.HYP);
        if (has(SmmuFeature.HYP) && host.has(SmmuOption.HOST_AT_EL2)) {
            features.add(SmmuFeature.E2H);
        }
        int stalls = registers.id(IdField.STALL_MODEL);
        if (stalls == STALL_FORCED) {
            features.add(SmmuFeature.STALL_FORCE);
        }
        if (stalls == STALL_FORCED || stalls == STALL_AND_TERMINATE) {
            features.add(SmmuFeature.STALLS);
        }
    }

    /** Firmware is believed more than the register. */
    private void addCoherency() {
        boolean coherent = !host.has(SmmuOption.NOT_COHERENT) && registers.id(IdField.COHACC) == 1;
        if (coherent) {
            features.add(SmmuFeature.COHERENCY);
        }
        if (coherent != (registers.id(IdField.COHACC) == 1)) {
            host.kernel()
                    .log()
                    .print(
                            KernelLog.Level.WARNING,
                            "arm-smmu-v3 " + unit + ": IDR0.COHACC overridden by FW configuration (false)");
        }
    }

    private void addStages() {
        when(IdField.S1P, SmmuFeature.STAGE_1);
        when(IdField.S2P, SmmuFeature.STAGE_2);
        if (!has(SmmuFeature.STAGE_1) && !has(SmmuFeature.STAGE_2)) {
            throw refused("no translation support!");
        }
        if ((registers.id(IdField.TTF) & TTF_AARCH64) == 0) {
            throw refused("AArch64 table format not supported!");
        }
    }

    private void requireQueues() {
        if (registers.id(IdField.TABLES_PRESET) == 1
                || registers.id(IdField.QUEUES_PRESET) == 1
                || registers.id(IdField.REL) == 1) {
            throw refused("embedded implementation not supported");
        }
        if (commandQueueLg2() <= BATCH_LG2) {
            throw refused("command queue size <= " + (1 << BATCH_LG2) + " entries not supported");
        }
    }

    private int readOas() {
        int code = registers.id(IdField.OAS);
        if (code < OAS_BITS.length) {
            return OAS_BITS[code];
        }
        host.kernel()
                .log()
                .print(
                        KernelLog.Level.INFO,
                        "arm-smmu-v3 " + unit + ": unknown output address size. Truncating to 48-bit");
        return LARGEST_KNOWN_OAS;
    }

    private long readPageSizes() {
        long sizes = 0;
        if (registers.id(IdField.GRAN64K) == 1) {
            sizes |= 1L << 16 | 1L << 29 | (oas > LARGEST_KNOWN_OAS ? 1L << 42 : 0);
        }
        if (registers.id(IdField.GRAN16K) == 1) {
            sizes |= 1L << 14 | 1L << 25;
        }
        if (registers.id(IdField.GRAN4K) == 1) {
            sizes |= 1L << 12 | 1L << 21 | 1L << 30;
        }
        if (sizes == 0) {
            throw refused("the unit has no translation granule");
        }
        return sizes;
    }

    boolean has(SmmuFeature feature) {
        return features.contains(feature);
    }

    int mask() {
        return features.stream().mapToInt(SmmuFeature::mask).sum();
    }

    /** Width of output addresses. */
    int oas() {
        return oas;
    }

    /** Width of the addresses that go into stage 2. */
    int ias() {
        return ias;
    }

    /** Width of the addresses that go into stage 1. */
    int vaBits() {
        return has(SmmuFeature.VAX) ? 52 : 48;
    }

    PageSizes pageSizes() {
        return new PageSizes(pageSizes);
    }

    int asidBits() {
        return registers.id(IdField.ASID16) == 1 ? 16 : 8;
    }

    int vmidBits() {
        return registers.id(IdField.VMID16) == 1 ? 16 : 8;
    }

    int sidBits() {
        return sidBits;
    }

    int ssidBits() {
        return ssidBits;
    }

    int commandQueueLg2() {
        return queueLg2(IdField.CMDQS, COMMAND_BYTES_LG2);
    }

    int eventQueueLg2() {
        return queueLg2(IdField.EVENTQS, EVENT_BYTES_LG2);
    }

    int pageRequestQueueLg2() {
        return queueLg2(IdField.PRIQS, PAGE_REQUEST_BYTES_LG2);
    }

    private int queueLg2(IdField size, int entryBytesLg2) {
        return Math.min(registers.id(size), host.queueBytesLg2() - entryBytesLg2);
    }
}
