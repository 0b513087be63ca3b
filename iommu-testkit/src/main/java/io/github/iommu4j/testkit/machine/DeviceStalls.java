package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.dma.Endpoints;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The ends of stalls that a device was told and has not acted upon. Thread-safe: its monitor guards it. */
final class DeviceStalls {

    private final Map<Integer, Endpoints.Resumption> ended = new HashMap<>();

    /** The end of a stall, perhaps before the device knows of the stall. */
    synchronized void resume(int tag, Endpoints.Resumption outcome) {
        ended.put(tag, outcome);
    }

    /** Takes the end of a stall; {@code null} while it lasts. */
    synchronized Endpoints.@Nullable Resumption take(int tag) {
        return ended.remove(tag);
    }
}
