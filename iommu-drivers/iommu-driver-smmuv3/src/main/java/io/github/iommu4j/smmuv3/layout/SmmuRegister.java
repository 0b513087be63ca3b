package io.github.iommu4j.smmuv3.layout;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The Non-secure programming interface (IHI 0070 §6.2): pages 0 and 1 of 64 KiB.
 *
 * <p>Offsets are bytes from the start of page 0. EVENTQ and PRIQ indexes stand in page 1; {@link #at(long)} also knows
 * their aliases at the same offsets of page 0.
 */
public enum SmmuRegister {
    /** Features: stages, formats, tables, stall model. */
    IDR0(0x00, 4, Access.RO, Guard.NONE),
    /** Sizes of StreamIDs, SubstreamIDs and queues. */
    IDR1(0x04, 4, Access.RO, Guard.NONE),
    /** Where the VATOS page stands. */
    IDR2(0x08, 4, Access.RO, Guard.NONE),
    /** Features of SMMUv3.1 and later. */
    IDR3(0x0C, 4, Access.RO, Guard.NONE),
    /** Implementation defined. */
    IDR4(0x10, 4, Access.RO, Guard.NONE),
    /** Address sizes, granules, number of stalls. */
    IDR5(0x14, 4, Access.RO, Guard.NONE),
    /** Who made it. */
    IIDR(0x18, 4, Access.RO, Guard.NONE),
    /** Architecture version. */
    AIDR(0x1C, 4, Access.RO, Guard.NONE),
    /** Enables. */
    CR0(0x20, 4, Access.RW, Guard.NONE),
    /** Which enables have taken effect. */
    CR0ACK(0x24, 4, Access.RO, Guard.NONE),
    /** Attributes of table and queue accesses; each field group has its own guard. */
    CR1(0x28, 4, Access.RW, Guard.PER_FIELD),
    /** What to record, broadcast maintenance, E2H. */
    CR2(0x2C, 4, Access.RW, Guard.SMMUEN),
    /** Dormancy. */
    STATUSR(0x40, 4, Access.RO, Guard.NONE),
    /** Attributes of bypass while SMMUEN is 0. */
    GBPA(0x44, 4, Access.RW, Guard.UPDATE_FLAG),
    /** Implementation defined alternative attributes. */
    AGBPA(0x48, 4, Access.RO, Guard.NONE),
    /** Interrupt enables. */
    IRQ_CTRL(0x50, 4, Access.RW, Guard.NONE),
    /** Which interrupt enables have taken effect. */
    IRQ_CTRLACK(0x54, 4, Access.RO, Guard.NONE),
    /** Global errors, each a toggle. */
    GERROR(0x60, 4, Access.RO, Guard.NONE),
    /** Global errors as acknowledged by software. */
    GERRORN(0x64, 4, Access.RW, Guard.NONE),
    /** MSI address for global errors. */
    GERROR_IRQ_CFG0(0x68, 8, Access.RW, Guard.GERROR_IRQEN),
    /** MSI data for global errors. */
    GERROR_IRQ_CFG1(0x70, 4, Access.RW, Guard.GERROR_IRQEN),
    /** MSI attributes for global errors. */
    GERROR_IRQ_CFG2(0x74, 4, Access.RW, Guard.GERROR_IRQEN),
    /** Address of the stream table. */
    STRTAB_BASE(0x80, 8, Access.RW, Guard.SMMUEN),
    /** Format and size of the stream table. */
    STRTAB_BASE_CFG(0x88, 4, Access.RW, Guard.SMMUEN),
    /** Address and size of the command queue. */
    CMDQ_BASE(0x90, 8, Access.RW, Guard.CMDQEN),
    /** Where software writes the next command. */
    CMDQ_PROD(0x98, 4, Access.RW, Guard.NONE),
    /** Where the SMMU reads the next command, and why it stopped. */
    CMDQ_CONS(0x9C, 4, Access.RW, Guard.CMDQEN),
    /** Address and size of the event queue. */
    EVENTQ_BASE(0xA0, 8, Access.RW, Guard.EVENTQEN),
    /** MSI address for the event queue. */
    EVENTQ_IRQ_CFG0(0xB0, 8, Access.RW, Guard.EVENTQ_IRQEN),
    /** MSI data for the event queue. */
    EVENTQ_IRQ_CFG1(0xB8, 4, Access.RW, Guard.EVENTQ_IRQEN),
    /** MSI attributes for the event queue. */
    EVENTQ_IRQ_CFG2(0xBC, 4, Access.RW, Guard.EVENTQ_IRQEN),
    /** Address and size of the PRI queue. */
    PRIQ_BASE(0xC0, 8, Access.RW, Guard.PRIQEN),
    /** MSI address for the PRI queue. */
    PRIQ_IRQ_CFG0(0xD0, 8, Access.RW, Guard.PRIQ_IRQEN),
    /** MSI data for the PRI queue. */
    PRIQ_IRQ_CFG1(0xD8, 4, Access.RW, Guard.PRIQ_IRQEN),
    /** MSI attributes and trigger for the PRI queue. */
    PRIQ_IRQ_CFG2(0xDC, 4, Access.RW, Guard.PRIQ_IRQEN),
    /** Peripheral identification, IHI 0070 §6.3.68 and following. */
    PIDR4(0xFD0, 4, Access.RO, Guard.NONE),
    /** Peripheral identification. */
    PIDR5(0xFD4, 4, Access.RO, Guard.NONE),
    /** Peripheral identification. */
    PIDR6(0xFD8, 4, Access.RO, Guard.NONE),
    /** Peripheral identification. */
    PIDR7(0xFDC, 4, Access.RO, Guard.NONE),
    /** Peripheral identification: low byte of the part number. */
    PIDR0(0xFE0, 4, Access.RO, Guard.NONE),
    /** Peripheral identification: rest of the part number, designer. */
    PIDR1(0xFE4, 4, Access.RO, Guard.NONE),
    /** Peripheral identification: designer, revision. */
    PIDR2(0xFE8, 4, Access.RO, Guard.NONE),
    /** Peripheral identification: revision. */
    PIDR3(0xFEC, 4, Access.RO, Guard.NONE),
    /** Component identification: 0x0D. */
    CIDR0(0xFF0, 4, Access.RO, Guard.NONE),
    /** Component identification: 0xF0. */
    CIDR1(0xFF4, 4, Access.RO, Guard.NONE),
    /** Component identification: 0x05. */
    CIDR2(0xFF8, 4, Access.RO, Guard.NONE),
    /** Component identification: 0xB1. */
    CIDR3(0xFFC, 4, Access.RO, Guard.NONE),
    /** Where the SMMU writes the next event record, and the overflow flag. */
    EVENTQ_PROD(0x100A8, 4, Access.RW, Guard.EVENTQEN),
    /** Where software reads the next event record, and the overflow acknowledge. */
    EVENTQ_CONS(0x100AC, 4, Access.RW, Guard.NONE),
    /** Where the SMMU writes the next page request, and the overflow flag. */
    PRIQ_PROD(0x100C8, 4, Access.RW, Guard.PRIQEN),
    /** Where software reads the next page request, and the overflow acknowledge. */
    PRIQ_CONS(0x100CC, 4, Access.RW, Guard.NONE);

    /** Whether software may write a register at all. */
    public enum Access {
        /** Writes are ignored. */
        RO,
        /** Writes are taken, subject to the {@link Guard}. */
        RW
    }

    /**
     * The enable that makes a register read-only: the register takes writes only while the enable <em>and</em> its
     * acknowledgement are 0. A write at any other time is ignored, the only behaviour SMMUv3.2 and later allow.
     */
    public enum Guard {
        /** No guard. */
        NONE,
        /** CR0.SMMUEN. */
        SMMUEN,
        /** CR0.CMDQEN. */
        CMDQEN,
        /** CR0.EVENTQEN. */
        EVENTQEN,
        /** CR0.PRIQEN as written, not as effective. */
        PRIQEN,
        /** IRQ_CTRL.GERROR_IRQEN. */
        GERROR_IRQEN,
        /** IRQ_CTRL.EVENTQ_IRQEN. */
        EVENTQ_IRQEN,
        /** IRQ_CTRL.PRIQ_IRQEN. */
        PRIQ_IRQEN,
        /** CR1: TABLE fields by SMMUEN, QUEUE fields by all three queue enables. */
        PER_FIELD,
        /** GBPA: writable while Update is 0, and only with Update written as 1. */
        UPDATE_FLAG
    }

    private static final Map<Integer, SmmuRegister> BY_WORD = new HashMap<>();

    static {
        for (SmmuRegister register : values()) {
            for (int word = 0; word < register.width; word += 4) {
                BY_WORD.put(register.offset + word, register);
            }
        }
        for (SmmuRegister index : new SmmuRegister[] {EVENTQ_PROD, EVENTQ_CONS, PRIQ_PROD, PRIQ_CONS}) {
            BY_WORD.put(index.offset & 0xFFFF, index);
        }
    }

    private final int offset;
    private final int width;
    private final Access access;
    private final Guard guard;

    SmmuRegister(int offset, int width, Access access, Guard guard) {
        this.offset = offset;
        this.width = width;
        this.access = access;
        this.guard = guard;
    }

    /**
     * Where the register stands.
     *
     * @return bytes from the start of page 0
     */
    public int offset() {
        return offset;
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
     * Whether software may write it.
     *
     * @return the access type
     */
    public Access access() {
        return access;
    }

    /**
     * What makes it read-only for a while.
     *
     * @return the guard
     */
    public Guard guard() {
        return guard;
    }

    /**
     * The register that contains a 32-bit word, aliases in page 0 included.
     *
     * @param wordOffset bytes from the start of page 0
     * @return the register; empty when the offset is not a multiple of 4 or nothing stands there
     */
    public static Optional<SmmuRegister> at(long wordOffset) {
        return wordOffset == (int) wordOffset ? Optional.ofNullable(BY_WORD.get((int) wordOffset)) : Optional.empty();
    }
}
