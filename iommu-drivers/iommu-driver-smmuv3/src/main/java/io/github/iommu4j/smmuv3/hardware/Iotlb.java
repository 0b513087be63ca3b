package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.core.cache.CacheEpoch;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The translation cache: set-associative, in one flat array, read without locks.
 *
 * <p>A set is a version word and, for each way, a {@link TlbKey}, a {@link TlbTag} and a {@link TlbWord}. An odd version
 * is the set's lock; readers take what they read only if the version was even and is unchanged. A look-up probes one set
 * for each entry size that may be present, and global entries only where there are any.
 *
 * <p>Insertion and invalidation follow the protocol of {@link CacheEpoch}. Thread-safe; invalidations are serialised.
 */
final class Iotlb {

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle SIZES = mask("sizes");
    private static final VarHandle GLOBAL_SIZES = mask("globalSizes");
    private static final VarHandle EVICTIONS = mask("evictions");
    private static final int KEY = 0;
    private static final int TAG = 1;
    private static final int DATA = 2;
    private static final int WORDS_PER_WAY = 3;
    private static final int CACHE_LINE_WORDS = 8;
    private static final long PAGE_HASH = 0x9E37_79B9_7F4A_7C15L;
    private static final long TAG_HASH = 0xC2B2_AE3D_27D4_EB4FL;

    /** In {@link #sizes}: some entry is smaller than the descriptor behind it. */
    private static final long FRAGMENTS = 1;

    private final CacheEpoch epoch;
    private final int sets;
    private final int ways;
    private final int setWords;
    private final int hashShift;
    private final long[] words;

    /** Bit n: entries of 2^n bytes may be present. Only a full sweep clears bits. */
    private volatile long sizes;

    /** The same for global entries. */
    private volatile long globalSizes;

    private volatile long evictions;

    Iotlb(CacheGeometry geometry, CacheEpoch epoch) {
        this.epoch = epoch;
        sets = geometry.tlbSets();
        ways = geometry.tlbWays();
        setWords = (1 + ways * WORDS_PER_WAY + CACHE_LINE_WORDS - 1) / CACHE_LINE_WORDS * CACHE_LINE_WORDS;
        hashShift = 64 - Integer.numberOfTrailingZeros(Math.max(sets, 2));
        words = new long[sets * setWords];
    }

    private static VarHandle mask(String field) {
        try {
            return MethodHandles.lookup().findVarHandle(Iotlb.class, field, long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The answer for an address, or 0. */
    long find(long address, long tag, long globalTag) {
        for (long left = sizes & ~FRAGMENTS; left != 0; left &= left - 1) {
            long found = probe(TlbKey.wanted(address, Long.numberOfTrailingZeros(left)), tag);
            if (found != 0) {
                return found;
            }
        }
        for (long left = globalSizes; left != 0; left &= left - 1) {
            long found = probe(TlbKey.wanted(address, Long.numberOfTrailingZeros(left)), globalTag);
            if (found != 0) {
                return found;
            }
        }
        return 0;
    }

    private long probe(long wanted, long tag) {
        int set = setOf(wanted, tag);
        long version = (long) WORD.getAcquire(words, set);
        for (int way = set + 1, end = way + ways * WORDS_PER_WAY; way < end; way += WORDS_PER_WAY) {
            if ((((long) WORD.getOpaque(words, way + KEY) ^ wanted) & TlbKey.COMPARED) == 0
                    && (long) WORD.getOpaque(words, way + TAG) == tag) {
                long data = (long) WORD.getOpaque(words, way + DATA);
                VarHandle.acquireFence();
                boolean stable = (version & 1) == 0 && (long) WORD.getOpaque(words, set) == version;
                return stable ? data : 0;
            }
        }
        return 0;
    }

    /**
     * Caches an answer, unless an invalidation began since {@code seen} was read. May do nothing: a set that is just
     * being changed is left alone.
     */
    void insert(long seen, long key, long tag, long data) {
        if (sets == 0) {
            return;
        }
        int set = setOf(key, tag);
        long version = (long) WORD.getOpaque(words, set);
        if ((version & 1) != 0 || !WORD.compareAndSet(words, set, version, version + 1)) {
            return;
        }
        announce(key, tag);
        if (epoch.now() == seen) {
            int way = victim(set, version, key, tag, data);
            VarHandle.storeStoreFence();
            WORD.setOpaque(words, way + KEY, key);
            WORD.setOpaque(words, way + TAG, tag);
            WORD.setOpaque(words, way + DATA, data);
        }
        WORD.setRelease(words, set, version + 2);
    }

    /**
     * Tells look-ups and invalidations which sizes to probe. Called under the set's lock and before the epoch is
     * checked: an invalidation that does not see the size yet has advanced the epoch, and nothing is inserted.
     */
    private void announce(long key, long tag) {
        long bit = 1L << TlbKey.sizeLg2(key);
        if (TlbTag.isGlobal(tag)) {
            if ((globalSizes & bit) == 0) {
                GLOBAL_SIZES.getAndBitwiseOr(this, bit);
            }
        } else if ((sizes & bit) == 0) {
            SIZES.getAndBitwiseOr(this, bit);
        }
        if (TlbKey.leafLg2(key) > TlbKey.sizeLg2(key) && (sizes & FRAGMENTS) == 0) {
            SIZES.getAndBitwiseOr(this, FRAGMENTS);
        }
    }

    /** The entry of the same page, else an empty one, else one after the other. */
    private int victim(int set, long version, long key, long tag, long data) {
        int empty = -1;
        for (int way = set + 1, end = way + ways * WORDS_PER_WAY; way < end; way += WORDS_PER_WAY) {
            if (words[way + TAG] == 0) {
                empty = empty < 0 ? way : empty;
            } else if (((words[way + KEY] ^ key) & TlbKey.COMPARED) == 0 && words[way + TAG] == tag) {
                if (words[way + DATA] != data) {
                    EVICTIONS.getAndAdd(this, 1L);
                }
                return way;
            }
        }
        if (empty >= 0) {
            return empty;
        }
        EVICTIONS.getAndAdd(this, 1L);
        return set + 1 + (int) ((version >>> 1) % ways) * WORDS_PER_WAY;
    }

    /** How many entries had to make room for others, or for a new answer of the same page. */
    long evictions() {
        return evictions;
    }

    /** Removes what a command names. The epoch must have been advanced before. */
    synchronized void invalidate(TlbMatch match) {
        if (sets == 0) {
            return;
        }
        if (match.isExact() && (sizes & FRAGMENTS) == 0 && probes(match) <= sets) {
            probeAll(match, sizes & ~FRAGMENTS, match.tag());
            probeAll(match, sizes & ~FRAGMENTS, match.tag() | TlbTag.ASET);
            if (match.globalTag() != 0) {
                probeAll(match, globalSizes, match.globalTag());
                probeAll(match, globalSizes, match.globalTag() | TlbTag.ASET);
            }
        } else {
            sweep(match);
        }
    }

    /** How many sets would have to be probed; more than there are when the range is long. */
    private long probes(TlbMatch match) {
        long present = sizes | globalSizes;
        if (present == 0) {
            return 0;
        }
        long pages = (match.span() >>> Long.numberOfTrailingZeros(present)) + 2;
        return pages > sets ? pages : pages * Long.bitCount(present) * 4;
    }

    private void probeAll(TlbMatch match, long present, long tag) {
        for (long left = present; left != 0; left &= left - 1) {
            int sizeLg2 = Long.numberOfTrailingZeros(left);
            long firstPage = match.first() >>> sizeLg2;
            long pages = (match.first() + match.span() >>> sizeLg2) - firstPage;
            for (long page = 0; page <= pages; page++) {
                long wanted = TlbKey.wanted(firstPage + page << sizeLg2, sizeLg2);
                removeFrom(setOf(wanted, tag), match);
            }
        }
    }

    private void sweep(TlbMatch match) {
        sizes = 0;
        globalSizes = 0;
        for (int set = 0; set < sets; set++) {
            removeFrom(set * setWords, match);
            announceSurvivors(set * setWords);
        }
    }

    private void removeFrom(int set, TlbMatch match) {
        long version = lock(set);
        VarHandle.storeStoreFence();
        for (int way = set + 1, end = way + ways * WORDS_PER_WAY; way < end; way += WORDS_PER_WAY) {
            if (words[way + TAG] != 0 && match.fits(words[way + KEY], words[way + TAG])) {
                WORD.setOpaque(words, way + TAG, 0L);
            }
        }
        WORD.setRelease(words, set, version + 2);
    }

    private void announceSurvivors(int set) {
        long version = lock(set);
        for (int way = set + 1, end = way + ways * WORDS_PER_WAY; way < end; way += WORDS_PER_WAY) {
            if (words[way + TAG] != 0) {
                announce(words[way + KEY], words[way + TAG]);
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

    private int setOf(long key, long tag) {
        int sizeLg2 = TlbKey.sizeLg2(key);
        long page = TlbKey.address(key) >>> sizeLg2;
        return (int) ((page * PAGE_HASH + tag * TAG_HASH >>> hashShift) & sets - 1) * setWords;
    }
}
