package io.github.iommu4j.armshort.checks;

import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.armshort.hardware.ArmV7Mmu;
import io.github.iommu4j.armshort.hardware.M4u;
import io.github.iommu4j.armshort.layout.ArmV7Register;
import io.github.iommu4j.armshort.layout.M4uRegister;

/** Units programmed as a driver would, and tables written word by word. */
final class Units {

    static final long ROOT = 0x8000_0000L;
    /** Larb 0, port 5. */
    static final int MASTER = 5;

    private Units() {}

    static void set(TranslationUnit unit, M4uRegister register, int value) {
        unit.registers().write(register.offset(), 4, value);
    }

    static int get(TranslationUnit unit, M4uRegister register) {
        return (int) unit.registers().read(register.offset(), 4);
    }

    static void set(TranslationUnit unit, ArmV7Register register, int value) {
        unit.registers().write(register.offset(), 4, value);
    }

    /** What Linux 6.1 writes at the first attach, and the bit of {@link #MASTER}'s port. */
    static void start(M4u m4u) {
        set(m4u, M4uRegister.CTRL_REG, 0x50);
        set(m4u, M4uRegister.INT_CONTROL0, 0x6F);
        set(m4u, M4uRegister.INT_MAIN_CONTROL, 0x3FFF);
        set(m4u, M4uRegister.IVRP_PADDR, 0x2000_0800);
        set(m4u, M4uRegister.PT_BASE_ADDR, (int) ROOT);
        m4u.larb(0).registers().write(0xF00, 4, 1 << MASTER);
    }

    /** As an SMMU's context bank is set up for the kernel's page-table code. */
    static void start(ArmV7Mmu mmu) {
        set(mmu, ArmV7Register.TTBR0, (int) ROOT | 0x6A);
        set(mmu, ArmV7Register.PRRR, 0x800B_8204);
        set(mmu, ArmV7Register.NMRR, 0x4000_4000);
        set(mmu, ArmV7Register.DACR, 0x5555_5555);
        set(mmu, ArmV7Register.SCTLR, 1 | 1 << 28 | 1 << 29);
    }

    static void invalidateAll(M4u m4u) {
        set(m4u, M4uRegister.INV_SEL_GEN1, 3);
        set(m4u, M4uRegister.INVALIDATE, 2);
    }

    /** A range invalidation, polled and acknowledged. */
    static void invalidate(M4u m4u, long first, long last) {
        set(m4u, M4uRegister.INV_SEL_GEN1, 3);
        set(m4u, M4uRegister.INVLD_START_A, (int) first);
        set(m4u, M4uRegister.INVLD_END_A, (int) last);
        set(m4u, M4uRegister.INVALIDATE, 1);
        if (get(m4u, M4uRegister.CPE_DONE) == 0) {
            throw new AssertionError("the range is not done");
        }
        set(m4u, M4uRegister.CPE_DONE, 0);
    }

    static void level1(PhysicalMemory memory, long iova, int raw) {
        memory.store32(ROOT + (iova >>> 20 << 2), raw);
    }

    static void level2(PhysicalMemory memory, long table, long iova, int raw) {
        memory.store32(table + (iova >>> 12 & 255) * 4, raw);
    }
}
