package io.github.iommu4j.vtd.layout;

import io.github.iommu4j.core.bits.BitField;

/**
 * The registers of a remapping unit (Intel VT-d chapter 11, "Register Descriptions"): where each stands, which bits software
 * can change, and which capability makes it exist. 64-bit registers may be accessed as two dwords.
 *
 * <p>{@link #IVA} and {@link #IOTLB} stand where ECAP_REG.IRO says, fault records where CAP_REG.FRO says. Immutable.
 */
public enum VtdRegister {
    /** Version: major in bits 7:4, minor in 3:0. */
    VER(Base.FIXED, 0x0, 4, Presence.ALWAYS, new Bits(0, 0, 0)),
    /** Capabilities. */
    CAP(Base.FIXED, 0x8, 8, Presence.ALWAYS, new Bits(0, 0, 0)),
    /** Extended capabilities. */
    ECAP(Base.FIXED, 0x10, 8, Presence.ALWAYS, new Bits(0, 0, 0)),
    /** Global commands; write only. */
    GCMD(Base.FIXED, 0x18, 4, Presence.ALWAYS, new Bits(0xFF80_0000L, 0, 0)),
    /** What global commands have done. */
    GSTS(Base.FIXED, 0x1C, 4, Presence.ALWAYS, new Bits(0, 0, 0)),
    /** Root table and translation table mode; takes effect with GCMD.SRTP. */
    RTADDR(Base.FIXED, 0x20, 8, Presence.ALWAYS, new Bits(0xFFFF_FFFF_FFFF_FC00L, 0, 0)),
    /** Context command. */
    CCMD(Base.FIXED, 0x28, 8, Presence.ALWAYS, new Bits(0xE000_0003_FFFF_FFFFL, 0, 0x0800_0000_0000_0000L)),
    /** Fault status. */
    FSTS(Base.FIXED, 0x34, 4, Presence.ALWAYS, new Bits(0, 0x7DL, 0)),
    /** Fault event: mask and pending. */
    FECTL(Base.FIXED, 0x38, 4, Presence.ALWAYS, new Bits(0x8000_0000L, 0, 0x8000_0000L)),
    /** Fault event: data of the message. */
    FEDATA(Base.FIXED, 0x3C, 4, Presence.ALWAYS, new Bits(0xFFFFL, 0, 0)),
    /** Fault event: address of the message. */
    FEADDR(Base.FIXED, 0x40, 4, Presence.ALWAYS, new Bits(0xFFFF_FFFCL, 0, 0)),
    /** Fault event: upper half of the address, used with ECAP.EIM. */
    FEUADDR(Base.FIXED, 0x44, 4, Presence.ALWAYS, new Bits(0xFFFF_FFFFL, 0, 0)),
    /** Advanced fault log. */
    AFLOG(Base.FIXED, 0x58, 8, Presence.ADVANCED_FAULT_LOG, new Bits(0xFFFF_FFFF_FFFF_FE00L, 0, 0)),
    /** Protected memory enable. */
    PMEN(Base.FIXED, 0x64, 4, Presence.PROTECTED_MEMORY, new Bits(0x8000_0000L, 0, 0)),
    /** Base of the protected low region. */
    PLMBASE(Base.FIXED, 0x68, 4, Presence.PROTECTED_LOW_MEMORY, new Bits(0xFFF0_0000L, 0, 0)),
    /** Limit of the protected low region, inclusive. */
    PLMLIMIT(Base.FIXED, 0x6C, 4, Presence.PROTECTED_LOW_MEMORY, new Bits(0xFFF0_0000L, 0, 0)),
    /** Base of the protected high region. */
    PHMBASE(Base.FIXED, 0x70, 8, Presence.PROTECTED_HIGH_MEMORY, new Bits(0xFFFF_FFFF_FFF0_0000L, 0, 0)),
    /** Limit of the protected high region, inclusive. */
    PHMLIMIT(Base.FIXED, 0x78, 8, Presence.PROTECTED_HIGH_MEMORY, new Bits(0xFFFF_FFFF_FFF0_0000L, 0, 0)),
    /** Invalidation queue: the next descriptor to fetch, in bytes. */
    IQH(Base.FIXED, 0x80, 8, Presence.INVALIDATION_QUEUE, new Bits(0, 0, 0)),
    /** Invalidation queue: where software writes next, in bytes. */
    IQT(Base.FIXED, 0x88, 8, Presence.INVALIDATION_QUEUE, new Bits(0x0007_FFF0L, 0, 0)),
    /** Invalidation queue: address, descriptor width and size. */
    IQA(Base.FIXED, 0x90, 8, Presence.INVALIDATION_QUEUE, new Bits(0xFFFF_FFFF_FFFF_F807L, 0, 0)),
    /** Invalidation completion status. */
    ICS(Base.FIXED, 0x9C, 4, Presence.INVALIDATION_QUEUE, new Bits(0, 0x1L, 0)),
    /** Invalidation event: mask and pending. */
    IECTL(Base.FIXED, 0xA0, 4, Presence.INVALIDATION_QUEUE, new Bits(0x8000_0000L, 0, 0x8000_0000L)),
    /** Invalidation event: data of the message. */
    IEDATA(Base.FIXED, 0xA4, 4, Presence.INVALIDATION_QUEUE, new Bits(0xFFFFL, 0, 0)),
    /** Invalidation event: address of the message. */
    IEADDR(Base.FIXED, 0xA8, 4, Presence.INVALIDATION_QUEUE, new Bits(0xFFFF_FFFCL, 0, 0)),
    /** Invalidation event: upper half of the address, used with ECAP.EIM. */
    IEUADDR(Base.FIXED, 0xAC, 4, Presence.INVALIDATION_QUEUE, new Bits(0xFFFF_FFFFL, 0, 0)),
    /** Invalidation queue error record. */
    IQERCD(Base.FIXED, 0xB0, 8, Presence.INVALIDATION_QUEUE, new Bits(0, 0, 0)),
    /** Interrupt remapping table; takes effect with GCMD.SIRTP. */
    IRTA(Base.FIXED, 0xB8, 8, Presence.INTERRUPT_REMAPPING, new Bits(0xFFFF_FFFF_FFFF_F80FL, 0, 0)),
    /** Page request queue: the next descriptor software reads, in bytes. */
    PQH(Base.FIXED, 0xC0, 8, Presence.PAGE_REQUESTS, new Bits(0x0007_FFE0L, 0, 0)),
    /** Page request queue: where hardware writes next, in bytes. */
    PQT(Base.FIXED, 0xC8, 8, Presence.PAGE_REQUESTS, new Bits(0x0007_FFE0L, 0, 0)),
    /** Page request queue: address and size. */
    PQA(Base.FIXED, 0xD0, 8, Presence.PAGE_REQUESTS, new Bits(0xFFFF_FFFF_FFFF_F007L, 0, 0)),
    /** Page request status. */
    PRS(Base.FIXED, 0xDC, 4, Presence.PAGE_REQUESTS, new Bits(0, 0x3L, 0)),
    /** Page request event: mask and pending. */
    PECTL(Base.FIXED, 0xE0, 4, Presence.PAGE_REQUESTS, new Bits(0x8000_0000L, 0, 0x8000_0000L)),
    /** Page request event: data of the message. */
    PEDATA(Base.FIXED, 0xE4, 4, Presence.PAGE_REQUESTS, new Bits(0xFFFFL, 0, 0)),
    /** Page request event: address of the message. */
    PEADDR(Base.FIXED, 0xE8, 4, Presence.PAGE_REQUESTS, new Bits(0xFFFF_FFFCL, 0, 0)),
    /** Page request event: upper half of the address, used with ECAP.EIM. */
    PEUADDR(Base.FIXED, 0xEC, 4, Presence.PAGE_REQUESTS, new Bits(0xFFFF_FFFFL, 0, 0)),
    /** Memory type ranges: what there is. */
    MTRRCAP(Base.FIXED, 0x100, 8, Presence.MEMORY_TYPES, new Bits(0, 0, 0)),
    /** Memory type ranges: default type. */
    MTRRDEF(Base.FIXED, 0x108, 8, Presence.MEMORY_TYPES, new Bits(0xCFFL, 0, 0)),
    /** Fixed memory types of 64 KiB ranges. */
    MTRR_FIX64K_00000(Base.FIXED, 0x120, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_FFFFL, 0, 0)),
    /** Fixed memory types of 16 KiB ranges. */
    MTRR_FIX16K_80000(Base.FIXED, 0x128, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_FFFFL, 0, 0)),
    /** Fixed memory types of 16 KiB ranges. */
    MTRR_FIX16K_A0000(Base.FIXED, 0x130, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_FFFFL, 0, 0)),
    /** Fixed memory types of 4 KiB ranges. */
    MTRR_FIX4K_C0000(Base.FIXED, 0x138, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_FFFFL, 0, 0)),
    /** Fixed memory types of 4 KiB ranges. */
    MTRR_FIX4K_C8000(Base.FIXED, 0x140, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_FFFFL, 0, 0)),
    /** Fixed memory types of 4 KiB ranges. */
    MTRR_FIX4K_D0000(Base.FIXED, 0x148, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_FFFFL, 0, 0)),
    /** Fixed memory types of 4 KiB ranges. */
    MTRR_FIX4K_D8000(Base.FIXED, 0x150, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_FFFFL, 0, 0)),
    /** Fixed memory types of 4 KiB ranges. */
    MTRR_FIX4K_E0000(Base.FIXED, 0x158, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_FFFFL, 0, 0)),
    /** Fixed memory types of 4 KiB ranges. */
    MTRR_FIX4K_E8000(Base.FIXED, 0x160, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_FFFFL, 0, 0)),
    /** Fixed memory types of 4 KiB ranges. */
    MTRR_FIX4K_F0000(Base.FIXED, 0x168, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_FFFFL, 0, 0)),
    /** Fixed memory types of 4 KiB ranges. */
    MTRR_FIX4K_F8000(Base.FIXED, 0x170, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_FFFFL, 0, 0)),
    /** Variable memory type range 0: base and type. */
    MTRR_PHYSBASE0(Base.FIXED, 0x180, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F0FFL, 0, 0)),
    /** Variable memory type range 0: mask and valid. */
    MTRR_PHYSMASK0(Base.FIXED, 0x188, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F800L, 0, 0)),
    /** Variable memory type range 1: base and type. */
    MTRR_PHYSBASE1(Base.FIXED, 0x190, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F0FFL, 0, 0)),
    /** Variable memory type range 1: mask and valid. */
    MTRR_PHYSMASK1(Base.FIXED, 0x198, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F800L, 0, 0)),
    /** Variable memory type range 2: base and type. */
    MTRR_PHYSBASE2(Base.FIXED, 0x1A0, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F0FFL, 0, 0)),
    /** Variable memory type range 2: mask and valid. */
    MTRR_PHYSMASK2(Base.FIXED, 0x1A8, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F800L, 0, 0)),
    /** Variable memory type range 3: base and type. */
    MTRR_PHYSBASE3(Base.FIXED, 0x1B0, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F0FFL, 0, 0)),
    /** Variable memory type range 3: mask and valid. */
    MTRR_PHYSMASK3(Base.FIXED, 0x1B8, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F800L, 0, 0)),
    /** Variable memory type range 4: base and type. */
    MTRR_PHYSBASE4(Base.FIXED, 0x1C0, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F0FFL, 0, 0)),
    /** Variable memory type range 4: mask and valid. */
    MTRR_PHYSMASK4(Base.FIXED, 0x1C8, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F800L, 0, 0)),
    /** Variable memory type range 5: base and type. */
    MTRR_PHYSBASE5(Base.FIXED, 0x1D0, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F0FFL, 0, 0)),
    /** Variable memory type range 5: mask and valid. */
    MTRR_PHYSMASK5(Base.FIXED, 0x1D8, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F800L, 0, 0)),
    /** Variable memory type range 6: base and type. */
    MTRR_PHYSBASE6(Base.FIXED, 0x1E0, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F0FFL, 0, 0)),
    /** Variable memory type range 6: mask and valid. */
    MTRR_PHYSMASK6(Base.FIXED, 0x1E8, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F800L, 0, 0)),
    /** Variable memory type range 7: base and type. */
    MTRR_PHYSBASE7(Base.FIXED, 0x1F0, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F0FFL, 0, 0)),
    /** Variable memory type range 7: mask and valid. */
    MTRR_PHYSMASK7(Base.FIXED, 0x1F8, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F800L, 0, 0)),
    /** Variable memory type range 8: base and type. */
    MTRR_PHYSBASE8(Base.FIXED, 0x200, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F0FFL, 0, 0)),
    /** Variable memory type range 8: mask and valid. */
    MTRR_PHYSMASK8(Base.FIXED, 0x208, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F800L, 0, 0)),
    /** Variable memory type range 9: base and type. */
    MTRR_PHYSBASE9(Base.FIXED, 0x210, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F0FFL, 0, 0)),
    /** Variable memory type range 9: mask and valid. */
    MTRR_PHYSMASK9(Base.FIXED, 0x218, 8, Presence.MEMORY_TYPES, new Bits(0xFFFF_FFFF_FFFF_F800L, 0, 0)),
    /** Performance monitoring; all zeros say that there is no counter. */
    PERFCAP(Base.FIXED, 0x300, 8, Presence.PERFORMANCE_MONITORING, new Bits(0, 0, 0)),
    /** Performance monitoring; all zeros say that there is no counter. */
    PERFCFGOFF(Base.FIXED, 0x310, 4, Presence.PERFORMANCE_MONITORING, new Bits(0, 0, 0)),
    /** Performance monitoring; all zeros say that there is no counter. */
    PERFOVFOFF(Base.FIXED, 0x318, 4, Presence.PERFORMANCE_MONITORING, new Bits(0, 0, 0)),
    /** Performance monitoring; all zeros say that there is no counter. */
    PERFCNTROFF(Base.FIXED, 0x31C, 4, Presence.PERFORMANCE_MONITORING, new Bits(0, 0, 0)),
    /** Performance monitoring; all zeros say that there is no counter. */
    PERFINTRSTS(Base.FIXED, 0x324, 4, Presence.PERFORMANCE_MONITORING, new Bits(0, 0, 0)),
    /** Performance monitoring; all zeros say that there is no counter. */
    PERFINTRCTL(Base.FIXED, 0x328, 4, Presence.PERFORMANCE_MONITORING, new Bits(0, 0, 0)),
    /** Performance monitoring; all zeros say that there is no counter. */
    PERFEVNTCAP(Base.FIXED, 0x380, 8, Presence.PERFORMANCE_MONITORING, new Bits(0, 0, 0)),
    /** Enhanced command. */
    ECMD(Base.FIXED, 0x400, 8, Presence.ENHANCED_COMMANDS, new Bits(0xFFFF_FFFF_FFFF_FFFFL, 0, 0)),
    /** Second operand of an enhanced command. */
    ECEO(Base.FIXED, 0x408, 8, Presence.ENHANCED_COMMANDS, new Bits(0xFFFF_FFFF_FFFF_FFFFL, 0, 0)),
    /** Response to an enhanced command. */
    ECRSP(Base.FIXED, 0x410, 8, Presence.ENHANCED_COMMANDS, new Bits(0, 0, 0)),
    /** Which enhanced commands exist. */
    ECCAP0(Base.FIXED, 0x430, 8, Presence.ENHANCED_COMMANDS, new Bits(0, 0, 0)),
    /** Which enhanced commands exist. */
    ECCAP1(Base.FIXED, 0x438, 8, Presence.ENHANCED_COMMANDS, new Bits(0, 0, 0)),
    /** Which enhanced commands exist. */
    ECCAP2(Base.FIXED, 0x440, 8, Presence.ENHANCED_COMMANDS, new Bits(0, 0, 0)),
    /** Which enhanced commands exist. */
    ECCAP3(Base.FIXED, 0x448, 8, Presence.ENHANCED_COMMANDS, new Bits(0, 0, 0)),
    /** Virtual command. */
    VCMD(Base.FIXED, 0xE00, 8, Presence.VIRTUAL_COMMANDS, new Bits(0xFFFF_FFFF_FFFF_FFFFL, 0, 0)),
    /** Second operand of a virtual command. */
    VCMD_EO(Base.FIXED, 0xE08, 8, Presence.VIRTUAL_COMMANDS, new Bits(0xFFFF_FFFF_FFFF_FFFFL, 0, 0)),
    /** Response to a virtual command. */
    VCRSP(Base.FIXED, 0xE10, 8, Presence.VIRTUAL_COMMANDS, new Bits(0, 0, 0)),
    /** Which virtual commands exist. */
    VCCAP(Base.FIXED, 0xE30, 8, Presence.VIRTUAL_COMMANDS, new Bits(0, 0, 0)),
    /** The address of a page-selective IOTLB_REG command; write only. */
    IVA(Base.IOTLB, 0x0, 8, Presence.ALWAYS, new Bits(0xFFFF_FFFF_FFFF_F07FL, 0, 0)),
    /** IOTLB command. */
    IOTLB(Base.IOTLB, 0x8, 8, Presence.ALWAYS, new Bits(0xB003_FFFF_0000_0000L, 0, 0x0200_0000_0000_0000L)),
    /** Fault record: bits 63:0 of record 0; record k stands 16k bytes above. */
    FRCD_LOW(Base.FAULT_RECORDS, 0x0, 8, Presence.ALWAYS, new Bits(0, 0, 0)),
    /** Fault record: bits 127:64 of record 0; record k stands 16k bytes above. */
    FRCD_HIGH(Base.FAULT_RECORDS, 0x8, 8, Presence.ALWAYS, new Bits(0, 0x8000_0000_0000_0000L, 0));

    /** From where an offset counts. */
    public enum Base {
        /** The first register. */
        FIXED,
        /** ECAP_REG.IRO, in units of 16 bytes. */
        IOTLB,
        /** CAP_REG.FRO, in units of 16 bytes. */
        FAULT_RECORDS
    }

    /** What makes a register exist. Where it is absent it reads as zero and ignores writes. */
    public enum Presence {
        /** Nothing. */
        ALWAYS(0, 0),
        /** CAP_REG.AFL. */
        ADVANCED_FAULT_LOG(1L << 3, 0),
        /** CAP_REG.PLMR or CAP_REG.PHMR. */
        PROTECTED_MEMORY(1L << 5 | 1L << 6, 0),
        /** CAP_REG.PLMR. */
        PROTECTED_LOW_MEMORY(1L << 5, 0),
        /** CAP_REG.PHMR. */
        PROTECTED_HIGH_MEMORY(1L << 6, 0),
        /** ECAP_REG.QI. */
        INVALIDATION_QUEUE(0, 1L << 1),
        /** ECAP_REG.IR. */
        INTERRUPT_REMAPPING(0, 1L << 3),
        /** ECAP_REG.PRS. */
        PAGE_REQUESTS(0, 1L << 29),
        /** ECAP_REG.MTS. */
        MEMORY_TYPES(0, 1L << 25),
        /** ECAP_REG.PMS. */
        PERFORMANCE_MONITORING(0, 1L << 51),
        /** CAP_REG.ECMDS. */
        ENHANCED_COMMANDS(1L << 61, 0),
        /** ECAP_REG.VCS. */
        VIRTUAL_COMMANDS(0, 1L << 44);

        private final long capBits;
        private final long ecapBits;

        Presence(long capBits, long ecapBits) {
            this.capBits = capBits;
            this.ecapBits = ecapBits;
        }

        private boolean holds(long cap, long ecap) {
            return this == ALWAYS || (cap & capBits | ecap & ecapBits) != 0;
        }
    }

    /**
     * What software can do to the bits of a register; it can do nothing to bits in neither mask.
     *
     * @param writable bits that take what is written
     * @param clearable bits that a written 1 clears; they survive a warm reset
     * @param reset the value after a reset
     */
    private record Bits(long writable, long clearable, long reset) {}

    private static final BitField FRO = BitField.bits(33, 24);
    private static final BitField IRO = BitField.bits(17, 8);

    private final Base base;
    private final int offset;
    private final int width;
    private final Presence presence;
    private final long writable;
    private final long clearable;
    private final long reset;

    VtdRegister(Base base, int offset, int width, Presence presence, Bits bits) {
        this.base = base;
        this.offset = offset;
        this.width = width;
        this.presence = presence;
        this.writable = bits.writable();
        this.clearable = bits.clearable();
        this.reset = bits.reset();
    }

    /**
     * From where {@link #offset()} counts.
     *
     * @return the base
     */
    public Base base() {
        return base;
    }

    /**
     * Where the register stands.
     *
     * @return bytes from {@link #base()}, a multiple of {@link #width()}
     */
    public int offset() {
        return offset;
    }

    /**
     * Where the register stands in a unit.
     *
     * @param cap the unit's CAP_REG
     * @param ecap the unit's ECAP_REG
     * @return bytes from the unit's first register
     */
    public int offset(long cap, long ecap) {
        return switch (base) {
            case FIXED -> offset;
            case IOTLB -> 16 * IRO.getInt(ecap) + offset;
            case FAULT_RECORDS -> 16 * FRO.getInt(cap) + offset;
        };
    }

    /**
     * How wide the register is.
     *
     * @return 4 or 8 bytes
     */
    public int width() {
        return width;
    }

    /**
     * What makes the register exist.
     *
     * @return the condition
     */
    public Presence presence() {
        return presence;
    }

    /**
     * Whether a unit has the register.
     *
     * @param cap the unit's CAP_REG
     * @param ecap the unit's ECAP_REG
     * @return whether it has
     */
    public boolean isPresent(long cap, long ecap) {
        return presence.holds(cap, ecap);
    }

    /**
     * Bits that take what is written, before capabilities take some away.
     *
     * @return a mask; 0 for a register that is read only
     */
    public long writable() {
        return writable;
    }

    /**
     * Bits that a written 1 clears (RW1CS).
     *
     * @return a mask
     */
    public long clearable() {
        return clearable;
    }

    /**
     * The value after a reset; of VER_REG, CAP_REG and ECAP_REG 0 stands for the unit's own.
     *
     * @return up to 64 bits
     */
    public long reset() {
        return reset;
    }

    /**
     * Whether reads return nothing that was written: GCMD_REG and IVA_REG.
     *
     * @return whether the register is write only
     */
    public boolean isWriteOnly() {
        return this == GCMD || this == IVA;
    }

    /**
     * Whether the register keeps its value over a warm reset.
     *
     * @return whether it is sticky
     */
    public boolean isSticky() {
        return clearable != 0 || this == IQERCD || this == FRCD_LOW;
    }
}
