package io.github.iommu4j.core.memory;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Sparse physical memory of 52 address bits: chunks of 64 KiB that appear when first written.
 *
 * <p>Made with {@link #SparseMemory()} every address answers and reads zero until written. Made with {@link #empty()}
 * nothing answers until {@link #addRam(long, long)} says where memory is: everything else is a bus error.
 *
 * <p>Reading hashes nothing and allocates nothing: addresses below 16 GiB cost one directory load and one array load,
 * higher ones a walk of a small radix more.
 *
 * <p><b>Thread-safety:</b> as {@link PhysicalMemory} demands; {@link #addRam} may run beside accesses.
 */
public final class SparseMemory implements PhysicalMemory {

    private static final int PAGE_LG2 = 12;
    private static final int WORDS = 1 << ChunkDirectory.CHUNK_LG2 - 3;
    private static final int WORD_MASK = WORDS - 1;
    private static final int PAGES_IN_CHUNK = 1 << ChunkDirectory.CHUNK_LG2 - PAGE_LG2;
    private static final int WORDS_IN_PAGE_LG2 = PAGE_LG2 - 3;
    private static final long NOT_A_WORD_ADDRESS = ~((1L << ChunkDirectory.ADDRESS_BITS) - 1) | 7;
    private static final long LARGEST_RAM = 1L << 40;
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    /** Backs RAM that was never written; never written itself. */
    private static final long[] ZEROS = new long[WORDS];

    private final ChunkDirectory chunks = new ChunkDirectory();
    private final boolean answersEverywhere;

    /** Memory that answers at every one of its 2<sup>52</sup> byte addresses and reads zero until written. */
    public SparseMemory() {
        this(true);
    }

    private SparseMemory(boolean answersEverywhere) {
        this.answersEverywhere = answersEverywhere;
    }

    /**
     * Memory that answers nowhere until {@link #addRam(long, long)}.
     *
     * @return new, empty memory
     */
    public static SparseMemory empty() {
        return new SparseMemory(false);
    }

    /**
     * Makes a range answer. What the range held before stays. Costs a reference for each 64 KiB.
     *
     * @param base physical byte address, 4 KiB aligned
     * @param size bytes, a multiple of 4 KiB, at most 2<sup>40</sup>
     * @throws IllegalArgumentException when the range is misaligned, too large or leaves the 52-bit address space; no
     *     memory is added then
     */
    public void addRam(long base, long size) {
        long end = base + size;
        if (((base | size) & (1L << PAGE_LG2) - 1) != 0
                || base < 0
                || size < 0
                || size > LARGEST_RAM
                || end > 1L << ChunkDirectory.ADDRESS_BITS) {
            throw new IllegalArgumentException("RAM of 0x" + Long.toHexString(size) + " bytes at 0x"
                    + Long.toHexString(base) + " is not a page-aligned range of 52-bit addresses up to 2^40 bytes");
        }
        for (long page = base; page < end; ) {
            long chunkEnd = (page >>> ChunkDirectory.CHUNK_LG2) + 1 << ChunkDirectory.CHUNK_LG2;
            long stop = Math.min(end, chunkEnd);
            addPages(page >>> ChunkDirectory.CHUNK_LG2, pageMask(page, stop));
            page = stop;
        }
    }

    private static long pageMask(long from, long to) {
        int first = (int) (from >>> PAGE_LG2) & PAGES_IN_CHUNK - 1;
        int count = (int) (to - from >>> PAGE_LG2);
        return (1L << count) - 1 << first;
    }

    /** A chunk of which only some pages answer has one word more than the others: the mask of pages that do. */
    private synchronized void addPages(long number, long pages) {
        long[] chunk = chunks.get(number);
        if (answersEverywhere || chunk != null && chunk.length == WORDS) {
            return;
        }
        if (chunk == null && pages == (1L << PAGES_IN_CHUNK) - 1) {
            chunks.put(number, ZEROS);
        } else if (chunk == null) {
            long[] partial = new long[WORDS + 1];
            partial[WORDS] = pages;
            chunks.put(number, partial);
        } else {
            WORD.setRelease(chunk, WORDS, chunk[WORDS] | pages);
        }
    }

    /**
     * The pages there are. Of memory that answers everywhere, those of every chunk of 64 KiB that was ever written: all others read
     * zero. Of memory whose RAM was named, all RAM. What is written or added meanwhile may be missing.
     *
     * @return physical byte addresses of pages of 4 KiB, ascending
     */
    public LongStream pages() {
        LongStream.Builder pages = LongStream.builder();
        chunks.forEach((number, chunk) -> {
            for (int page = 0; page < PAGES_IN_CHUNK; page++) {
                boolean answers = chunk.length == WORDS || ((long) WORD.getAcquire(chunk, WORDS) >>> page & 1) != 0;
                if (answers) {
                    pages.add(number << ChunkDirectory.CHUNK_LG2 | (long) page << PAGE_LG2);
                }
            }
        });
        return pages.build();
    }

    @Override
    public long load64(long address) {
        if ((address & NOT_A_WORD_ADDRESS) != 0) {
            throw refuse(address, 8);
        }
        return (long) WORD.getAcquire(readable(address), wordIndex(address));
    }

    @Override
    public int load32(long address) {
        if ((address & (NOT_A_WORD_ADDRESS ^ 4)) != 0) {
            throw refuse(address, 4);
        }
        long word = (long) WORD.getAcquire(readable(address), wordIndex(address));
        return (int) (word >>> shiftOf(address));
    }

    @Override
    public void store64(long address, long value) {
        if ((address & NOT_A_WORD_ADDRESS) != 0) {
            throw refuse(address, 8);
        }
        WORD.setRelease(writable(address), wordIndex(address), value);
    }

    @Override
    public void store32(long address, int value) {
        if ((address & (NOT_A_WORD_ADDRESS ^ 4)) != 0) {
            throw refuse(address, 4);
        }
        long[] chunk = writable(address);
        int index = wordIndex(address);
        int shift = shiftOf(address);
        long before;
        long after;
        do {
            before = (long) WORD.getAcquire(chunk, index);
            after = before & ~(0xFFFF_FFFFL << shift) | (value & 0xFFFF_FFFFL) << shift;
        } while (!WORD.compareAndSet(chunk, index, before, after));
    }

    @Override
    public boolean compareAndSet64(long address, long expected, long replacement) {
        if ((address & NOT_A_WORD_ADDRESS) != 0) {
            throw refuse(address, 8);
        }
        return WORD.compareAndSet(writable(address), wordIndex(address), expected, replacement);
    }

    @Override
    public void loadRun64(long address, long[] into, int count) {
        if ((address & NOT_A_WORD_ADDRESS) != 0) {
            throw refuse(address, 8);
        }
        for (int done = 0; done < count; ) {
            long at = address + 8L * done;
            int run = Math.min(count - done, wordsUntilBoundary(at));
            System.arraycopy(readable(requireAddress(at)), wordIndex(at), into, done, run);
            done += run;
        }
        VarHandle.acquireFence();
    }

    @Override
    public void storeRun64(long address, long first, long step, int count) {
        if ((address & NOT_A_WORD_ADDRESS) != 0) {
            throw refuse(address, 8);
        }
        VarHandle.releaseFence();
        for (int done = 0; done < count; ) {
            long at = address + 8L * done;
            int run = Math.min(count - done, wordsUntilBoundary(at));
            fill(writable(requireAddress(at)), wordIndex(at), first + step * done, step, run);
            done += run;
        }
    }

    private static void fill(long[] chunk, int index, long first, long step, int count) {
        if (step == 0) {
            Arrays.fill(chunk, index, index + count, first);
            return;
        }
        for (int i = 0; i < count; i++) {
            chunk[index + i] = first + step * i;
        }
    }

    @Override
    public void loadRun32(long address, int[] into, int count) {
        int done = 0;
        if (count > 0 && (address & 4) != 0) {
            into[done++] = load32(address);
        }
        loadPairs(address + 4L * done, into, done, (count - done) / 2);
        done += count - done & ~1;
        if (done < count) {
            into[done] = load32(address + 4L * done);
        }
    }

    private void loadPairs(long address, int[] into, int first, int pairs) {
        if (pairs > 0 && (address & NOT_A_WORD_ADDRESS) != 0) {
            throw refuse(address, 4);
        }
        for (int done = 0; done < pairs; ) {
            long at = address + 8L * done;
            int run = Math.min(pairs - done, wordsUntilBoundary(at));
            long[] chunk = readable(requireAddress(at));
            int index = wordIndex(at);
            for (int i = 0; i < run; i++) {
                long word = chunk[index + i];
                into[first + 2 * (done + i)] = (int) word;
                into[first + 2 * (done + i) + 1] = (int) (word >>> 32);
            }
            done += run;
        }
        VarHandle.acquireFence();
    }

    @Override
    public void storeRun32(long address, int first, int step, int count) {
        int done = 0;
        if (count > 0 && (address & 4) != 0) {
            store32(address, first);
            done = 1;
        }
        if (count - done > 1) {
            int low = first + step * done;
            storePairs(address + 4L * done, low, step, (count - done) / 2);
            done += count - done & ~1;
        }
        if (done < count) {
            store32(address + 4L * done, first + step * done);
        }
    }

    private void storePairs(long address, int low, int step, int pairs) {
        if ((address & NOT_A_WORD_ADDRESS) != 0) {
            throw refuse(address, 4);
        }
        VarHandle.releaseFence();
        for (int done = 0; done < pairs; ) {
            long at = address + 8L * done;
            int run = Math.min(pairs - done, wordsUntilBoundary(at));
            long[] chunk = writable(requireAddress(at));
            int index = wordIndex(at);
            int value = low + 2 * step * done;
            for (int i = 0; i < run; i++, value += 2 * step) {
                chunk[index + i] = value & 0xFFFF_FFFFL | (long) (value + step) << 32;
            }
            done += run;
        }
    }

    /** A page answers or does not; a run is looked up page by page where only some of a chunk's pages answer. */
    private static int wordsUntilBoundary(long address) {
        return (1 << WORDS_IN_PAGE_LG2) - (wordIndex(address) & (1 << WORDS_IN_PAGE_LG2) - 1);
    }

    private static long requireAddress(long address) {
        if ((address & NOT_A_WORD_ADDRESS) != 0) {
            throw new BusErrorException(address);
        }
        return address;
    }

    private long[] readable(long address) {
        long[] chunk = chunks.get(address >>> ChunkDirectory.CHUNK_LG2);
        if (chunk == null) {
            if (!answersEverywhere) {
                throw new BusErrorException(address);
            }
            return ZEROS;
        }
        if (chunk.length != WORDS) {
            requirePage(chunk, address);
        }
        return chunk;
    }

    private long[] writable(long address) {
        long[] chunk = chunks.get(address >>> ChunkDirectory.CHUNK_LG2);
        if (chunk == null || chunk == ZEROS) {
            return materialise(address);
        }
        if (chunk.length != WORDS) {
            requirePage(chunk, address);
        }
        return chunk;
    }

    private synchronized long[] materialise(long address) {
        long number = address >>> ChunkDirectory.CHUNK_LG2;
        long @Nullable [] chunk = chunks.get(number);
        if (chunk == null && !answersEverywhere) {
            throw new BusErrorException(address);
        }
        if (chunk == null || chunk == ZEROS) {
            chunk = new long[WORDS];
            chunks.put(number, chunk);
        } else if (chunk.length != WORDS) {
            requirePage(chunk, address);
        }
        return chunk;
    }

    private static void requirePage(long[] partial, long address) {
        int page = wordIndex(address) >>> WORDS_IN_PAGE_LG2;
        if (((long) WORD.getAcquire(partial, WORDS) >>> page & 1) == 0) {
            throw new BusErrorException(address);
        }
    }

    private static RuntimeException refuse(long address, int width) {
        if ((address & width - 1) != 0) {
            return new IllegalArgumentException(
                    "address 0x" + Long.toHexString(address) + " is not aligned to " + width + " bytes");
        }
        return new BusErrorException(address);
    }

    private static int wordIndex(long address) {
        return (int) (address >>> 3) & WORD_MASK;
    }

    private static int shiftOf(long address) {
        return (int) (address & 4) << 3;
    }
}
