package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.armshort.layout.ArmV7Fields.Contextidr;
import io.github.iommu4j.armshort.layout.ArmV7Fields.Fsr;
import io.github.iommu4j.armshort.layout.ArmV7Fields.IdMmfr0;
import io.github.iommu4j.armshort.layout.ArmV7Fields.IdMmfr3;
import io.github.iommu4j.armshort.layout.ArmV7Fields.Sctlr;
import io.github.iommu4j.armshort.layout.ArmV7Fields.Ttbcr;
import io.github.iommu4j.armshort.layout.ArmV7Register;
import io.github.iommu4j.armshort.layout.FaultStatus;
import io.github.iommu4j.armshort.layout.RegisterAccess;

/**
 * The values of the VMSAv7 registers, and what they mean for translation. Not thread-safe: guarded by the {@link
 * Translator}'s monitor.
 */
final class ArmV7RegisterFile {

    private static final int SCTLR_BITS = (int) (Sctlr.M.mask()
            | Sctlr.WXN.mask()
            | Sctlr.UWXN.mask()
            | Sctlr.EE.mask()
            | Sctlr.TRE.mask()
            | Sctlr.AFE.mask());
    private static final int TTBCR_BITS = (int) (Ttbcr.N.mask() | Ttbcr.PD0.mask() | Ttbcr.PD1.mask());
    private static final int DFSR_BITS = (int) (Fsr.FS_LOW.mask()
            | Fsr.DOMAIN.mask()
            | Fsr.FS_HIGH.mask()
            | Fsr.WNR.mask()
            | Fsr.EXT.mask()
            | Fsr.CM.mask());
    private static final int IFSR_BITS = (int) (Fsr.FS_LOW.mask() | Fsr.FS_HIGH.mask() | Fsr.EXT.mask());
    private static final int BASE_LG2 = 14;

    private final ArmV7Capabilities capabilities;
    private final DescriptorFormat format;
    private final int[] values = new int[ArmV7Register.values().length];

    ArmV7RegisterFile(ArmV7Capabilities capabilities) {
        this.capabilities = capabilities;
        this.format = capabilities.format();
        values[ArmV7Register.ID_MMFR0.ordinal()] = (int) IdMmfr0.VMSA.of(capabilities.has(ArmV7Feature.PXN) ? 4 : 3);
        values[ArmV7Register.ID_MMFR3.ordinal()] =
                (int) (IdMmfr3.SUPERSECTIONS.of(capabilities.has(ArmV7Feature.SUPERSECTIONS) ? 0 : 15)
                        | IdMmfr3.CACHED_MEMORY_SIZE.of(capabilities.outputBits() - 32 >>> 2));
    }

    /** Registers as after a reset: all that can be written is zero. */
    void reset() {
        for (ArmV7Register register : ArmV7Register.values()) {
            if (register.access() != RegisterAccess.RO) {
                values[register.ordinal()] = 0;
            }
        }
    }

    int read(ArmV7Register register) {
        return values[register.ordinal()];
    }

    /** Stores what a register can hold of a value. */
    void write(ArmV7Register register, int value) {
        int writable = switch (register) {
            case SCTLR -> SCTLR_BITS;
            case TTBCR -> TTBCR_BITS;
            case DFSR -> DFSR_BITS;
            case IFSR -> IFSR_BITS;
            default -> register.access() == RegisterAccess.RW ? -1 : 0;
        };
        if (writable != 0) {
            values[register.ordinal()] = value & writable;
        }
    }

    WalkControl control() {
        int sctlr = read(ArmV7Register.SCTLR);
        boolean accessFlag = Sctlr.AFE.isSet(sctlr);
        return new WalkControl(
                format,
                bases(),
                Contextidr.ASID.getInt(read(ArmV7Register.CONTEXTIDR)),
                Sctlr.M.isSet(sctlr),
                accessFlag,
                Sctlr.EE.isSet(sctlr),
                Permissions.of(accessFlag, Sctlr.WXN.isSet(sctlr), Sctlr.UWXN.isSet(sctlr)),
                Sctlr.TRE.isSet(sctlr)
                        ? MemoryTypes.remapped(read(ArmV7Register.PRRR), read(ArmV7Register.NMRR))
                        : MemoryTypes.withoutRemap(),
                read(ArmV7Register.DACR),
                WalkControl.OutputRange.EVERYTHING);
    }

    /** Low bits of the base registers are attributes of walks, which nothing here depends on. */
    private TableBases bases() {
        int ttbcr = read(ArmV7Register.TTBCR);
        int n = Ttbcr.N.getInt(ttbcr);
        return new TableBases(
                read(ArmV7Register.TTBR0) & 0xFFFF_FFFFL & -1L << BASE_LG2 - n,
                read(ArmV7Register.TTBR1) & 0xFFFF_FFFFL & -1L << BASE_LG2,
                n,
                Ttbcr.PD0.isSet(ttbcr),
                Ttbcr.PD1.isSet(ttbcr));
    }

    /** Notes a fault where the architecture does (B3.13): the last one counts. */
    void record(long fault, long address, int access) {
        boolean fetch = Permissions.isInstruction(access);
        values[(fetch ? ArmV7Register.IFSR : ArmV7Register.DFSR).ordinal()] = faultStatus(fault, access);
        values[(fetch ? ArmV7Register.IFAR : ArmV7Register.DFAR).ordinal()] = (int) address;
    }

    /** The value of DFSR, or of IFSR for an instruction fetch, that belongs to a fault. */
    static int faultStatus(long fault, int access) {
        int status = FaultWord.status(fault);
        long value = Fsr.FS_LOW.of(status & 15) | Fsr.FS_HIGH.of(status >>> 4);
        if (Permissions.isInstruction(access)) {
            return (int) value;
        }
        boolean hasDomain = FaultStatus.of(status).map(FaultStatus::hasDomain).orElse(false);
        value |= Fsr.DOMAIN.of(hasDomain ? FaultWord.domain(fault) : 0);
        return (int) (value | Fsr.WNR.of((access & Access.WRITE_BIT) != 0 ? 1 : 0));
    }

    ArmV7Capabilities capabilities() {
        return capabilities;
    }
}
