package io.github.iommu4j.api.fault;

import io.github.iommu4j.api.dma.TranslationUnit;
import java.util.List;

/** A fault as a driver reports it (Linux {@code struct iommu_fault}). Immutable values. */
public sealed interface FaultEvent {

    /** {@link Unrecoverable#permissions()} and {@link PageRequest#permissions()}: to read. */
    int READ = 1;
    /** To write. */
    int WRITE = 2;
    /** To execute. */
    int EXECUTE = 4;
    /** With privilege. */
    int PRIVILEGED = 8;

    /** The shapes of an event, for a {@code switch} on Java 17. */
    enum Kind {
        /** The event is {@link Unrecoverable}. */
        UNRECOVERABLE,
        /** The event is a {@link PageRequest}. */
        PAGE_REQUEST
    }

    /**
     * Which shape this event has.
     *
     * @return the kind
     */
    Kind kind();

    /**
     * The PASID of the access.
     *
     * @return 20 bits, or {@link TranslationUnit#NO_SUBSTREAM}
     */
    int pasid();

    /**
     * What the access wanted.
     *
     * @return the bits {@link #READ}, {@link #WRITE}, {@link #EXECUTE}, {@link #PRIVILEGED}
     */
    int permissions();

    /**
     * An access that has failed.
     *
     * @param reason why
     * @param permissions what it wanted
     * @param pasid its PASID, or {@link TranslationUnit#NO_SUBSTREAM}
     * @param address the address, with the offset when the hardware tells it
     * @param fetchAddress the physical address of the structure that could not be read; 0 when unknown
     */
    record Unrecoverable(FaultReason reason, int permissions, int pasid, long address, long fetchAddress)
            implements FaultEvent {
        @Override
        public Kind kind() {
            return Kind.UNRECOVERABLE;
        }
    }

    /**
     * An access that waits for a page.
     *
     * @param pasid its PASID, or {@link TranslationUnit#NO_SUBSTREAM}
     * @param groupId which group of requests it belongs to; a PRG index or a stall's tag
     * @param permissions what it wants
     * @param address the page
     * @param traits what else is to be known for the answer
     */
    record PageRequest(int pasid, int groupId, int permissions, long address, Traits traits) implements FaultEvent {
        @Override
        public Kind kind() {
            return Kind.PAGE_REQUEST;
        }

        /**
         * Whether it is the last of its group, to which the answer goes.
         *
         * @return {@code LAST_PAGE}
         */
        public boolean isLast() {
            return traits.last();
        }

        /**
         * Whether there is a PASID.
         *
         * @return {@code PASID_VALID}
         */
        public boolean hasPasid() {
            return pasid != TranslationUnit.NO_SUBSTREAM;
        }
    }

    /**
     * What an answer depends on.
     *
     * @param last the request is the last of its group
     * @param responseNeedsPasid the answer is to carry the request's PASID
     * @param privateData two words that the answer is to repeat; empty when there are none
     */
    record Traits(boolean last, boolean responseNeedsPasid, List<Long> privateData) {

        /** The last request of its group, whose answer carries no PASID and no private data. */
        public static final Traits LAST = new Traits(true, false, List.of());
        /** A request that others of its group follow. */
        public static final Traits PARTIAL = new Traits(false, false, List.of());

        /**
         * Checks the private data.
         *
         * @throws IllegalArgumentException when it is neither none nor two words
         */
        public Traits {
            privateData = List.copyOf(privateData);
            if (!privateData.isEmpty() && privateData.size() != 2) {
                throw new IllegalArgumentException(privateData.size() + " words of private data: none or two can be");
            }
        }
    }
}
