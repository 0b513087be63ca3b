package io.github.iommu4j.api.dma;

/** The answer to a {@link DmaRequest}: a physical address, a fault, or a wait. Immutable values. */
public sealed interface Translation {

    /** The shapes of an answer, for a {@code switch} on Java 17. */
    enum Kind {
        /** The answer is an {@link Ok}. */
        OK,
        /** The answer is a {@link Fault}. */
        FAULT,
        /** The answer is {@link Stalled}: it will come. */
        STALLED
    }

    /**
     * Which shape this answer has.
     *
     * @return the kind
     */
    Kind kind();

    /**
     * A translated access.
     *
     * @param pa physical byte address of the access, offset within the page included
     * @param sizeLg2 log2 of the naturally aligned bytes around the address that share this answer; 63 for bypass
     * @param permissions bit 0 read, bit 1 write, bit 2 execute, for the request's privilege
     * @param attributes memory type and shareability
     */
    record Ok(long pa, int sizeLg2, int permissions, MemoryAttributes attributes) implements Translation {
        @Override
        public Kind kind() {
            return Kind.OK;
        }

        @Override
        public String toString() {
            return "Ok(pa=0x" + Long.toHexString(pa) + ", size=2^" + sizeLg2 + ", "
                    + ((permissions & 1) != 0 ? 'r' : '-')
                    + ((permissions & 2) != 0 ? 'w' : '-')
                    + ((permissions & 4) != 0 ? 'x' : '-')
                    + ", " + attributes + ")";
        }
    }

    /**
     * An access that was not translated.
     *
     * @param code the architecture's event number; 0 for an abort that is never recorded
     * @param name the architecture's event name, such as {@code F_TRANSLATION}; {@code ABORT} for code 0
     * @param response what the device sees
     * @param recorded whether an event record was written to the unit's queue
     */
    record Fault(int code, String name, FaultResponse response, boolean recorded) implements Translation {
        @Override
        public Kind kind() {
            return Kind.FAULT;
        }

        @Override
        public String toString() {
            return "Fault(" + name + ", " + response + (recorded ? ", recorded)" : ", not recorded)");
        }
    }

    /**
     * An access that faulted and waits for software (IHI 0070 §3.12). {@link Endpoints#resume} says what became of it; that may
     * be told before this answer is.
     *
     * @param tag what names the access among those of its stream that wait, 16 bits
     * @param code the architecture's event number
     * @param name the architecture's event name, such as {@code F_TRANSLATION}
     * @param recorded whether an event record was written to the unit's queue
     */
    record Stalled(int tag, int code, String name, boolean recorded) implements Translation {
        @Override
        public Kind kind() {
            return Kind.STALLED;
        }

        @Override
        public String toString() {
            return "Stalled(" + name + ", tag " + tag + (recorded ? ", recorded)" : ", not recorded)");
        }
    }
}
