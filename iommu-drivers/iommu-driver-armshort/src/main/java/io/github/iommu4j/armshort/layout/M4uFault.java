package io.github.iommu4j.armshort.layout;

import java.util.Optional;

/**
 * The faults of one translation engine, in the order of their bits in FAULT_ST1 and INT_MAIN_CONTROL. The {@link #code}
 * is what a {@link io.github.iommu4j.api.dma.Translation.Fault} carries: the bit of engine 0 plus 1, as 0 stands for an
 * abort that is not recorded.
 */
public enum M4uFault {
    /** No translation. */
    TRANSLATION_FAULT,
    /** Two entries of the main cache match. */
    MAIN_MULTI_HIT_FAULT,
    /** The physical address is not in VLD_PA_RNG. */
    INVALID_PA_FAULT,
    /** An entry could not be replaced. */
    ENTRY_REPLACEMENT_FAULT,
    /** A miss could not be served. */
    TLB_MISS_FAULT,
    /** The miss queue is broken. */
    MISS_FIFO_FAULT,
    /** The prefetch queue is broken. */
    PREFETCH_FIFO_FAULT;

    /** How many bits of FAULT_ST1 an engine has. */
    public static final int BITS_OF_ENGINE = 7;

    private static final M4uFault[] VALUES = values();

    /**
     * The fault's bit in FAULT_ST1 and INT_MAIN_CONTROL.
     *
     * @param engine 0 or 1
     * @return a word with one bit set
     */
    public int bit(int engine) {
        return 1 << ordinal() + BITS_OF_ENGINE * engine;
    }

    /**
     * The fault's number in answers.
     *
     * @return 1 to 7
     */
    public int code() {
        return ordinal() + 1;
    }

    /**
     * The fault of a number.
     *
     * @param code a number
     * @return the fault; empty for a number that is none
     */
    public static Optional<M4uFault> of(int code) {
        return code >= 1 && code <= VALUES.length ? Optional.of(VALUES[code - 1]) : Optional.empty();
    }

    /**
     * All bits of an engine in FAULT_ST1 and INT_MAIN_CONTROL.
     *
     * @param engine 0 or 1
     * @return 0x7F or 0x3F80
     */
    public static int allOf(int engine) {
        return (1 << BITS_OF_ENGINE) - 1 << BITS_OF_ENGINE * engine;
    }
}
