package io.github.iommu4j.testkit.arbitraries;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.Prot;

/**
 * A call on a domain.
 *
 * @param kind map or unmap
 * @param iova first address
 * @param pa first physical address of a map
 * @param size bytes
 * @param prot protection of a map
 */
public record DomainCall(Kind kind, long iova, long pa, long size, Prot prot) {

    /** Which call. */
    public enum Kind {
        /** {@link IommuDomain#map}. */
        MAP,
        /** {@link IommuDomain#unmap}. */
        UNMAP
    }

    /**
     * Makes the call.
     *
     * @param domain on which domain
     * @return bytes mapped or unmapped; 0 for a map that was refused
     */
    public long on(IommuDomain domain) {
        if (kind == Kind.UNMAP) {
            return domain.unmap(iova, size);
        }
        try {
            domain.map(iova, pa, size, prot);
            return size;
        } catch (IommuException refusal) {
            return 0;
        }
    }

    @Override
    public String toString() {
        String where = String.format("0x%x + 0x%x", iova, size);
        return kind == Kind.UNMAP ? "unmap " + where : "map " + where + String.format(" to 0x%x", pa);
    }
}
