package io.github.iommu4j.api.fault;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.device.Device;
import java.util.List;

/**
 * Page requests of one device that get one answer (Linux {@code struct iopf_group}).
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread.
 */
public interface IopfGroup {

    /**
     * Who asks.
     *
     * @return the device
     */
    Device device();

    /**
     * The domain whose handler has the group.
     *
     * @return the domain that was attached when the last request came
     */
    IommuDomain domain();

    /**
     * What is asked for.
     *
     * @return the requests as they came; the last one is {@link #last()}
     */
    List<FaultEvent.PageRequest> requests();

    /**
     * The request the answer goes to.
     *
     * @return the last request
     */
    FaultEvent.PageRequest last();

    /**
     * Whether the device still waits.
     *
     * @return {@code false} once it was answered, also when the core did so because the device left
     */
    boolean isPending();

    /**
     * Answers the device, unless it was answered because it left, and lets the group go. To be called once for a group that was
     * taken; a second call is a warning and does nothing.
     *
     * @param code the answer
     */
    void respond(PageResponse.Code code);
}
