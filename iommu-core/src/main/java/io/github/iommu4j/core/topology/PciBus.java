package io.github.iommu4j.core.topology;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A bus segment and the functions on it. Not thread-safe, as {@link PciFunction}. */
public final class PciBus {

    private static final int DEVFNS = 256;

    private final int segment;
    private final int number;
    private final int subordinate;
    private final @Nullable PciFunction bridge;
    private final @Nullable PciFunction[] functions = new PciFunction[DEVFNS];

    PciBus(int segment, int number, int subordinate, @Nullable PciFunction bridge) {
        this.segment = segment;
        this.number = number;
        this.subordinate = subordinate;
        this.bridge = bridge;
    }

    /**
     * A bus of a host bridge.
     *
     * @param segment PCI segment
     * @param number bus number
     * @return a root bus without functions
     */
    public static PciBus root(int segment, int number) {
        return new PciBus(segment, number, 0xFF, null);
    }

    /**
     * The PCI segment.
     *
     * @return 0 to 0xFFFF
     */
    public int segment() {
        return segment;
    }

    /**
     * The bus number.
     *
     * @return 0 to 255
     */
    public int number() {
        return number;
    }

    /**
     * The highest bus number below.
     *
     * @return 0 to 255
     */
    public int subordinate() {
        return subordinate;
    }

    /**
     * The bridge above.
     *
     * @return the bridge, or {@code null} for a root bus
     */
    public @Nullable PciFunction bridge() {
        return bridge;
    }

    /**
     * Whether this is a bus of a host bridge.
     *
     * @return {@code true} without a bridge above
     */
    public boolean isRoot() {
        return bridge == null;
    }

    /**
     * The function at a place.
     *
     * @param devfn device number in bits 7:3, function number in 2:0
     * @return the function, or {@code null}
     */
    public @Nullable PciFunction function(int devfn) {
        return functions[devfn];
    }

    /**
     * All functions.
     *
     * @return in order of device and function number; a snapshot
     */
    public List<PciFunction> functions() {
        List<PciFunction> present = new ArrayList<>();
        for (PciFunction function : functions) {
            if (function != null) {
                present.add(function);
            }
        }
        return present;
    }

    /**
     * Puts a function on the bus.
     *
     * @param function a function with this bus's number
     * @throws IllegalArgumentException when the place is taken or the function belongs elsewhere
     */
    public void add(PciFunction function) {
        boolean elsewhere =
                function.id().segment() != segment || function.id().bus() != number && !function.isVirtual();
        if (elsewhere || functions[function.devfn()] != null) {
            throw new IllegalArgumentException(function + " has no place on bus " + this);
        }
        functions[function.devfn()] = function;
        function.moveTo(this);
    }

    /**
     * Takes a function off the bus. It still knows the bus it was on.
     *
     * @param function a function of this bus
     */
    public void remove(PciFunction function) {
        functions[function.devfn()] = null;
    }

    @Override
    public String toString() {
        return String.format("%04x:%02x", segment, number);
    }
}
