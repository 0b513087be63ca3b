package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.Erratum;

/** Historical mistakes of the kernel's fault reporting, one constant each. Off unless switched on. */
public enum FaultErratum implements Erratum {
    /** Unregistering a handler forgets what it has not answered. */
    UNREGISTER_FORGETS_PENDING("2019 proposal of the device fault handlers: unregistering freed the handler's data with"
            + " whatever was on its list of pending requests. Nobody answers those any more, and the device waits for"
            + " ever. Mended before the merge (5.3) by EBUSY while the list is not empty."),
    /** A page request of a device that was never prepared for any gets no answer. */
    UNPREPARED_DEVICE_GETS_NO_ANSWER(
            "6.9 and 6.10: the core, which is the one to answer since 6.9, warned about a device"
                    + " without fault parameters and returned. Nobody answers, and the device stays stalled. Mended in 6.11,"
                    + " where the core answers INVALID and the driver only logs."),
    /** A request that is not the last of its group is also treated as if it were. */
    PARTIAL_REQUEST_FALLS_THROUGH("6.9 and 6.10 (CVE-2024-44994): a return was lost, so that a request that others of"
            + " its group follow was put aside and then also taken for the last of the group: a group is handled and"
            + " answered before it is complete, and once more when it is. The kernel crashed on the half-made group."
            + " Mended in 6.10.7 and 6.11 by the return.");

    private final String story;

    FaultErratum(String story) {
        this.story = story;
    }

    @Override
    public String story() {
        return story;
    }
}
