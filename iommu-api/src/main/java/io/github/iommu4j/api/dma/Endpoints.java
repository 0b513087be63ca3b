package io.github.iommu4j.api.dma;

/**
 * The devices behind a unit, as the unit talks to them: ATS invalidations, answers to page requests, and the end of stalls. An
 * embedder gives one to the unit it builds.
 *
 * <p><b>Thread-safety:</b> a unit calls from any thread that lets its queues run, and holds no lock, so that the receiver may
 * translate, ask for pages and touch registers. It must not wait for a synchronisation command of the same unit to complete.
 */
public interface Endpoints {

    /** How a device answers an Invalidate Request. */
    enum Reply {
        /** It is done. */
        COMPLETED,
        /** It will be done: the device says when to the unit, whose synchronisation commands do not complete before. */
        LATER,
        /** No answer came in time. */
        TIMED_OUT,
        /** A wrong completion came. The invalidation stays outstanding, as after {@link #LATER}. */
        UNEXPECTED
    }

    /** What software decided about a stalled access. */
    enum Resumption {
        /** The device is to try again, as if the access had just arrived. */
        RETRY,
        /** The access ends with an error. */
        ABORT,
        /** The access completes: a read returns zeros, a write is dropped. */
        RAZ_WI
    }

    /** Devices that cache no translations, ask for no pages and cannot wait. */
    Endpoints NONE = new Endpoints() {};

    /**
     * Has a device drop cached translations (PCIe ATS, Invalidate Request Message).
     *
     * @param request which
     * @return what came back; {@link Reply#COMPLETED} by default
     */
    default Reply invalidate(InvalidateRequest request) {
        return Reply.COMPLETED;
    }

    /**
     * Answers a group of page requests (PCIe PRI, PRG Response Message).
     *
     * @param response the answer
     */
    default void respond(PrgResponse response) {}

    /**
     * Ends the wait of a stalled access. It may come before the call of {@code translate} that stalled has returned: the
     * receiver keeps it until then.
     *
     * @param streamId whose access it is
     * @param tag the tag of {@link Translation.Stalled}, 16 bits; free for another access of the unit when this is called
     * @param outcome what is to become of it
     */
    default void resume(int streamId, int tag, Resumption outcome) {}
}
