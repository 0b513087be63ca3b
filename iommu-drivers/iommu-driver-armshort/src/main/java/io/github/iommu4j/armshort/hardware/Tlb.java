package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.core.bits.Log2;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The translation cache: set-associative, in one flat array, read without locks. Only {@link #invalidate} takes entries
 * out that are still good; descriptors may change in memory as they like.
 *
 * <p>A set is a version and, for each way, a {@link TlbKey} with a {@link TlbWord} (or a {@link FaultWord}, where those
 * are kept). An odd version is the set's lock; readers believe what they read if the version was even and is unchanged.
 *
 * <p><b>Epoch.</b> An invalidation advances the epoch first and takes entries out afterwards. Whoever walks notes the
 * epoch before the first read; {@link #insert} does nothing if it has moved since, and a walk that it has moved under
 * may have mixed old tables with new ones and must be done again. A change of the registers advances the epoch too.
 *
 * <p>Thread-safe; invalidations must be serialised by the caller.
 */
final class Tlb {

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle SIZES;
    private static final int WORDS_PER_WAY = 2;
    private static final int CACHE_LINE_WORDS = 8;
    private static final long HASH = 0x9E37_79B9_7F4A_7C15L;
    private static final int FAULT_LG2 = 12;

    static {
        try {
            SIZES = MethodHandles.lookup().findVarHandle(Tlb.class, "sizes", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int sets;
    private final int ways;
    private final int setWordsLg2;
    private final boolean keepsFaults;
    private final long[] words;
    private final AtomicLong epoch = new AtomicLong();

    /** Bit n: entries of 2^n bytes may be present. */
    private volatile int sizes;

    Tlb(TlbGeometry geometry) {
        sets = geometry.sets();
        ways = geometry.ways();
        keepsFaults = geometry.faults() == TlbGeometry.Faults.KEPT;
        setWordsLg2 = Log2.floor(Math.max(ways * WORDS_PER_WAY, CACHE_LINE_WORDS - 1)) + 1;
        words = new long[sets << setWordsLg2];
    }

    long epoch() {
        return epoch.get();
    }

    void advance() {
        epoch.incrementAndGet();
    }

    /** What is cached for an address in an address space, or 0. */
    long find(long address, int asid) {
        for (int left = sizes; left != 0; left &= left - 1) {
            long found = probe(TlbKey.of(address, Integer.numberOfTrailingZeros(left), asid));
            if (found != 0) {
                return found;
            }
        }
        return 0;
    }

    private long probe(long wanted) {
        int set = setOf(wanted);
        long version = (long) WORD.getAcquire(words, set);
        for (int way = set + 1, end = way + ways * WORDS_PER_WAY; way < end; way += WORDS_PER_WAY) {
            if (TlbKey.fits((long) WORD.getOpaque(words, way), wanted)) {
                long data = (long) WORD.getOpaque(words, way + 1);
                VarHandle.acquireFence();
                boolean stable = (version & 1) == 0 && (long) WORD.getOpaque(words, set) == version;
                return stable ? data : 0;
            }
        }
        return 0;
    }

    /**
     * Caches what a walk gave, if it is of a kind that is kept and the epoch is still the one seen before the walk. May
     * do nothing: a set that is just being changed is left alone.
     */
    void insert(long seen, long address, int asid, long data) {
        if (sets == 0 || data < 0 && !(keepsFaults && FaultWord.isTranslation(data))) {
            return;
        }
        int sizeLg2 = data < 0 ? FAULT_LG2 : TlbWord.sizeLg2(data);
        boolean global = data > 0 && (data & TlbWord.NOT_GLOBAL) == 0;
        long key = TlbKey.of(address, sizeLg2, global ? 0 : asid);
        int set = setOf(key);
        long version = (long) WORD.getOpaque(words, set);
        if ((version & 1) != 0 || !WORD.compareAndSet(words, set, version, version + 1)) {
            return;
        }
        announce(sizeLg2);
        if (epoch.get() == seen) {
            int way = victim(set, version, key);
            VarHandle.storeStoreFence();
            WORD.setOpaque(words, way, global ? TlbKey.global(key) : key);
            WORD.setOpaque(words, way + 1, data);
        }
        WORD.setRelease(words, set, version + 2);
    }

    /**
     * Tells look-ups and invalidations which sizes to look for. Comes before the epoch is asked: an invalidation that
     * does not see the size yet has advanced the epoch by then.
     */
    private void announce(int sizeLg2) {
        int bit = 1 << sizeLg2;
        if ((sizes & bit) == 0) {
            SIZES.getAndBitwiseOr(this, bit);
        }
    }

    /** The entry of the same region, else a free one, else each in turn. */
    private int victim(int set, long version, long key) {
        int free = 0;
        for (int way = set + 1, end = way + ways * WORDS_PER_WAY; way < end; way += WORDS_PER_WAY) {
            if (words[way] == 0) {
                free = free == 0 ? way : free;
            } else if (TlbKey.fits(words[way], key)) {
                return way;
            }
        }
        return free != 0 ? free : set + 1 + (int) ((version >>> 1) % ways) * WORDS_PER_WAY;
    }

    /** Takes out what an invalidation names. */
    void invalidate(TlbMatch match) {
        advance();
        if (sets == 0) {
            return;
        }
        int present = sizes;
        if (places(match, present) <= sets) {
            for (int left = present; left != 0; left &= left - 1) {
                int sizeLg2 = Integer.numberOfTrailingZeros(left);
                for (long block = match.first() >>> sizeLg2; block <= match.last() >>> sizeLg2; block++) {
                    removeFrom(setOf(TlbKey.of(block << sizeLg2, sizeLg2, 0)), match);
                }
            }
        } else {
            sweep(match);
        }
    }

    /** In how many places entries of a range can be; more than there are when the range is long. */
    private long places(TlbMatch match, int present) {
        long places = 0;
        for (int left = present; left != 0; left &= left - 1) {
            int sizeLg2 = Integer.numberOfTrailingZeros(left);
            places += Math.max(0, (match.last() >>> sizeLg2) - (match.first() >>> sizeLg2) + 1);
        }
        return places;
    }

    /** Sizes are forgotten before, so that those that insert meanwhile announce theirs again. */
    private void sweep(TlbMatch match) {
        sizes = 0;
        for (int set = 0; set < words.length; set += 1 << setWordsLg2) {
            removeFrom(set, match);
        }
    }

    private void removeFrom(int set, TlbMatch match) {
        long version = lock(set);
        VarHandle.storeStoreFence();
        for (int way = set + 1, end = way + ways * WORDS_PER_WAY; way < end; way += WORDS_PER_WAY) {
            long key = words[way];
            if (key != 0 && match.fits(key)) {
                WORD.setOpaque(words, way, 0L);
            } else if (key != 0) {
                announce(TlbKey.sizeLg2(key));
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

    private int setOf(long key) {
        long block = TlbKey.first(key) >>> TlbKey.sizeLg2(key);
        return ((int) (block * HASH >>> 40) & sets - 1) << setWordsLg2;
    }
}
