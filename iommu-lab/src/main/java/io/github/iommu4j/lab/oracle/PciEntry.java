package io.github.iommu4j.lab.oracle;

import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.core.topology.AccessControl;
import io.github.iommu4j.core.topology.PciePortType;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A PCI function as a kernel found it.
 *
 * @param id where it is
 * @param vendor 16 bits
 * @param device 16 bits
 * @param classCode 24 bits
 * @param multifunctionBit bit 7 of the header type register
 * @param portType its PCI Express type, or {@code null} for conventional PCI
 * @param accessControl its ACS registers, or {@code null}
 * @param buses the bus numbers of a bridge, or {@code null}
 * @param isOnRootBus whether nothing is above it
 * @param capabilities numbers of its capabilities
 * @param virtualFunctions how many SR-IOV functions it can have
 * @param isBehindIommu whether the kernel shows an IOMMU for it
 * @param driver the driver the kernel bound, or {@code null}
 * @param group the group the kernel formed, or {@code null}
 */
public record PciEntry(
        RequesterId id,
        int vendor,
        int device,
        int classCode,
        boolean multifunctionBit,
        @Nullable PciePortType portType,
        @Nullable AccessControl accessControl,
        @Nullable BusNumbers buses,
        boolean isOnRootBus,
        Set<Integer> capabilities,
        int virtualFunctions,
        boolean isBehindIommu,
        @Nullable String driver,
        @Nullable Integer group) {

    /**
     * The buses behind a bridge.
     *
     * @param secondary the bus directly behind
     * @param subordinate the highest bus behind
     */
    public record BusNumbers(int secondary, int subordinate) {}

    static PciEntry of(JsonView view) {
        return new PciEntry(
                id(view.get("bdf")),
                (int) view.get("vendor").hex() & 0xFFFF,
                (int) view.get("device").hex() & 0xFFFF,
                (int) view.get("cls").hex() & 0xFF_FFFF,
                view.get("multifunction").flag(),
                view.optional("pcie", pcie -> portType(pcie.get("port_type_raw"))),
                view.optional("acs", PciEntry::accessControl),
                view.optional(
                        "bus_numbers",
                        buses -> new BusNumbers(bus(buses.get("secondary")), bus(buses.get("subordinate")))),
                !view.has("parent"),
                Set.copyOf(view.get("capabilities").list(JsonView::integer)),
                virtualFunctions(view),
                view.has("iommu"),
                view.optional("driver", JsonView::text),
                view.optional("group", JsonView::integer));
    }

    private static RequesterId id(JsonView view) {
        try {
            return RequesterId.parse(view.text());
        } catch (IllegalArgumentException e) {
            throw new JsonView.MalformedException(view.path() + " should be a PCI address");
        }
    }

    private static PciePortType portType(JsonView view) {
        try {
            return PciePortType.of(view.integer());
        } catch (IllegalArgumentException e) {
            throw new JsonView.MalformedException(view.path() + " should be a PCI Express port type");
        }
    }

    private static AccessControl accessControl(JsonView view) {
        return new AccessControl(
                view.get("cap_raw").integer(), view.get("ctl_raw").integer());
    }

    private static int bus(JsonView view) {
        int number = view.integer();
        if (number >>> 8 != 0) {
            throw new JsonView.MalformedException(view.path() + " should be a bus number");
        }
        return number;
    }

    private static int virtualFunctions(JsonView view) {
        Integer total = view.optional("sriov", sriov -> sriov.get("total_vfs").integer());
        return total == null ? 0 : total;
    }
}
