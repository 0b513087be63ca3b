package io.github.iommu4j.core.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The answers given last, whole: for a device that goes on in the same page of 4 KiB neither structures nor IOTLB are looked at.
 *
 * <p>An answer counts only under the stamp it was given under, which the unit makes of its {@link CacheEpoch} and of how many
 * entries its IOTLB has evicted or replaced. Any invalidation, control change or eviction ends them all at once, so that an answer
 * found here is one that the IOTLB would give as well. Read without locks, allocates nothing; thread-safe.
 */
public final class RecentAnswers {

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int SLOTS_LG2 = 8;
    private static final int SLOT_LG2 = 3;
    private static final int WHO = 1;
    private static final int PAGE = 2;
    private static final int STAMP = 3;
    private static final int ANSWER = 4;
    private static final int PAGE_LG2 = 12;
    private static final long PAGE_HASH = 0x9E37_79B9_7F4A_7C15L;
    private static final long WHO_HASH = 0xC2B2_AE3D_27D4_EB4FL;

    private final long[] words = new long[1 << SLOTS_LG2 + SLOT_LG2];

    /** No answers yet. */
    public RecentAnswers() {}

    /**
     * Looks for an answer.
     *
     * @param stamp what has to be the same as when it was kept
     * @param who all that the answer depends on but the address: the device, its process, and the access
     * @param iova an address in the page
     * @return the answer, or 0
     */
    public long find(long stamp, long who, long iova) {
        long page = iova >>> PAGE_LG2;
        int slot = slotOf(who, page);
        long version = (long) WORD.getAcquire(words, slot);
        if ((long) WORD.getOpaque(words, slot + WHO) == who
                && (long) WORD.getOpaque(words, slot + PAGE) == page
                && (long) WORD.getOpaque(words, slot + STAMP) == stamp) {
            long answer = (long) WORD.getOpaque(words, slot + ANSWER);
            VarHandle.acquireFence();
            return (version & 1) == 0 && (long) WORD.getOpaque(words, slot) == version ? answer : 0;
        }
        return 0;
    }

    /**
     * Keeps an answer. May do nothing: a slot that is just being changed is left alone.
     *
     * @param stamp what the stamp was before the answer was looked for
     * @param who all that the answer depends on but the address
     * @param iova an address in the page
     * @param answer the same for every address in the page, and not 0
     */
    public void keep(long stamp, long who, long iova, long answer) {
        long page = iova >>> PAGE_LG2;
        int slot = slotOf(who, page);
        long version = (long) WORD.getOpaque(words, slot);
        if ((version & 1) != 0 || !WORD.compareAndSet(words, slot, version, version + 1)) {
            return;
        }
        VarHandle.storeStoreFence();
        WORD.setOpaque(words, slot + WHO, who);
        WORD.setOpaque(words, slot + PAGE, page);
        WORD.setOpaque(words, slot + STAMP, stamp);
        WORD.setOpaque(words, slot + ANSWER, answer);
        WORD.setRelease(words, slot, version + 2);
    }

    private static int slotOf(long who, long page) {
        return (int) (page * PAGE_HASH + who * WHO_HASH >>> 64 - SLOTS_LG2) << SLOT_LG2;
    }
}
