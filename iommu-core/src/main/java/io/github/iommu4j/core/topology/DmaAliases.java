package io.github.iommu4j.core.topology;

import org.jspecify.annotations.Nullable;

/** Under which requester IDs a function's requests may arrive at an IOMMU. All methods are pure. */
public final class DmaAliases {

    private DmaAliases() {}

    /**
     * Is shown the aliases one by one.
     *
     * @param <T> what the search is for
     */
    @FunctionalInterface
    public interface Visitor<T> {

        /**
         * Looks at one alias.
         *
         * @param function the function or bridge whose ID or whose secondary bus's ID it is
         * @param requesterId bus number in bits 15:8, device in 7:3, function in 2:0
         * @return the result, which ends the walk, or {@code null} to go on
         */
        @Nullable
        T visit(PciFunction function, int requesterId);
    }

    /**
     * Walks a function's aliases: its own ID, those it is known to borrow on its bus, and on the way up those of every
     * bridge that puts its own ID in place. Ports of PCI Express forward IDs unchanged and do not count.
     *
     * @param function where the walk begins
     * @param visitor looks at each alias
     * @param <T> what the search is for
     * @return the first result, or {@code null} when the walk went to the root
     */
    public static <T> @Nullable T forEach(PciFunction function, Visitor<T> visitor) {
        T found = visitor.visit(function, function.id().bits());
        for (int devfn : function.aliasDevfns()) {
            if (found != null) {
                return found;
            }
            found = visitor.visit(function, function.id().bits() & 0xFF00 | devfn);
        }
        PciFunction bridge = function.bridge();
        while (found == null && bridge != null && !bridge.has(PciQuirk.TRANSLATION_ROOT)) {
            int alias = aliasOf(bridge);
            if (alias >= 0) {
                found = visitor.visit(bridge, alias);
            }
            bridge = bridge.bridge();
        }
        return found;
    }

    private static int aliasOf(PciFunction bridge) {
        PciePortType type = bridge.portType();
        if (type != null && type.isPort()) {
            return -1;
        }
        PciBus secondary = bridge.secondary();
        boolean usesSecondary = type == PciePortType.PCIE_TO_PCI_BRIDGE
                || type == null && bridge.has(PciQuirk.BRIDGE_USES_SECONDARY_ID);
        return usesSecondary && secondary != null
                ? secondary.number() << 8
                : bridge.id().bits();
    }
}
