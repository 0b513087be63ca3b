package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An address space that a context descriptor leads to: a domain of stage 1, or a process's. */
interface ContextSpace {

    /** The unit whose TLB knows it. */
    SmmuUnit unit();

    /** Who goes through it, and how what is cached of it goes. */
    DomainFlush flush();

    /** The descriptor for a master with these traits. */
    ContextDescriptor descriptor(Set<StreamTrait> traits);

    /** The core's side, or {@code null} before there is one. */
    @Nullable
    IommuDomain domain();
}
