package io.github.iommu4j.core.topology;

/**
 * Access Control Services of a function (PCIe base specification, ACS extended capability). Immutable.
 *
 * @param capability the ACS Capability register
 * @param control the ACS Control register, as the kernel programmed it
 */
public record AccessControl(int capability, int control) {

    /** ACS Source Validation. */
    public static final int SOURCE_VALIDATION = 1;
    /** ACS P2P Request Redirect. */
    public static final int REQUEST_REDIRECT = 4;
    /** ACS P2P Completion Redirect. */
    public static final int COMPLETION_REDIRECT = 8;
    /** ACS Upstream Forwarding. */
    public static final int UPSTREAM_FORWARDING = 0x10;
    /** ACS P2P Egress Control. */
    public static final int EGRESS_CONTROL = 0x20;
    /** What isolation asks for. */
    public static final int ISOLATION =
            SOURCE_VALIDATION | REQUEST_REDIRECT | COMPLETION_REDIRECT | UPSTREAM_FORWARDING;

    /**
     * Whether the services asked for are in force. One that the function does not have, and so does not need, counts as
     * in force; egress control never does unless it is on.
     *
     * @param services bits of the control register
     * @return {@code true} when nothing asked for is off
     */
    public boolean enforces(int services) {
        int needed = services & (capability | EGRESS_CONTROL);
        return (control & needed) == needed;
    }
}
