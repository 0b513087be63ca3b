package io.github.iommu4j.armshort.halves;

import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.armshort.hardware.ArmV7Mmu;
import io.github.iommu4j.armshort.hardware.M4u;
import io.github.iommu4j.armshort.hardware.M4uCapabilities;
import io.github.iommu4j.armshort.hardware.M4uFeature;
import io.github.iommu4j.armshort.layout.ArmV7Register;
import io.github.iommu4j.armshort.layout.M4uRegister;

/**
 * How a table was asked for, and what came back for the registers.
 *
 * @param quirks the kernel's numbers, added
 * @param ias width of addresses
 * @param ttbr as PT_BASE_ADDR or TTBR0 takes it
 * @param tcr as TTBCR takes it
 * @param prrr as PRRR takes it
 * @param nmrr as NMRR takes it
 */
record Setup(int quirks, int ias, int ttbr, int tcr, int prrr, int nmrr) {

    static final int NS = 1, NO_PERMS = 2, MTK_EXT = 8, MTK_TTBR_EXT = 16;
    private static final int M = 1, TRE = 1 << 28, AFE = 1 << 29;

    boolean has(int quirk) {
        return (quirks & quirk) != 0;
    }

    /** A unit over the table: an M4U for MediaTek's format, else a plain one. */
    TranslationUnit unit(PhysicalMemory memory) {
        return has(MTK_EXT) ? m4u(memory) : mmu(memory);
    }

    private M4u m4u(PhysicalMemory memory) {
        M4uCapabilities part = M4uCapabilities.mt8183().withAddresses(ias, 35);
        M4u m4u = M4u.builder(memory)
                .capabilities(has(MTK_TTBR_EXT) ? part.withFeatures(M4uFeature.TABLES_ABOVE_4G) : part)
                .build();
        m4u.registers().write(M4uRegister.PT_BASE_ADDR.offset(), 4, ttbr);
        m4u.larb(0).registers().write(0x380, 4, 1);
        return m4u;
    }

    /** Tables without permissions have no access flag either: only a manager domain makes sense of them. */
    private ArmV7Mmu mmu(PhysicalMemory memory) {
        ArmV7Mmu mmu = ArmV7Mmu.builder(memory).build();
        set(mmu, ArmV7Register.TTBR0, ttbr);
        set(mmu, ArmV7Register.TTBCR, tcr);
        set(mmu, ArmV7Register.PRRR, prrr);
        set(mmu, ArmV7Register.NMRR, nmrr);
        set(mmu, ArmV7Register.DACR, has(NO_PERMS) ? 3 : 1);
        set(mmu, ArmV7Register.SCTLR, has(NO_PERMS) ? M | TRE : M | TRE | AFE);
        return mmu;
    }

    static void set(TranslationUnit unit, ArmV7Register register, int value) {
        unit.registers().write(register.offset(), 4, value);
    }

    /** Where the level-1 table is. */
    long root() {
        return has(MTK_EXT) ? ttbr & 0xFFFF_C000L | (ttbr & 7L) << 32 : ttbr & 0xFFFF_C000L;
    }

    /** Bytes of the level-1 table. */
    long rootSize() {
        return 4L << ias - 20;
    }
}
