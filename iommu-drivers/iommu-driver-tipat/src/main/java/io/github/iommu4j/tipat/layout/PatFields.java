package io.github.iommu4j.tipat.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/** The fields of the registers, by register. */
public final class PatFields {

    private PatFields() {}

    /**
     * {@link PatRegister#PID}.
     *
     * <pre>
     *  31  30 29 28 27  16 15 11 10   8 7    6 5   0
     * |SCHEME|  BU | FUNC | RTL | MAJOR |CUSTOM|MINOR|
     * </pre>
     */
    public static final class Pid {
        /** Minor revision. */
        public static final BitField MINOR = bits(5, 0);
        /** Made for a customer. */
        public static final BitField CUSTOM = bits(7, 6);
        /** Major revision. */
        public static final BitField MAJOR = bits(10, 8);
        /** Revision of the implementation. */
        public static final BitField RTL = bits(15, 11);
        /** Which module this is. */
        public static final BitField FUNC = bits(27, 16);
        /** Business unit: 2 for processors. */
        public static final BitField BU = bits(29, 28);
        /** Scheme of this register: 1. */
        public static final BitField SCHEME = bits(31, 30);

        private Pid() {}
    }

    /**
     * {@link PatRegister#CONTROL}.
     *
     * <pre>
     *  31    8 7      6 5       4 3    2       1        0
     * |       |ARB_MODE|PAGE_SIZE|      |REPLACE_OID_EN|EN|
     * </pre>
     */
    public static final class Control {
        /** Translation. Off, every access to the window is an error. */
        public static final BitField EN = bit(0);
        /** Lets table entries replace the order id of an access. */
        public static final BitField REPLACE_OID_EN = bit(1);
        /** A {@link PatPageSize}. */
        public static final BitField PAGE_SIZE = bits(5, 4);
        /** Who comes first: 0 updates of the table, 2 updates and look-ups in turn. Without effect in a model without time. */
        public static final BitField ARB_MODE = bits(7, 6);

        private Control() {}
    }

    /** {@link PatRegister#EXCEPTION_LOGGING_CONTROL}. */
    public static final class LoggingControl {
        /** No error is logged. */
        public static final BitField DISABLE_F = bit(0);
        /** No error interrupts. */
        public static final BitField DISABLE_INTR = bit(1);

        private LoggingControl() {}
    }

    /** {@link PatRegister#EXCEPTION_LOGGING_HEADER0}. */
    public static final class Header0 {
        /** {@link PatRegister#DESTINATION_ID} at the time. */
        public static final BitField DEST_ID = bits(7, 0);
        /** Which module reports. */
        public static final BitField SRC_ID = bits(23, 8);
        /** Kind of message: 5 for a PAT. */
        public static final BitField TYPE = bits(31, 24);

        private Header0() {}
    }

    /** {@link PatRegister#EXCEPTION_LOGGING_HEADER1}. */
    public static final class Header1 {
        /** Code within the group. */
        public static final BitField CODE = bits(23, 16);
        /** Group of errors. */
        public static final BitField GROUP = bits(31, 24);

        private Header1() {}
    }

    /** {@link PatRegister#EXCEPTION_LOGGING_DATA1}. */
    public static final class Data1 {
        /** Address bits 47:32. */
        public static final BitField ADDR_H = bits(15, 0);

        private Data1() {}
    }

    /** {@link PatRegister#EXCEPTION_LOGGING_DATA2}. */
    public static final class Data2 {
        /** Privilege id. */
        public static final BitField PRIV_ID = bits(7, 0);
        /** Secure. */
        public static final BitField SECURE = bit(8);
        /** Privileged. */
        public static final BitField PRIV = bit(9);
        /** Cacheable. */
        public static final BitField CACHEABLE = bit(10);
        /** Made by a debugger. */
        public static final BitField DEBUG = bit(11);
        /** The access reads. */
        public static final BitField READ = bit(12);
        /** The access writes. */
        public static final BitField WRITE = bit(13);
        /** Route id: who made the access. */
        public static final BitField ROUTEID = bits(27, 16);

        private Data2() {}
    }

    /** {@link PatRegister#EXCEPTION_LOGGING_DATA3}. */
    public static final class Data3 {
        /** Bytes of the access. */
        public static final BitField BYTECNT = bits(9, 0);

        private Data3() {}
    }
}
