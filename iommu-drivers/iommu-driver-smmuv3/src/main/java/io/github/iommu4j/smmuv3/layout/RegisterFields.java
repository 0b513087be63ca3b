package io.github.iommu4j.smmuv3.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/** The fields of the control registers, by register (IHI 0070 §6.3). */
public final class RegisterFields {

    private RegisterFields() {}

    /**
     * CR0 and CR0ACK (§6.3.9).
     *
     * <pre>
     *  31    9 8   6 5 4      3      2        1      0
     * |       | VMW | |ATSCHK|CMDQEN|EVENTQEN|PRIQEN|SMMUEN|
     * </pre>
     */
    public static final class Cr0 {
        /** Translation. */
        public static final BitField SMMUEN = bit(0);
        /** PRI queue; effective only with SMMUEN. */
        public static final BitField PRIQEN = bit(1);
        /** Event queue. */
        public static final BitField EVENTQEN = bit(2);
        /** Command queue. */
        public static final BitField CMDQEN = bit(3);
        /** Check ATS Translated transactions against the STE. */
        public static final BitField ATSCHK = bit(4);
        /** How many low VMID bits invalidations ignore: 0 to 4, anything else is 0. */
        public static final BitField VMW = bits(8, 6);

        private Cr0() {}
    }

    /**
     * CR1 (§6.3.11): attributes of the SMMU's own accesses.
     *
     * <pre>
     *  31    12 11   10 9    8 7    6 5    4 3    2 1    0
     * |        |TABLE_SH|TBL_OC|TBL_IC|Q_SH  |Q_OC  |Q_IC  |
     * </pre>
     */
    public static final class Cr1 {
        /** Inner cacheability, outer cacheability and shareability of queue accesses. */
        public static final BitField QUEUE = bits(5, 0);
        /** Inner cacheability, outer cacheability and shareability of table accesses. */
        public static final BitField TABLE = bits(11, 6);

        private Cr1() {}
    }

    /**
     * CR2 (§6.3.12).
     *
     * <pre>
     *  31   4 3           2   1         0
     * |      |REC_CFG_ATS|PTM|RECINVSID|E2H|
     * </pre>
     */
    public static final class Cr2 {
        /** EL2 streams are EL2-E2H. */
        public static final BitField E2H = bit(0);
        /** Record C_BAD_STREAMID. */
        public static final BitField RECINVSID = bit(1);
        /** Ignore broadcast TLB maintenance. */
        public static final BitField PTM = bit(2);
        /** Record configuration errors of ATS traffic. */
        public static final BitField REC_CFG_ATS = bit(3);

        private Cr2() {}
    }

    /**
     * GBPA (§6.3.14): attributes of bypass.
     *
     * <pre>
     *  31     30  21 20    19   18 17   16 15 14 13   12 11     8 7  5 4     3     0
     * |Update|      |ABORT|INSTCFG|PRIVCFG|     |SHCFG  |ALLOCCFG|    |MTCFG|MemAttr|
     * </pre>
     */
    public static final class Gbpa {
        /** Memory type, used with MTCFG. */
        public static final BitField MEM_ATTR = bits(3, 0);
        /** Replace the memory type. */
        public static final BitField MTCFG = bit(4);
        /** Allocation hints. */
        public static final BitField ALLOCCFG = bits(11, 8);
        /** Shareability: 0 non, 1 incoming, 2 outer, 3 inner. */
        public static final BitField SHCFG = bits(13, 12);
        /** Privilege: 0 and 1 incoming, 2 unprivileged, 3 privileged. */
        public static final BitField PRIVCFG = bits(17, 16);
        /** Instruction: 0 and 1 incoming, 2 data, 3 instruction. */
        public static final BitField INSTCFG = bits(19, 18);
        /** Abort instead of bypass. */
        public static final BitField ABORT = bit(20);
        /** Written as 1 to start an update, 0 once it has taken effect. */
        public static final BitField UPDATE = bit(31);

        private Gbpa() {}
    }

    /**
     * IRQ_CTRL and IRQ_CTRLACK (§6.3.16).
     *
     * <pre>
     *  31   3 2             1           0
     * |      |EVENTQ_IRQEN|PRIQ_IRQEN|GERROR_IRQEN|
     * </pre>
     */
    public static final class IrqCtrl {
        /** Interrupts for global errors. */
        public static final BitField GERROR_IRQEN = bit(0);
        /** Interrupts for the PRI queue. */
        public static final BitField PRIQ_IRQEN = bit(1);
        /** Interrupts for the event queue. */
        public static final BitField EVENTQ_IRQEN = bit(2);

        private IrqCtrl() {}
    }

    /** The MSI registers *_IRQ_CFG0 to *_IRQ_CFG2 (§6.3.21-23). */
    public static final class IrqCfg {
        /** CFG0: address of the 32-bit write; 0 sends none. */
        public static final BitField ADDR = bits(55, 2);
        /** CFG1: what is written. */
        public static final BitField DATA = bits(31, 0);
        /** CFG2: memory attributes and shareability. */
        public static final BitField ATTRIBUTES = bits(5, 0);
        /** CFG2: memory attributes, encoded as STE.MemAttr. */
        public static final BitField MEM_ATTR = bits(3, 0);
        /** CFG2: shareability; 0 and 1 non, 2 outer, 3 inner. */
        public static final BitField SH = bits(5, 4);
        /** PRIQ_IRQ_CFG2: interrupt at the last page request of a group. */
        public static final BitField LO = bit(31);

        private IrqCfg() {}
    }

    /** STRTAB_BASE and STRTAB_BASE_CFG (§6.3.24-25). */
    public static final class Strtab {
        /** STRTAB_BASE: physical address. */
        public static final BitField ADDR = bits(55, 6);
        /** STRTAB_BASE: read-allocate hint. */
        public static final BitField RA = bit(62);
        /** STRTAB_BASE_CFG: log2 of the number of StreamIDs. */
        public static final BitField LOG2SIZE = bits(5, 0);
        /** STRTAB_BASE_CFG: StreamID bits that index the second level: 6, 8 or 10; anything else is 6. */
        public static final BitField SPLIT = bits(10, 6);
        /** STRTAB_BASE_CFG: 0 linear, 1 two-level; 2 and 3 are 0. */
        public static final BitField FMT = bits(17, 16);

        private Strtab() {}
    }

    /**
     * The queue registers *_BASE, *_PROD and *_CONS (§6.3.26-34).
     *
     * <pre>
     *        63 62     61 56 55                                  5 4        0
     * BASE |  |RA / WA|     |                ADDR                 | LOG2SIZE |
     *        31       30  24 23 20 19                                       0
     * PROD | OVFLG   |      |     |                   WR                     |
     * CONS | OVACKFLG| ERR  |     |                   RD                     |
     * </pre>
     */
    public static final class Queue {
        /** BASE: log2 of the number of entries. */
        public static final BitField LOG2SIZE = bits(4, 0);
        /** BASE: physical address. */
        public static final BitField ADDR = bits(55, 5);
        /** BASE: allocation hint. */
        public static final BitField HINT = bit(62);
        /** PROD and CONS: index and wrap bit. */
        public static final BitField INDEX = bits(19, 0);
        /** EVENTQ_PROD, PRIQ_PROD: toggles when a record is lost. */
        public static final BitField OVFLG = bit(31);
        /** EVENTQ_CONS, PRIQ_CONS: what software last saw of OVFLG. */
        public static final BitField OVACKFLG = bit(31);
        /** CMDQ_CONS: why consumption stopped, a {@link CommandError}. */
        public static final BitField ERR = bits(30, 24);

        private Queue() {}
    }
}
