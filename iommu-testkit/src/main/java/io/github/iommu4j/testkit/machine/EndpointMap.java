package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.InvalidateRequest;
import io.github.iommu4j.api.dma.PrgResponse;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The devices behind a unit, found by StreamID or requester ID; what is for nobody is done at once.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread.
 */
public final class EndpointMap implements Endpoints {

    private final Map<Integer, Endpoints> devices = new ConcurrentHashMap<>();

    /** A map without devices. */
    public EndpointMap() {}

    /**
     * Puts a device behind the unit.
     *
     * @param streamId StreamID or requester ID, unsigned 32 bits
     * @param device who is called; takes the place of an earlier one
     */
    public void add(int streamId, Endpoints device) {
        devices.put(streamId, device);
    }

    /**
     * Takes a device away.
     *
     * @param streamId StreamID or requester ID, unsigned 32 bits
     */
    public void remove(int streamId) {
        devices.remove(streamId);
    }

    private Endpoints at(int streamId) {
        return devices.getOrDefault(streamId, NONE);
    }

    @Override
    public Reply invalidate(InvalidateRequest request) {
        return at(request.streamId()).invalidate(request);
    }

    @Override
    public void respond(PrgResponse response) {
        at(response.streamId()).respond(response);
    }

    @Override
    public void resume(int streamId, int tag, Resumption outcome) {
        at(streamId).resume(streamId, tag, outcome);
    }
}
