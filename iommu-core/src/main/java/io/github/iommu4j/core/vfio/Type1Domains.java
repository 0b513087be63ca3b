package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.ReservedRegion;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The domains of a container, and what all of them can map. Guarded by the lock of its {@link Type1}. */
final class Type1Domains {

    private static final PageSizes EVERY_SIZE = new PageSizes(-UserMemory.PAGE_SIZE);

    /** The newest first. */
    private final List<Type1Domain> domains = new ArrayList<>();

    private ValidRanges ranges = ValidRanges.EVERYTHING;
    private PageSizes pageSizes = EVERY_SIZE;

    List<Type1Domain> list() {
        return domains;
    }

    ValidRanges ranges() {
        return ranges;
    }

    void setRanges(ValidRanges newRanges) {
        ranges = newRanges;
    }

    PageSizes pageSizes() {
        return pageSizes;
    }

    void add(Type1Domain domain) {
        domains.add(0, domain);
        refreshPageSizes();
    }

    /** What every domain can map; sizes below a page count as a page. */
    private void refreshPageSizes() {
        long common = -1;
        for (Type1Domain domain : domains) {
            common &= domain.domain().pageSizes().bitmap();
        }
        long pages = common & -UserMemory.PAGE_SIZE;
        pageSizes = new PageSizes(pages == common ? common : pages | UserMemory.PAGE_SIZE);
    }

    /** The domain a group is on. */
    @Nullable
    Type1Domain of(IommuGroup group) {
        for (Type1Domain domain : domains) {
            if (domain.groups().contains(group)) {
                return domain;
            }
        }
        return null;
    }

    /** Frees a domain without groups. */
    void remove(Type1Domain domain) {
        domain.domain().free();
        domains.remove(domain);
        refreshPageSizes();
    }

    /** The addresses every domain can translate. */
    IovaRange commonAperture() {
        ValidRanges common = ValidRanges.EVERYTHING;
        for (Type1Domain domain : domains) {
            common = common.within(domain.domain().aperture());
        }
        return common.ranges().get(0);
    }

    /** Computes the valid ranges anew between two addresses; stays as it is when nothing would be left. */
    void refreshRanges(IovaRange span) {
        List<ReservedRegion> reserved = new ArrayList<>();
        domains.forEach(domain -> domain.groups().forEach(group -> reserved.addAll(group.reservedRegions())));
        ValidRanges fresh = new ValidRanges(List.of(span)).without(reserved);
        if (!fresh.ranges().isEmpty()) {
            ranges = fresh;
        }
    }

    /** Maps pinned memory in every domain, or in none. */
    void map(Mapping mapping, Mapping.Run run) {
        List<Type1Domain> done = new ArrayList<>();
        for (Type1Domain domain : domains) {
            try {
                domain.map(mapping, run);
                done.add(0, domain);
            } catch (IommuException refusal) {
                done.forEach(earlier -> earlier.domain().unmap(mapping.iova() + run.offset(), run.size()));
                throw refusal;
            }
        }
    }

    /** Unmaps a mapping from every domain. */
    void unmap(Mapping mapping) {
        domains.forEach(domain -> domain.domain().unmap(mapping.iova(), mapping.size()));
    }
}
