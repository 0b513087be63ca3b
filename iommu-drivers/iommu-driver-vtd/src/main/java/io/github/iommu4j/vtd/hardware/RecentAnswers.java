package io.github.iommu4j.vtd.hardware;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The answers given last, whole: for a device that goes on in the same page neither structures nor IOTLB are looked at.
 *
 * <p>An answer counts only under the stamp it was given under: the {@link CacheEpoch} and the number of answers the IOTLB
 * has evicted. Any invalidation, control change or eviction ends them all, so that what is found here is what the caches
 * would give as well. Read without locks; thread-safe.
 */
final class RecentAnswers {

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int SLOTS_LG2 = 8;
    private static final int SLOT_WORDS_LG2 = 3;
    private static final int REQUEST = 1;
    private static final int PAGE = 2;
    private static final int STAMP = 3;
    private static final int ANSWER = 4;
    private static final long MIX = 0xC2B2_AE3D_27D4_EB4FL;

    private final long[] words = new long[1 << SLOTS_LG2 + SLOT_WORDS_LG2];

    /** Who asks for what: 32 bits of source, 21 of PASID, the access with its highest bit always set. */
    static long request(int sid, int pasid, int access) {
        return sid & 0xFFFF_FFFFL | (pasid + 1L) << 32 | (access & 0x3FL | 0x40) << 53;
    }

    /** The answer, or 0. */
    long find(long stamp, long request, long iova) {
        long page = iova >>> 12;
        int slot = slotOf(request, page);
        long version = (long) WORD.getAcquire(words, slot);
        if ((long) WORD.getOpaque(words, slot + REQUEST) != request
                || (long) WORD.getOpaque(words, slot + PAGE) != page
                || (long) WORD.getOpaque(words, slot + STAMP) != stamp) {
            return 0;
        }
        long answer = (long) WORD.getOpaque(words, slot + ANSWER);
        VarHandle.acquireFence();
        return (version & 1) == 0 && (long) WORD.getOpaque(words, slot) == version ? answer : 0;
    }

    /** Keeps an answer; does nothing where the slot is just being changed. */
    void keep(long stamp, long request, long iova, long answer) {
        long page = iova >>> 12;
        int slot = slotOf(request, page);
        long version = (long) WORD.getOpaque(words, slot);
        if ((version & 1) != 0 || !WORD.compareAndSet(words, slot, version, version + 1)) {
            return;
        }
        VarHandle.storeStoreFence();
        WORD.setOpaque(words, slot + REQUEST, request);
        WORD.setOpaque(words, slot + PAGE, page);
        WORD.setOpaque(words, slot + STAMP, stamp);
        WORD.setOpaque(words, slot + ANSWER, answer);
        WORD.setRelease(words, slot, version + 2);
    }

    private static int slotOf(long request, long page) {
        return (int) ((page ^ request * MIX) * MIX >>> 64 - SLOTS_LG2) << SLOT_WORDS_LG2;
    }
}
