package io.github.iommu4j.tipat.driver;

import io.github.iommu4j.api.memory.MmioRegion;
import org.jspecify.annotations.Nullable;

/**
 * What firmware says of one PAT: a device tree node of the binding {@code ti,j721e-pat}. Pieces may be missing; the driver
 * says so when it probes. Immutable.
 *
 * @param mmrs the region {@code mmrs}, or {@code null}
 * @param table the region {@code table}, or {@code null}
 * @param window the region {@code window} of the binding's first version, or {@code null}
 * @param windowBase the property {@code ti,pat-window-base} of its later one, or {@code null}
 * @param windowSize the property {@code ti,pat-window-size} of its later one, or {@code null}
 */
public record PatNode(
        @Nullable Region mmrs,
        @Nullable Region table,
        @Nullable Window window,
        @Nullable Long windowBase,
        @Nullable Long windowSize) {

    /**
     * Registers on the bus.
     *
     * @param registers what answers there
     * @param size bytes, as the node says
     */
    public record Region(MmioRegion registers, long size) {}

    /**
     * Addresses that are translated.
     *
     * @param base first physical address
     * @param size bytes
     */
    public record Window(long base, long size) {}

    /**
     * A node as the binding's first version has it.
     *
     * @param mmrs the registers
     * @param table the table's SRAM
     * @param window the window
     * @return the node
     */
    public static PatNode of(Region mmrs, Region table, Window window) {
        return new PatNode(mmrs, table, window, null, null);
    }

    /** The window of either version, the first one's region before the later one's properties. */
    @Nullable
    Window anyWindow() {
        if (window != null || windowBase == null || windowSize == null) {
            return window;
        }
        return new Window(windowBase, windowSize);
    }
}
