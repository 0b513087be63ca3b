package io.github.iommu4j.armshort.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/** The fields of the VMSAv7 registers, by register (Arm DDI 0406C B4.1). */
public final class ArmV7Fields {

    private ArmV7Fields() {}

    /** SCTLR: only what concerns translation. */
    public static final class Sctlr {
        /** Translation is on. */
        public static final BitField M = bit(0);
        /** What may be written may not be executed. */
        public static final BitField WXN = bit(19);
        /** What unprivileged accesses may write, privileged ones may not execute. */
        public static final BitField UWXN = bit(20);
        /** Descriptors are big-endian. */
        public static final BitField EE = bit(25);
        /** TEX remap. */
        public static final BitField TRE = bit(28);
        /** AP[0] is the access flag. */
        public static final BitField AFE = bit(29);

        private Sctlr() {}
    }

    /**
     * TTBR0 and TTBR1, with the multiprocessing extensions. The base of TTBR0 reaches down to bit 14-N.
     *
     * <pre>
     *  31      14-N      6       5   4   3  2   1    0
     * | base  |  |  |IRGN[0]|NOS| RGN |IMP| S |IRGN[1]|
     * </pre>
     */
    public static final class Ttbr {
        /** Inner cacheability of walks, bit 1. */
        public static final BitField IRGN1 = bit(0);
        /** Walks are shareable. */
        public static final BitField S = bit(1);
        /** Implementation defined. */
        public static final BitField IMP = bit(2);
        /** Outer cacheability of walks. */
        public static final BitField RGN = bits(4, 3);
        /** Walks are not outer shareable. */
        public static final BitField NOS = bit(5);
        /** Inner cacheability of walks, bit 0. */
        public static final BitField IRGN0 = bit(6);

        private Ttbr() {}
    }

    /** TTBCR with EAE=0; there is no long format here, so EAE reads as zero. */
    public static final class Ttbcr {
        /** Addresses whose top N bits are zero are TTBR0's. */
        public static final BitField N = bits(2, 0);
        /** No walks through TTBR0. */
        public static final BitField PD0 = bit(4);
        /** No walks through TTBR1. */
        public static final BitField PD1 = bit(5);

        private Ttbcr() {}
    }

    /**
     * PRRR. For each n of {TEX[0], C, B}: TRn in bits 2n+1:2n, 0 strongly-ordered, 1 Device, 2 Normal; NOSn in bit 24+n.
     */
    public static final class Prrr {
        /** Device memory with S=0 is shareable. */
        public static final BitField DS0 = bit(16);
        /** Device memory with S=1 is shareable. */
        public static final BitField DS1 = bit(17);
        /** Normal memory with S=0 is shareable. */
        public static final BitField NS0 = bit(18);
        /** Normal memory with S=1 is shareable. */
        public static final BitField NS1 = bit(19);

        private Prrr() {}
    }

    /** CONTEXTIDR. */
    public static final class Contextidr {
        /** The current address space. */
        public static final BitField ASID = bits(7, 0);
        /** The process, which translation does not look at. */
        public static final BitField PROCID = bits(31, 8);

        private Contextidr() {}
    }

    /**
     * DFSR and IFSR in the short-descriptor format; IFSR has no domain and no WnR.
     *
     * <pre>
     *  31 14 13  12  11  10    9    8  7      4 3      0
     * |     |CM|ExT|WnR|FS[4]|LPAE|   | domain | FS[3:0]|
     * </pre>
     */
    public static final class Fsr {
        /** The status, low bits. */
        public static final BitField FS_LOW = bits(3, 0);
        /** The domain, where {@link FaultStatus#hasDomain()}. */
        public static final BitField DOMAIN = bits(7, 4);
        /** The format: 0 short descriptors. */
        public static final BitField LPAE = bit(9);
        /** The status, bit 4. */
        public static final BitField FS_HIGH = bit(10);
        /** The access was a write. */
        public static final BitField WNR = bit(11);
        /** Which kind of external abort; implementation defined. */
        public static final BitField EXT = bit(12);
        /** Cache maintenance. */
        public static final BitField CM = bit(13);

        private Fsr() {}
    }

    /** TLBIMVA, TLBIASID and TLBIMVAA. */
    public static final class Tlbi {
        /** The address space. */
        public static final BitField ASID = bits(7, 0);
        /** The address, in place. */
        public static final BitField MVA = bits(31, 12);

        private Tlbi() {}
    }

    /** ID_MMFR0. */
    public static final class IdMmfr0 {
        /** VMSA support: 3 VMSAv7, 4 with PXN. */
        public static final BitField VMSA = bits(3, 0);

        private IdMmfr0() {}
    }

    /** ID_MMFR3. */
    public static final class IdMmfr3 {
        /** Physical address bits of walks and the like: 0 32 bits, 1 36 bits, 2 40 bits. */
        public static final BitField CACHED_MEMORY_SIZE = bits(27, 24);
        /** Supersections: 0 there are, 15 there are not. */
        public static final BitField SUPERSECTIONS = bits(31, 28);

        private IdMmfr3() {}
    }
}
