package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.core.topology.PciFunction;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds what firmware says of a function (Intel VT-d §8.3-8.8, with what Linux does where tables are broken). */
final class DmarMatch {

    private final DmarTable table;

    DmarMatch(DmarTable table) {
        this.table = table;
    }

    /** The unit a function is behind: one that names it or a bridge above, else the segment's unit of all others. */
    @Nullable
    DmarUnit unitOf(PciFunction function) {
        DmarUnit others = null;
        for (DmarUnit unit : table.units()) {
            if (unit.segment() != function.id().segment()) {
                continue;
            }
            if (isNamed(unit.scopes(), function)) {
                return unit;
            }
            if (unit.coverage() == DmarUnit.Coverage.ALL_OTHERS) {
                others = unit;
            }
        }
        return others;
    }

    /** The reserved memory of a function. */
    List<ReservedMemory> reservedFor(PciFunction function) {
        return table.reservedMemory().stream()
                .filter(each -> each.segment() == function.id().segment())
                .filter(each -> isNamed(each.scopes(), function))
                .toList();
    }

    /** Whether a function may cache translations. */
    boolean allowsAts(PciFunction function) {
        return table.ats().stream()
                .filter(each -> each.segment() == function.id().segment())
                .anyMatch(each -> each.extent() == AtsReach.Extent.ALL_PORTS || isNamed(each.scopes(), function));
    }

    private static boolean isNamed(List<DeviceScope> scopes, PciFunction function) {
        return scopes.stream().anyMatch(scope -> isNamed(scope, function));
    }

    private static boolean isNamed(DeviceScope scope, PciFunction function) {
        List<PciFunction> way = wayTo(function);
        List<PciFunction> part =
                way.subList(0, Math.min(way.size(), scope.path().size()));
        boolean sameWay = part.size() == scope.path().size()
                && part.get(0).id().bus() == scope.startBus()
                && part.stream().map(PciFunction::devfn).toList().equals(scope.path());
        boolean reaches = way.size() == scope.path().size() || scope.kind() == DeviceScope.Kind.BRIDGE;
        return sameWay && reaches || isNamedDirectly(scope, function);
    }

    /** Broken firmware names a function by its own bus, where it should begin at a root bus. */
    private static boolean isNamedDirectly(DeviceScope scope, PciFunction function) {
        return scope.path().size() == 1
                && scope.startBus() == function.id().bus()
                && scope.path().get(0) == function.devfn();
    }

    /** From the function on a root bus down to this one. */
    private static List<PciFunction> wayTo(PciFunction function) {
        List<PciFunction> way = new ArrayList<>();
        for (PciFunction at = function; at != null; at = at.bridge()) {
            way.add(at);
        }
        Collections.reverse(way);
        return way;
    }
}
