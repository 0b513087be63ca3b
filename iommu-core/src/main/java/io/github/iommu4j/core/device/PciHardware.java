package io.github.iommu4j.core.device;

import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.core.topology.PciFunction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is plugged into a machine's PCI slots, whether or not the kernel has found it. Confined to who builds and
 * enumerates it.
 */
public final class PciHardware {

    private final NavigableMap<RequesterId, PciFunction.Builder> functions = new TreeMap<>();
    private final Map<RequesterId, List<PciFunction.Builder>> virtualFunctions = new HashMap<>();
    private final Set<RequesterId> concealed = new HashSet<>();
    private final List<int[]> rootBuses = new ArrayList<>();

    /** A machine without slots. */
    public PciHardware() {}

    /**
     * Adds a host bridge's bus.
     *
     * @param segment PCI segment
     * @param number bus number
     * @return this hardware
     */
    public PciHardware rootBus(int segment, int number) {
        rootBuses.add(new int[] {segment, number});
        return this;
    }

    /**
     * Plugs a function in.
     *
     * @param id where
     * @param description what its configuration space says
     * @return this hardware
     * @throws IllegalArgumentException when the place is taken
     */
    public PciHardware plug(RequesterId id, PciFunction.Builder description) {
        if (functions.putIfAbsent(id, description) != null) {
            throw new IllegalArgumentException(id + " is taken");
        }
        return this;
    }

    /**
     * Pulls a function out. The kernel notices nothing until it is told.
     *
     * @param id where
     */
    public void unplug(RequesterId id) {
        functions.remove(id);
    }

    /**
     * Lets a function stop answering, still plugged in. The kernel notices nothing until it is told.
     *
     * @param id where
     */
    public void conceal(RequesterId id) {
        concealed.add(id);
    }

    /**
     * Lets a function answer again.
     *
     * @param id where
     */
    public void reveal(RequesterId id) {
        concealed.remove(id);
    }

    /**
     * Gives a function the virtual functions it can make (SR-IOV).
     *
     * @param id the physical function
     * @param descriptions what they will be, in order
     * @return this hardware
     */
    public PciHardware virtualFunctions(RequesterId id, List<PciFunction.Builder> descriptions) {
        virtualFunctions.put(id, List.copyOf(descriptions));
        return this;
    }

    List<PciFunction.Builder> virtualFunctions(RequesterId id) {
        return virtualFunctions.getOrDefault(id, List.of());
    }

    List<int[]> rootBuses() {
        return rootBuses;
    }

    /** A fresh reading of a function's configuration space, or {@code null} when nobody answers. */
    @Nullable
    PciFunction read(int segment, int bus, int devfn) {
        RequesterId id = new RequesterId(segment, bus, devfn >>> 3, devfn & 7);
        PciFunction.Builder description = functions.get(id);
        return description == null || concealed.contains(id) ? null : description.build();
    }
}
