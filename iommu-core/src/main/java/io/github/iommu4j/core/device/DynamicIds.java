package io.github.iommu4j.core.device;

import io.github.iommu4j.core.topology.PciFunction;
import java.util.LinkedHashSet;
import java.util.Set;

/** Vendor and device numbers given to a PCI driver at run time ({@code new_id}). The owner serialises. */
final class DynamicIds {

    private record Id(int vendor, int device) {}

    private final Set<Id> ids = new LinkedHashSet<>();

    boolean add(int vendor, int device) {
        return ids.add(new Id(vendor, device));
    }

    boolean remove(int vendor, int device) {
        return ids.remove(new Id(vendor, device));
    }

    boolean matches(PciFunction function) {
        return ids.contains(new Id(function.vendor(), function.device()));
    }
}
