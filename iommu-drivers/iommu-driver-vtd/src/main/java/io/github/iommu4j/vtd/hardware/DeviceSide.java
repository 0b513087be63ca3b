package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.vtd.layout.PageGroupResponse;

/**
 * The devices behind a unit, as it talks to them over PCIe: invalidations of their TLBs, and answers to their page requests.
 *
 * <p><b>Thread-safety:</b> called from any thread that lets the invalidation queue run, one call at a time, with no lock held.
 */
public interface DeviceSide {

    /** How a device answers an invalidation. */
    enum Reply {
        /** It is done. */
        COMPLETED,
        /**
         * It will be done: {@link Vtd#complete(DeviceTlbInvalidation, Reply)} says when. Wait descriptors behind it do not
         * complete before.
         */
        LATER,
        /** No answer came in time: FSTS_REG.ITE is set, and wait descriptors that are pending are aborted. */
        TIMED_OUT,
        /** A wrong completion came: FSTS_REG.ICE is set. The invalidation stays outstanding, as after {@link #LATER}. */
        UNEXPECTED
    }

    /** Devices without TLBs, which ask for no pages. */
    DeviceSide NONE = new DeviceSide() {
        @Override
        public Reply invalidate(DeviceTlbInvalidation invalidation) {
            return Reply.COMPLETED;
        }

        @Override
        public void respond(PageGroupResponse response) {}
    };

    /**
     * Has a device drop translations.
     *
     * @param invalidation which
     * @return what came back
     */
    Reply invalidate(DeviceTlbInvalidation invalidation);

    /**
     * Answers a group of page requests.
     *
     * @param response the answer
     */
    void respond(PageGroupResponse response);
}
