package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.core.cache.CacheEpoch;
import io.github.iommu4j.core.cache.StructureCache;
import io.github.iommu4j.vtd.hardware.IotlbSelection.Range;

/**
 * The context cache, the PASID cache and the IOTLB (Intel VT-d §6.2), and what invalidations take out of them. There are
 * no paging-structure caches, so that IH changes nothing. Invalidations exclude each other; everything else is
 * thread-safe.
 */
final class Caches implements CacheControl {

    /** Which function bits a function mask ignores. */
    private static final int[] IGNORED_FUNCTIONS = {0, 4, 6, 7};

    private static final int STRUCTURE_WAYS = 4;
    private static final int PASID_BITS = 20;
    private static final int PASID_MASK = (1 << PASID_BITS) - 1;
    private static final int PAGE_LG2 = 12;

    final CacheEpoch epoch;

    /**
     * Counts what takes contexts or address spaces out, so that a {@link Route} ends with them. It is advanced before they go, and
     * once more before the epoch is for the last time: a route made meanwhile is used by no translation that begins later.
     */
    final CacheEpoch structures = new CacheEpoch();

    /** Contexts by source-id. */
    final StructureCache<Context> contexts;

    /** Address spaces by source-id and PASID: an entry that faults belongs to every domain. */
    final StructureCache<AddressSpace> spaces;

    final Iotlb iotlb;
    private final boolean shortSpans;

    Caches(CacheGeometry geometry, Deviations deviations) {
        epoch = new CacheEpoch();
        contexts = new StructureCache<>(geometry.structureSets(), STRUCTURE_WAYS, epoch);
        spaces = new StructureCache<>(geometry.structureSets(), STRUCTURE_WAYS, epoch);
        iotlb = new Iotlb(geometry, epoch);
        shortSpans = deviations.has(VtdDeviation.INVALIDATION_AM_OF_6_BITS);
    }

    /** Whether anything is cached of structures. */
    boolean keepsStructures() {
        return contexts.isPresent();
    }

    /** What an address space is cached by. */
    static long spaceKey(int sid, int pasid) {
        return (long) sid << PASID_BITS | pasid;
    }

    @Override
    public synchronized void everything() {
        structures.advance();
        epoch.advance();
        contexts.removeIf((key, structure) -> true);
        epoch.advance();
        spaces.removeIf((key, structure) -> true);
        // Before answers go: one made by a route of before must not be kept after.
        structures.advance();
        epoch.advance();
        iotlb.remove(IotlbSelection.EVERYTHING);
        epoch.advance();
    }

    @Override
    public synchronized void contextGlobal() {
        structures.advance();
        epoch.advance();
        contexts.removeIf((key, structure) -> true);
        structures.advance();
        epoch.advance();
    }

    @Override
    public synchronized void contextDomain(int did) {
        structures.advance();
        epoch.advance();
        contexts.removeIf((key, context) -> context.did() == did || context.did() == Context.EVERY_DOMAIN);
        structures.advance();
        epoch.advance();
    }

    @Override
    public synchronized void contextDevice(int did, int sid, int functionMask) {
        int compared = ~IGNORED_FUNCTIONS[functionMask & 3];
        structures.advance();
        epoch.advance();
        contexts.removeIf((key, context) -> (((int) key ^ sid) & compared & 0xFFFF) == 0);
        structures.advance();
        epoch.advance();
    }

    @Override
    public synchronized void pasidGlobal() {
        structures.advance();
        epoch.advance();
        spaces.removeIf((key, structure) -> true);
        structures.advance();
        epoch.advance();
    }

    @Override
    public synchronized void pasidDomain(int did) {
        structures.advance();
        epoch.advance();
        spaces.removeIf((key, space) -> isOf(space, did));
        structures.advance();
        epoch.advance();
    }

    @Override
    public synchronized void pasid(int did, int pasid) {
        structures.advance();
        epoch.advance();
        spaces.removeIf((key, space) -> ((int) key & PASID_MASK) == pasid && isOf(space, did));
        structures.advance();
        epoch.advance();
    }

    @Override
    public void iotlbGlobal() {
        remove(IotlbSelection.EVERYTHING);
    }

    @Override
    public void iotlbDomain(int did) {
        remove(IotlbSelection.domain(did));
    }

    @Override
    public void iotlbPages(int did, long address, int am, boolean leavesOnly) {
        remove(IotlbSelection.domain(did).within(Range.SECOND_STAGE, address, spanLg2(am)));
    }

    @Override
    public void pasidIotlb(int did, int pasid) {
        remove(IotlbSelection.pasid(did, pasid));
    }

    @Override
    public void pasidIotlbPages(int did, int pasid, long address, int am, boolean leavesOnly) {
        remove(IotlbSelection.pasid(did, pasid).within(Range.ALL, address, spanLg2(am)));
    }

    /** What is cached of a page of one address space goes, for either privilege (§6.5.3.1). */
    void page(long tag, long address) {
        long mask = ~IotlbTag.SUPERVISOR;
        remove(new IotlbSelection(mask, tag & mask, Range.NONE, 0, 0).within(Range.ALL, address, PAGE_LG2));
    }

    private synchronized void remove(IotlbSelection selection) {
        epoch.advance();
        iotlb.remove(selection);
        epoch.advance();
    }

    private int spanLg2(int am) {
        return shortSpans ? PAGE_LG2 + am & 63 : PAGE_LG2 + am;
    }

    private static boolean isOf(AddressSpace space, int did) {
        return space.isFault() || space.did() == did;
    }
}
