package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.CacheInvalidation;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import java.util.ArrayList;
import java.util.List;

/** What the nested series of 2019 lets a guest's owner do to every domain of a container. Guarded by the lock of its {@link Type1}. */
final class NestedControls {

    private final Type1Domains domains;

    NestedControls(Type1Domains domains) {
        this.domains = domains;
    }

    /** Refuses a structure that is too short or has flags. */
    static void check(int argsz, int least, int flags) {
        if (Integer.compareUnsigned(argsz, least) < 0 || flags != 0) {
            throw new IommuException(Errno.EINVAL, "argsz " + argsz + " of at least " + least + ", flags " + flags);
        }
    }

    /** Binds in every domain or, undone in reverse, in none. */
    void bindMsi(BindMsiRequest request) {
        List<IommuDomain> done = new ArrayList<>();
        for (Type1Domain each : domains.list()) {
            try {
                each.domain().bindGuestMsi(request.iova(), request.gpa(), request.size());
                done.add(0, each.domain());
            } catch (IommuException refusal) {
                done.forEach(domain -> domain.unbindGuestMsi(request.iova()));
                throw refusal;
            }
        }
    }

    void unbindMsi(long iova) {
        domains.list().forEach(each -> each.domain().unbindGuestMsi(iova));
    }

    /** Invalidates for every device; the first refusal ends it. */
    void invalidate(CacheInvalidation invalidation) {
        for (Type1Domain each : domains.list()) {
            for (IommuGroup group : each.groups()) {
                group.devices().forEach(device -> each.domain().invalidateCache(device, invalidation));
            }
        }
    }
}
