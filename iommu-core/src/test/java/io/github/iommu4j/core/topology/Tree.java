package io.github.iommu4j.core.topology;

import io.github.iommu4j.api.device.RequesterId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/** A PCI tree under construction, whose functions join groups as they are added. */
final class Tree {

    static final AccessControl ISOLATING = new AccessControl(0x5F, 0x1D);
    static final AccessControl SWITCHED_OFF = new AccessControl(0x5F, 0x11);

    private final PciBus root = PciBus.root(0, 0);
    private final Map<Integer, PciBus> buses = new HashMap<>();
    private final Map<PciFunction, Integer> groups = new LinkedHashMap<>();
    private final PciIsolation<Integer> isolation = new PciIsolation<>(groups::get);
    private int nextGroup;

    Tree() {
        buses.put(0, root);
    }

    /** Adds a function; the buses above must be there. */
    PciFunction plug(String address, UnaryOperator<PciFunction.Builder> description) {
        PciFunction.Builder builder = PciFunction.at(RequesterId.parse("0000:" + address));
        PciFunction function = description.apply(builder).build();
        Objects.requireNonNull(buses.get(function.id().bus())).add(function);
        PciBus behind = function.secondary();
        if (behind != null) {
            buses.put(behind.number(), behind);
        }
        return function;
    }

    /** The function's group, found or new. */
    int group(PciFunction function) {
        Integer found = isolation.find(function);
        int group = found == null ? nextGroup++ : found;
        groups.put(function, group);
        return group;
    }

    int groupOf(String address, UnaryOperator<PciFunction.Builder> description) {
        return group(plug(address, description));
    }

    PciBus root() {
        return root;
    }

    static UnaryOperator<PciFunction.Builder> endpoint() {
        return builder -> builder.express(PciePortType.ENDPOINT);
    }

    static UnaryOperator<PciFunction.Builder> conventional() {
        return builder -> builder;
    }

    static UnaryOperator<PciFunction.Builder> goodPort(int behind) {
        return builder ->
                builder.express(PciePortType.ROOT_PORT).accessControl(ISOLATING).bridgeTo(behind, 0xFF);
    }

    static UnaryOperator<PciFunction.Builder> badPort(int behind) {
        return builder -> builder.express(PciePortType.ROOT_PORT).bridgeTo(behind, 0xFF);
    }
}
