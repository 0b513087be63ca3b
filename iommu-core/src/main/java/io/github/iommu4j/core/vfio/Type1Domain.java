package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.Prot;
import java.util.ArrayList;
import java.util.List;

/** A domain of a container and the groups on it. Guarded by the lock of its {@link Type1}. */
final class Type1Domain {

    private final IommuDomain domain;
    private final Coherency coherency;
    private final List<IommuGroup> groups = new ArrayList<>();

    /** Whether the IOMMU makes DMA coherent against a device's wish. */
    enum Coherency {
        /** It does. */
        ENFORCED,
        /** It cannot. */
        UP_TO_DEVICE
    }

    Type1Domain(IommuDomain domain, Coherency coherency) {
        this.domain = domain;
        this.coherency = coherency;
    }

    IommuDomain domain() {
        return domain;
    }

    Coherency coherency() {
        return coherency;
    }

    List<IommuGroup> groups() {
        return groups;
    }

    /** Maps pinned memory. DMA is always made to snoop the caches. */
    void map(Mapping mapping, Mapping.Run run) {
        Prot prot = mapping.prot().and(Prot.CACHE);
        domain.map(mapping.iova() + run.offset(), run.first().pa(), run.size(), prot);
    }

    /** Maps what a container has mapped already, or nothing. */
    void replay(List<Mapping> mappings) {
        try {
            mappings.forEach(mapping -> mapping.runs().forEach(run -> map(mapping, run)));
        } catch (IommuException refusal) {
            mappings.forEach(mapping -> domain.unmap(mapping.iova(), mapping.size()));
            throw refusal;
        }
    }
}
