package io.github.iommu4j.vtd.hardware;

/**
 * What a unit did with a page request (Intel VT-d §7.4). Immutable.
 *
 * @param kind what it did
 * @param fault the fault's code when it was refused, else 0
 */
public record PageRequestAnswer(Kind kind, int fault) {

    /** What a unit can do with a page request. */
    public enum Kind {
        /** It is in the queue; software answers, if an answer is due. */
        QUEUED,
        /** It was lost, and nobody answers. */
        DROPPED,
        /** It was lost; hardware answers the group with success, so that the device tries again. */
        RETRY,
        /** The device may not ask. */
        REFUSED
    }
}
