package io.github.iommu4j.tipat.layout;

import java.util.Optional;

/**
 * The memory mapped registers of a PAT (region {@code mmrs}), 32 bits each, at byte offsets from the region's start.
 */
public enum PatRegister {
    /** Revision. */
    PID(0x00, Access.RO, 0),
    /** How many pages the table has: the whole register. */
    CONFIG(0x04, Access.RO, 0),
    /** Enable, page size, arbitration. */
    CONTROL(0x10, Access.RW, 0xF3),
    /** Where error messages go. */
    DESTINATION_ID(0x84, Access.RW, 0xFF),
    /** Switches the log and its interrupt off. */
    EXCEPTION_LOGGING_CONTROL(0xA0, Access.RW, 0x3),
    /** The log: type, source and destination. */
    EXCEPTION_LOGGING_HEADER0(0xA4, Access.RO, 0),
    /** The log: group and code. */
    EXCEPTION_LOGGING_HEADER1(0xA8, Access.RO, 0),
    /** The log: address bits 31:0. */
    EXCEPTION_LOGGING_DATA0(0xAC, Access.RO, 0),
    /** The log: address bits 47:32. */
    EXCEPTION_LOGGING_DATA1(0xB0, Access.RO, 0),
    /** The log: who, and what the access did. */
    EXCEPTION_LOGGING_DATA2(0xB4, Access.RO, 0),
    /** The log: bytes. Reading it makes room for the next error. */
    EXCEPTION_LOGGING_DATA3(0xB8, Access.RO, 0),
    /** Whether an error is logged; writing 1 says so. */
    EXCEPTION_PEND_SET(0xC0, Access.W1S, 0x1),
    /** Whether an error is logged; writing 1 makes room for the next. */
    EXCEPTION_PEND_CLEAR(0xC4, Access.W1C, 0x1),
    /** Whether a logged error interrupts; writing 1 lets it. */
    EXCEPTION_ENABLE_SET(0xC8, Access.W1S, 0x1),
    /** Whether a logged error interrupts; writing 1 forbids it. */
    EXCEPTION_ENABLE_CLEAR(0xCC, Access.W1C, 0x1),
    /** End of interrupt: any write lets the next pulse come. Reads zero. */
    EOI_REG(0xD0, Access.WO, 0xFFFF);

    /** Bytes of the region in the device tree binding. */
    public static final int REGION_SIZE = 0x100;

    /** What software may do with a register. */
    public enum Access {
        /** Writes are ignored. */
        RO,
        /** The writable bits are stored. */
        RW,
        /** Writing 1 sets a bit; 0 leaves it. */
        W1S,
        /** Writing 1 clears a bit; 0 leaves it. */
        W1C,
        /** A write does something; reads are zero. */
        WO
    }

    private static final PatRegister[] BY_WORD = new PatRegister[REGION_SIZE / Integer.BYTES];

    static {
        for (PatRegister register : values()) {
            BY_WORD[register.offset / Integer.BYTES] = register;
        }
    }

    private final int offset;
    private final Access access;
    private final int writable;

    PatRegister(int offset, Access access, int writable) {
        this.offset = offset;
        this.access = access;
        this.writable = writable;
    }

    /**
     * Where the register stands.
     *
     * @return bytes from the start of the region, a multiple of 4
     */
    public int offset() {
        return offset;
    }

    /**
     * What software may do with it.
     *
     * @return the access type
     */
    public Access access() {
        return access;
    }

    /**
     * The bits a write reaches; the others are reserved and read as zero, or are read-only.
     *
     * @return a mask
     */
    public int writable() {
        return writable;
    }

    /**
     * The register at an offset.
     *
     * @param offset bytes from the start of the region
     * @return the register; empty when the offset is no multiple of 4 or nothing stands there
     */
    public static Optional<PatRegister> at(long offset) {
        if (offset < 0 || offset >= REGION_SIZE || offset % Integer.BYTES != 0) {
            return Optional.empty();
        }
        return Optional.ofNullable(BY_WORD[(int) offset / Integer.BYTES]);
    }
}
