package io.github.iommu4j.api.memory;

/**
 * An external abort: nothing answered at a physical address, or what answered refused.
 *
 * <p>Carries no stack trace, so that an implementation of {@link PhysicalMemory} under a guest that walks wild
 * pointers stays cheap. Immutable.
 */
public final class BusErrorException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The physical byte address that was not answered. */
    private final long address;

    /**
     * Makes the answer for one address.
     *
     * @param address the physical byte address that was not answered
     */
    public BusErrorException(long address) {
        super(null, null, false, false);
        this.address = address;
    }

    /**
     * The address that was not answered.
     *
     * @return physical byte address
     */
    public long address() {
        return address;
    }

    @Override
    public String getMessage() {
        return "bus error at physical address 0x" + Long.toHexString(address);
    }
}
