package io.github.iommu4j.api.fault;

import io.github.iommu4j.api.Errno;
import org.jspecify.annotations.Nullable;

/**
 * Takes the page requests of a domain (Linux 6.9 and later, {@code iommu_domain.iopf_handler}). Called from any thread, without
 * a lock of the core's.
 */
@FunctionalInterface
public interface IopfHandler {

    /**
     * Takes a whole group of requests.
     *
     * @param group the group
     * @return {@code null} when it was taken: {@link IopfGroup#respond} is to be called then, once, now or later. Else why not,
     *     and the core answers {@code FAILURE}
     */
    @Nullable
    Errno onGroup(IopfGroup group);
}
