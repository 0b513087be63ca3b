package io.github.iommu4j.core.topology;

import java.util.BitSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which functions the fabric cannot keep apart: the search of Linux {@code pci_device_group}, over whatever says which
 * group a function is in.
 *
 * <p>Not thread-safe; the owner of the topology serialises.
 *
 * @param <G> the groups
 */
public final class PciIsolation<G> {

    private static final int INTEL = 0x8086;

    private final Function<PciFunction, @Nullable G> groupOf;

    /**
     * Searches among known groups.
     *
     * @param groupOf the group a function is in, or {@code null}
     */
    public PciIsolation(Function<PciFunction, @Nullable G> groupOf) {
        this.groupOf = groupOf;
    }

    /**
     * Whether a function keeps peers from reaching each other through it.
     *
     * @param function a function
     * @return {@code true} when it isolates
     */
    public static boolean isolates(PciFunction function) {
        PciePortType type = function.portType();
        if (function.has(PciQuirk.ISOLATED_WITHOUT_ACS) || isVouchedFor(function)) {
            return true;
        }
        if (type == null) {
            return false;
        }
        return switch (type) {
            case PCIE_TO_PCI_BRIDGE, PCI_TO_PCIE_BRIDGE, RC_EVENT_COLLECTOR -> false;
            case ROOT_PORT, DOWNSTREAM_PORT -> enforces(function);
            case ENDPOINT, LEGACY_ENDPOINT, RC_ENDPOINT, UPSTREAM_PORT ->
                !function.isMultifunction() || enforces(function);
        };
    }

    /** Intel says that no endpoint integrated in its root complexes reaches another, with or without ACS. */
    private static boolean isVouchedFor(PciFunction function) {
        return function.vendor() == INTEL && function.portType() == PciePortType.RC_ENDPOINT;
    }

    private static boolean enforces(PciFunction function) {
        AccessControl control = function.accessControl();
        return control != null && control.enforces(AccessControl.ISOLATION);
    }

    /**
     * Whether a function and everything above it isolate.
     *
     * @param function where the path to the root begins
     * @return {@code true} when every step does
     */
    public static boolean isolatesToRoot(PciFunction function) {
        for (PciFunction step = function; step != null; step = step.bridge()) {
            if (!isolates(step)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The group a function must join.
     *
     * @param function a function that is in no group yet
     * @return an existing group, or {@code null} when the function needs a new one
     */
    public @Nullable G find(PciFunction function) {
        PciFunction[] last = {function};
        G shared = DmaAliases.forEach(function, (alias, id) -> {
            last[0] = alias;
            return groupOf.apply(alias);
        });
        if (shared != null) {
            return shared;
        }
        PciFunction top = last[0];
        for (PciFunction bridge = top.bridge(); bridge != null && !isolatesToRoot(bridge); bridge = bridge.bridge()) {
            top = bridge;
            shared = groupOf.apply(bridge);
            if (shared != null) {
                return shared;
            }
        }
        BitSet seen = new BitSet();
        shared = aliasGroup(top, seen);
        return shared != null ? shared : functionGroup(top, seen);
    }

    /** Functions of the same bus that borrow an ID from each other. */
    private @Nullable G aliasGroup(PciFunction function, BitSet seen) {
        if (seen.get(function.devfn())) {
            return null;
        }
        seen.set(function.devfn());
        G own = groupOf.apply(function);
        if (own != null) {
            return own;
        }
        for (PciFunction other : function.bus().functions()) {
            if (other == function || !alias(function, other)) {
                continue;
            }
            G found = aliasGroup(other, seen);
            if (found == null) {
                found = functionGroup(other, seen);
            }
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private static boolean alias(PciFunction one, PciFunction other) {
        return one.aliasDevfns().contains(other.devfn()) || other.aliasDevfns().contains(one.devfn());
    }

    /** Functions of the same slot between which nothing stands. */
    private @Nullable G functionGroup(PciFunction function, BitSet seen) {
        if (!function.isMultifunction() || isolates(function)) {
            return null;
        }
        for (PciFunction other : function.bus().functions()) {
            if (other == function || !other.sharesSlotWith(function) || isolates(other)) {
                continue;
            }
            G found = aliasGroup(other, seen);
            if (found != null) {
                return found;
            }
        }
        return null;
    }
}
