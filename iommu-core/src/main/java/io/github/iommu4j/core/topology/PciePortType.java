package io.github.iommu4j.core.topology;

/** The Device/Port Type of a PCI Express capability (PCIe base specification, PCI Express Capabilities register). */
public enum PciePortType {
    /** PCI Express endpoint. */
    ENDPOINT(0),
    /** Legacy PCI Express endpoint. */
    LEGACY_ENDPOINT(1),
    /** Root port of a root complex. */
    ROOT_PORT(4),
    /** Upstream port of a switch. */
    UPSTREAM_PORT(5),
    /** Downstream port of a switch. */
    DOWNSTREAM_PORT(6),
    /** Bridge from PCI Express to conventional PCI. */
    PCIE_TO_PCI_BRIDGE(7),
    /** Bridge from conventional PCI to PCI Express. */
    PCI_TO_PCIE_BRIDGE(8),
    /** Endpoint integrated in the root complex. */
    RC_ENDPOINT(9),
    /** Event collector of the root complex. */
    RC_EVENT_COLLECTOR(10);

    private final int code;

    PciePortType(int code) {
        this.code = code;
    }

    /**
     * The register's encoding.
     *
     * @return bits 7:4 of the PCI Express Capabilities register
     */
    public int code() {
        return code;
    }

    /**
     * The type of an encoding.
     *
     * @param code bits 7:4 of the PCI Express Capabilities register
     * @return the type
     * @throws IllegalArgumentException when the encoding is reserved
     */
    public static PciePortType of(int code) {
        for (PciePortType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        throw new IllegalArgumentException("PCI Express device/port type " + code + " is reserved");
    }

    /**
     * Whether this is a port of a root complex or a switch, which forwards requests with their own requester IDs.
     *
     * @return {@code true} for root, upstream and downstream ports
     */
    public boolean isPort() {
        return this == ROOT_PORT || this == UPSTREAM_PORT || this == DOWNSTREAM_PORT;
    }
}
