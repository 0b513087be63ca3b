package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.InvalidationType;

/** Executes descriptors that act upon the unit's own caches (Intel VT-d §6.5.2). What they ask for is done on return. */
final class InvalidationExecutor {

    private final CacheControl caches;
    private final InterruptEntryCache entries;
    private final boolean selectsPages;

    InvalidationExecutor(VtdCapabilities capabilities, CacheControl caches, InterruptEntryCache entries) {
        this.caches = caches;
        this.entries = entries;
        this.selectsPages = capabilities.invalidatesPages();
    }

    /** Executes a descriptor that {@link InvalidationRules} let pass; those of waits and devices are not for here. */
    void execute(InvalidationType type, InvalidationDescriptor descriptor) {
        switch (type) {
            case CONTEXT_CACHE -> context(descriptor);
            case IOTLB -> iotlb(descriptor);
            case PASID_IOTLB -> pasidIotlb(descriptor);
            case PASID_CACHE -> pasidCache(descriptor);
            case INTERRUPT_ENTRY_CACHE -> interruptEntries(descriptor.q0());
            case WAIT, DEVICE_TLB, PASID_DEVICE_TLB, PAGE_GROUP_RESPONSE ->
                throw new AssertionError(descriptor + " acts upon no cache");
        }
    }

    private void context(InvalidationDescriptor descriptor) {
        switch (granularity(descriptor)) {
            case InvalidationDescriptor.GLOBAL -> caches.contextGlobal();
            case InvalidationDescriptor.DOMAIN -> caches.contextDomain(descriptor.did());
            default ->
                caches.contextDevice(
                        descriptor.did(),
                        descriptor.sid(),
                        InvalidationDescriptor.FUNCTION_MASK.getInt(descriptor.q0()));
        }
    }

    private void iotlb(InvalidationDescriptor descriptor) {
        int granularity = granularity(descriptor);
        if (granularity == InvalidationDescriptor.GLOBAL) {
            caches.iotlbGlobal();
        } else if (granularity == InvalidationDescriptor.DOMAIN || !selectsPages) {
            caches.iotlbDomain(descriptor.did());
        } else {
            caches.iotlbPages(descriptor.did(), page(descriptor), pagesLg2(descriptor), leavesOnly(descriptor));
        }
    }

    private void pasidIotlb(InvalidationDescriptor descriptor) {
        int did = descriptor.did();
        int pasid = descriptor.pasid();
        if (granularity(descriptor) == InvalidationDescriptor.ALL_OF_PASID) {
            caches.pasidIotlb(did, pasid);
        } else {
            caches.pasidIotlbPages(did, pasid, page(descriptor), pagesLg2(descriptor), leavesOnly(descriptor));
        }
    }

    private void pasidCache(InvalidationDescriptor descriptor) {
        switch (granularity(descriptor)) {
            case InvalidationDescriptor.CACHE_DOMAIN -> caches.pasidDomain(descriptor.did());
            case InvalidationDescriptor.CACHE_PASID -> caches.pasid(descriptor.did(), descriptor.pasid());
            default -> caches.pasidGlobal();
        }
    }

    private void interruptEntries(long q0) {
        if (InvalidationDescriptor.INDEXED.isSet(q0)) {
            entries.invalidate(InvalidationDescriptor.INDEX.getInt(q0), InvalidationDescriptor.INDEX_MASK.getInt(q0));
        } else {
            entries.invalidateAll();
        }
    }

    private static int granularity(InvalidationDescriptor descriptor) {
        return InvalidationDescriptor.GRANULARITY.getInt(descriptor.q0());
    }

    private static long page(InvalidationDescriptor descriptor) {
        return InvalidationDescriptor.ADDRESS.inPlace(descriptor.q1());
    }

    private static int pagesLg2(InvalidationDescriptor descriptor) {
        return InvalidationDescriptor.ADDRESS_MASK.getInt(descriptor.q1());
    }

    private static boolean leavesOnly(InvalidationDescriptor descriptor) {
        return InvalidationDescriptor.HINT.isSet(descriptor.q1());
    }
}
