package io.github.iommu4j.armshort.layout;

import java.util.Optional;

/**
 * The system control registers of VMSAv7 that steer translation (Arm DDI 0406C B4.1), 32 bits each, laid out one after
 * the other in a window: the processor reaches them through coprocessor 15, a unit beside it through memory.
 */
public enum ArmV7Register {
    /** Enables: {@link ArmV7Fields.Sctlr}. */
    SCTLR(0x00, RegisterAccess.RW),
    /** The table of low addresses: {@link ArmV7Fields.Ttbr}. */
    TTBR0(0x04, RegisterAccess.RW),
    /** The table of high addresses: {@link ArmV7Fields.Ttbr}. */
    TTBR1(0x08, RegisterAccess.RW),
    /** Which table serves which addresses: {@link ArmV7Fields.Ttbcr}. */
    TTBCR(0x0C, RegisterAccess.RW),
    /** What each of the sixteen domains gives: two bits each, {@link DomainAccess}. */
    DACR(0x10, RegisterAccess.RW),
    /** Memory types of TEX remap: {@link ArmV7Fields.Prrr}. */
    PRRR(0x14, RegisterAccess.RW),
    /** Cacheability of TEX remap: two bits for each of eight inner and eight outer attributes. */
    NMRR(0x18, RegisterAccess.RW),
    /** The current address space: {@link ArmV7Fields.Contextidr}. */
    CONTEXTIDR(0x1C, RegisterAccess.RW),
    /** Why the last data access was aborted: {@link ArmV7Fields.Fsr}. */
    DFSR(0x20, RegisterAccess.RW),
    /** The address of the last data access that was aborted. */
    DFAR(0x24, RegisterAccess.RW),
    /** Why the last instruction fetch was aborted: {@link ArmV7Fields.Fsr}, without domain and WnR. */
    IFSR(0x28, RegisterAccess.RW),
    /** The address of the last instruction fetch that was aborted. */
    IFAR(0x2C, RegisterAccess.RW),
    /** Invalidates every TLB entry; the value does not matter. */
    TLBIALL(0x30, RegisterAccess.WO),
    /** Invalidates the entries of an address in one address space, and global ones: {@link ArmV7Fields.Tlbi}. */
    TLBIMVA(0x34, RegisterAccess.WO),
    /** Invalidates the entries of an address space that are not global: {@link ArmV7Fields.Tlbi}. */
    TLBIASID(0x38, RegisterAccess.WO),
    /** Invalidates the entries of an address in all address spaces: {@link ArmV7Fields.Tlbi}. */
    TLBIMVAA(0x3C, RegisterAccess.WO),
    /** Features: {@link ArmV7Fields.IdMmfr0}. */
    ID_MMFR0(0x40, RegisterAccess.RO),
    /** Features: {@link ArmV7Fields.IdMmfr3}. */
    ID_MMFR3(0x44, RegisterAccess.RO);

    /** Bytes of the window. */
    public static final long WINDOW = 0x1000;

    private static final ArmV7Register[] VALUES = values();

    private final int offset;
    private final RegisterAccess access;

    ArmV7Register(int offset, RegisterAccess access) {
        this.offset = offset;
        this.access = access;
    }

    /**
     * Where the register stands.
     *
     * @return bytes from the start of the window, a multiple of 4
     */
    public int offset() {
        return offset;
    }

    /**
     * What software may do with it.
     *
     * @return the access type
     */
    public RegisterAccess access() {
        return access;
    }

    /**
     * The register at an offset.
     *
     * @param offset bytes from the start of the window
     * @return the register; empty when the offset is not a multiple of 4 or nothing stands there
     */
    public static Optional<ArmV7Register> at(long offset) {
        boolean inside = offset >= 0 && offset < 4L * VALUES.length && (offset & 3) == 0;
        return inside ? Optional.of(VALUES[(int) offset / 4]) : Optional.empty();
    }
}
