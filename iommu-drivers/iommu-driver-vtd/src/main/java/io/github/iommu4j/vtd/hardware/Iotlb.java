package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.core.cache.CacheEpoch;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The IOTLB (Intel VT-d §6.2.4): set-associative, in one flat array, read without locks.
 *
 * <p>A set is a version word and three words for each way: the key (page address, log2 of the leaf in bits 11:6, log2 of
 * the size in 5:0), the {@link IotlbTag} and the {@link Answer}. An odd version is the set's lock; a reader takes what it
 * read only if the version was even and is unchanged. Insertion and removal follow the protocol of {@link CacheEpoch}.
 */
final class Iotlb {

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle SIZES;
    private static final VarHandle EVICTIONS;
    private static final int KEY = 0;
    private static final int TAG = 1;
    private static final int ANSWER = 2;
    private static final int WORDS = 3;
    private static final long SIZE_AND_PAGE = ~0xFC0L;
    private static final long MIX = 0x9E37_79B9_7F4A_7C15L;

    static {
        try {
            SIZES = MethodHandles.lookup().findVarHandle(Iotlb.class, "sizes", int.class);
            EVICTIONS = MethodHandles.lookup().findVarHandle(Iotlb.class, "evictions", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final CacheEpoch epoch;
    private final int sets;
    private final int setWords;
    private final int usedWords;
    private final int shift;
    private final long[] words;

    /** Bit n: answers for 2^(n + 12) bytes may be present. */
    private volatile int sizes;

    private volatile long evictions;

    Iotlb(CacheGeometry geometry, CacheEpoch epoch) {
        this.epoch = epoch;
        sets = geometry.iotlbSets();
        usedWords = 1 + geometry.iotlbWays() * WORDS;
        setWords = (usedWords + 7) / 8 * 8;
        shift = 64 - Integer.numberOfTrailingZeros(Math.max(sets, 2));
        words = new long[sets * setWords];
    }

    /** log2 of the first-stage page, or else the page, a cached piece is of. */
    static int leafLg2(long key) {
        return (int) (key >>> 6) & 63;
    }

    /** The answer for an address, or 0. */
    long find(long address, long tag) {
        for (int left = sizes; left != 0; left &= left - 1) {
            int sizeLg2 = 12 + Integer.numberOfTrailingZeros(left);
            long found = probe(address & -1L << sizeLg2 | sizeLg2, tag);
            if (found != 0) {
                return found;
            }
        }
        return 0;
    }

    private long probe(long wanted, long tag) {
        int set = setOf(wanted, tag);
        long version = (long) WORD.getAcquire(words, set);
        for (int way = set + 1, end = set + usedWords; way < end; way += WORDS) {
            if (((long) WORD.getOpaque(words, way + KEY) & SIZE_AND_PAGE) == wanted
                    && (long) WORD.getOpaque(words, way + TAG) == tag) {
                long answer = (long) WORD.getOpaque(words, way + ANSWER);
                VarHandle.acquireFence();
                return (version & 1) == 0 && (long) WORD.getOpaque(words, set) == version ? answer : 0;
            }
        }
        return 0;
    }

    /** Caches an answer, unless an invalidation began since {@code seen} was read or the set is just being changed. */
    void insert(long seen, long address, long tag, long answer) {
        if (sets == 0) {
            return;
        }
        int sizeLg2 = Answer.sizeLg2(answer);
        long wanted = address & -1L << sizeLg2 | sizeLg2;
        int set = setOf(wanted, tag);
        long version = (long) WORD.getOpaque(words, set);
        if ((version & 1) != 0 || !WORD.compareAndSet(words, set, version, version + 1)) {
            return;
        }
        SIZES.getAndBitwiseOr(this, 1 << sizeLg2 - 12);
        if (epoch.now() == seen) {
            int way = victim(set, version, wanted, tag);
            VarHandle.storeStoreFence();
            WORD.setOpaque(words, way + KEY, wanted | (long) Answer.leafLg2(answer) << 6);
            WORD.setOpaque(words, way + TAG, tag);
            WORD.setOpaque(words, way + ANSWER, answer);
        }
        WORD.setRelease(words, set, version + 2);
    }

    /** The way of the same page, else an empty one, else one after the other. */
    private int victim(int set, long version, long wanted, long tag) {
        int empty = -1;
        for (int way = set + 1, end = set + usedWords; way < end; way += WORDS) {
            if (words[way + TAG] == 0) {
                empty = empty < 0 ? way : empty;
            } else if ((words[way + KEY] & SIZE_AND_PAGE) == wanted && words[way + TAG] == tag) {
                return way;
            }
        }
        if (empty >= 0) {
            return empty;
        }
        EVICTIONS.getAndAdd(this, 1L);
        return set + 1 + (int) ((version >>> 1) % ((usedWords - 1) / WORDS)) * WORDS;
    }

    /** How many answers had to make room for others. */
    long evictions() {
        return evictions;
    }

    /** Removes what a selection takes. The epoch must have been advanced before. */
    void remove(IotlbSelection selection) {
        for (int set = 0; set < words.length; set += setWords) {
            if (isConcerned(set, selection)) {
                removeFrom(set, selection);
            }
        }
    }

    /** A set that is being changed is; otherwise what is inserted later knows of the new epoch. */
    private boolean isConcerned(int set, IotlbSelection selection) {
        if (((long) WORD.getVolatile(words, set) & 1) != 0) {
            return true;
        }
        for (int way = set + 1, end = set + usedWords; way < end; way += WORDS) {
            long tag = (long) WORD.getOpaque(words, way + TAG);
            if (tag != 0 && selection.takes((long) WORD.getOpaque(words, way + KEY), tag)) {
                return true;
            }
        }
        return false;
    }

    private void removeFrom(int set, IotlbSelection selection) {
        long version = lock(set);
        VarHandle.storeStoreFence();
        for (int way = set + 1, end = set + usedWords; way < end; way += WORDS) {
            if (words[way + TAG] != 0 && selection.takes(words[way + KEY], words[way + TAG])) {
                WORD.setOpaque(words, way + TAG, 0L);
            }
        }
        WORD.setRelease(words, set, version + 2);
    }

    private long lock(int set) {
        while (true) {
            long version = (long) WORD.getAcquire(words, set);
            if ((version & 1) == 0 && WORD.compareAndSet(words, set, version, version + 1)) {
                return version;
            }
            Thread.onSpinWait();
        }
    }

    private int setOf(long wanted, long tag) {
        long page = wanted >>> (int) (wanted & 63);
        return (int) ((page * MIX ^ tag * MIX << 7) >>> shift & sets - 1) * setWords;
    }
}
