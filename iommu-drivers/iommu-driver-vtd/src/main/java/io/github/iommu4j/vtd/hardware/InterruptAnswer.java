package io.github.iommu4j.vtd.hardware;

import java.util.Optional;

/** What became of a device's interrupt. Immutable values. */
public sealed interface InterruptAnswer {

    /** The shapes of an answer, for a {@code switch} on Java 17. */
    enum Kind {
        /** The answer is a {@link Delivered}. */
        DELIVERED,
        /** The answer is a {@link Posted}. */
        POSTED,
        /** The answer is a {@link Blocked}. */
        BLOCKED
    }

    /**
     * Which shape this answer has.
     *
     * @return the kind
     */
    Kind kind();

    /**
     * It went to a processor, remapped or as it was.
     *
     * @param interrupt what the processor gets
     */
    record Delivered(Interrupt interrupt) implements InterruptAnswer {
        @Override
        public Kind kind() {
            return Kind.DELIVERED;
        }
    }

    /**
     * It was posted.
     *
     * @param descriptor physical address of the posted descriptor
     * @param vector which bit of it was set
     * @param notification what a processor got, unless a notification was outstanding or suppressed
     */
    record Posted(long descriptor, int vector, Optional<Interrupt> notification) implements InterruptAnswer {
        @Override
        public Kind kind() {
            return Kind.POSTED;
        }
    }

    /**
     * It was blocked.
     *
     * @param reason the fault's code, 20h to 29h
     * @param recorded whether a fault record was written
     */
    record Blocked(int reason, boolean recorded) implements InterruptAnswer {
        @Override
        public Kind kind() {
            return Kind.BLOCKED;
        }
    }
}
