package io.github.iommu4j.vtd.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/** The fields of the registers, by register (Intel VT-d §11.4). Of 32-bit registers the upper half of a word is zero. */
public final class RegisterFields {

    private RegisterFields() {}

    /** GCMD_REG and GSTS_REG: a command and its status are the same bit. */
    public static final class Global {
        /** CFI, CFIS: interrupts in compatibility format pass. */
        public static final BitField CFI = bit(23);
        /** SIRTP, IRTPS: IRTA_REG is latched; one-shot. */
        public static final BitField SIRTP = bit(24);
        /** IRE, IRES: interrupts are remapped. */
        public static final BitField IRE = bit(25);
        /** QIE, QIES: the invalidation queue runs. */
        public static final BitField QIE = bit(26);
        /** WBF, WBFS: write buffers are flushed; one-shot. */
        public static final BitField WBF = bit(27);
        /** EAFL, AFLS: advanced fault logging. */
        public static final BitField EAFL = bit(28);
        /** SFL, FLS: AFLOG_REG is latched; one-shot. */
        public static final BitField SFL = bit(29);
        /** SRTP, RTPS: RTADDR_REG is latched; one-shot. */
        public static final BitField SRTP = bit(30);
        /** TE, TES: DMA is translated. */
        public static final BitField TE = bit(31);
        /** What software keeps of GSTS_REG to write one more command: everything but the one-shot bits. */
        public static final long KEPT = 0x96FF_FFFFL;

        private Global() {}
    }

    /** RTADDR_REG. */
    public static final class Rtaddr {
        /** Translation table mode, see {@link TableMode}. */
        public static final BitField TTM = bits(11, 10);
        /** The root table, in place. */
        public static final BitField RTA = bits(63, 12);

        private Rtaddr() {}
    }

    /** CCMD_REG. */
    public static final class Ccmd {
        /** Domain-id. */
        public static final BitField DID = bits(15, 0);
        /** Source-id. */
        public static final BitField SID = bits(31, 16);
        /** Function mask. */
        public static final BitField FM = bits(33, 32);
        /** Granularity that was performed; 00b when the command was refused. */
        public static final BitField CAIG = bits(60, 59);
        /** Granularity that is asked for: 01b global, 10b domain, 11b device. */
        public static final BitField CIRG = bits(62, 61);
        /** Invalidate. */
        public static final BitField ICC = bit(63);

        private Ccmd() {}
    }

    /** IVA_REG, and the second word of IOTLB descriptors. */
    public static final class Iva {
        /** Address mask: log2 of the pages. */
        public static final BitField AM = bits(5, 0);
        /** Only leaves changed. */
        public static final BitField IH = bit(6);
        /** The first page, in place. */
        public static final BitField ADDR = bits(63, 12);

        private Iva() {}
    }

    /** IOTLB_REG. */
    public static final class Iotlb {
        /** Domain-id. */
        public static final BitField DID = bits(47, 32);
        /** Drain writes. */
        public static final BitField DW = bit(48);
        /** Drain reads. */
        public static final BitField DR = bit(49);
        /** Granularity that was performed; 00b when the command was refused. */
        public static final BitField IAIG = bits(58, 57);
        /** Granularity that is asked for: 01b global, 10b domain, 11b page. */
        public static final BitField IIRG = bits(61, 60);
        /** Invalidate. */
        public static final BitField IVT = bit(63);

        private Iotlb() {}
    }

    /** FSTS_REG. */
    public static final class Fsts {
        /** A fault was lost. */
        public static final BitField PFO = bit(0);
        /** Some record holds a fault; read only. */
        public static final BitField PPF = bit(1);
        /** Advanced fault log overflow. */
        public static final BitField AFO = bit(2);
        /** Advanced fault pending. */
        public static final BitField APF = bit(3);
        /** Invalidation queue error. */
        public static final BitField IQE = bit(4);
        /** Invalidation completion error. */
        public static final BitField ICE = bit(5);
        /** Invalidation time-out. */
        public static final BitField ITE = bit(6);
        /** Page request overflow, before PRS_REG had it. */
        public static final BitField PRO = bit(7);
        /** The first record with a fault, while PPF is 1; read only. */
        public static final BitField FRI = bits(15, 8);

        private Fsts() {}
    }

    /** FECTL_REG, IECTL_REG and PECTL_REG. */
    public static final class EventControl {
        /** An interrupt waits for IM to be cleared; read only. */
        public static final BitField IP = bit(30);
        /** No message is sent. */
        public static final BitField IM = bit(31);

        private EventControl() {}
    }

    /** PMEN_REG. */
    public static final class Pmen {
        /** The regions are protected; read only. */
        public static final BitField PRS = bit(0);
        /** Protect the regions. */
        public static final BitField EPM = bit(31);

        private Pmen() {}
    }

    /** IQA_REG. */
    public static final class Iqa {
        /** The queue has 2<sup>QS</sup> pages of 4 KiB. */
        public static final BitField QS = bits(2, 0);
        /** Descriptors of 256 bits. */
        public static final BitField DW = bit(11);
        /** The queue's address, in place. */
        public static final BitField IQA = bits(63, 12);

        private Iqa() {}
    }

    /** IQH_REG and IQT_REG: byte offsets in place. */
    public static final class QueuePointer {
        /** The offset, a multiple of 16, or of 32 with IQA_REG.DW. */
        public static final BitField INVALIDATION = bits(18, 4);
        /** The offset in PQH_REG and PQT_REG, a multiple of 32. */
        public static final BitField PAGE_REQUEST = bits(18, 5);

        private QueuePointer() {}
    }

    /** ICS_REG. */
    public static final class Ics {
        /** A wait descriptor with IF has completed. */
        public static final BitField IWC = bit(0);

        private Ics() {}
    }

    /** IQERCD_REG. */
    public static final class Iqercd {
        /** Why FSTS_REG.IQE is set, see {@link QueueError}. */
        public static final BitField IQEI = bits(3, 0);
        /** Whose invalidation timed out. */
        public static final BitField ITESID = bits(47, 32);
        /** Whose completion was wrong. */
        public static final BitField ICESID = bits(63, 48);

        private Iqercd() {}
    }

    /** IRTA_REG. */
    public static final class Irta {
        /** The table has 2<sup>S+1</sup> entries. */
        public static final BitField S = bits(3, 0);
        /** Destinations have 32 bits. */
        public static final BitField EIME = bit(11);
        /** The table, in place. */
        public static final BitField IRTA = bits(63, 12);

        private Irta() {}
    }

    /** PQA_REG. */
    public static final class Pqa {
        /** The queue has 2<sup>PQS</sup> pages of 4 KiB. */
        public static final BitField PQS = bits(2, 0);
        /** The queue's address, in place. */
        public static final BitField PQA = bits(63, 12);

        private Pqa() {}
    }

    /** PRS_REG. */
    public static final class Prs {
        /** A request was queued. */
        public static final BitField PPR = bit(0);
        /** A request was lost. */
        public static final BitField PRO = bit(1);

        private Prs() {}
    }
}
