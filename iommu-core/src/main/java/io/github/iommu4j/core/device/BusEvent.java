package io.github.iommu4j.core.device;

/** What a bus tells its listeners, numbered as the kernel numbers it (Linux {@code BUS_NOTIFY_*}). */
public enum BusEvent {
    /** A device appeared. */
    ADD_DEVICE(1),
    /** A device is about to go. */
    DEL_DEVICE(2),
    /** A device is gone. */
    REMOVED_DEVICE(3),
    /** A driver is about to be bound; its DMA is configured. */
    BIND_DRIVER(4),
    /** A driver is bound. */
    BOUND_DRIVER(5),
    /** A driver is about to be unbound. */
    UNBIND_DRIVER(6),
    /** A driver is unbound. */
    UNBOUND_DRIVER(7),
    /** A driver was not bound after all. */
    DRIVER_NOT_BOUND(8);

    private final int code;

    BusEvent(int code) {
        this.code = code;
    }

    /**
     * The kernel's number.
     *
     * @return 1 to 8
     */
    public int code() {
        return code;
    }
}
