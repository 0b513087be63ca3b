package io.github.iommu4j.core.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Runs of words against the same words one by one. */
class MemoryRunsProperties {

    private static final long BASE = 0x1_FF00L;
    private static final int SPAN = 1100;

    /** Has the word accesses of a memory and the interface's own runs. */
    private record WordByWord(PhysicalMemory memory) implements PhysicalMemory {

        @Override
        public int load32(long address) {
            return memory.load32(address);
        }

        @Override
        public void store32(long address, int value) {
            memory.store32(address, value);
        }

        @Override
        public long load64(long address) {
            return memory.load64(address);
        }

        @Override
        public void store64(long address, long value) {
            memory.store64(address, value);
        }

        @Override
        public boolean compareAndSet64(long address, long expected, long replacement) {
            return memory.compareAndSet64(address, expected, replacement);
        }
    }

    private final PhysicalMemory runs = new SparseMemory();
    private final PhysicalMemory twin = new WordByWord(new SparseMemory());

    @Property
    void runsOf64BitWordsEqualWords(
            @ForAll @IntRange(max = 600) int start,
            @ForAll @IntRange(max = 500) int count,
            @ForAll long first,
            @ForAll long step) {
        runs.storeRun64(BASE + 8L * start, first, step, count);
        twin.storeRun64(BASE + 8L * start, first, step, count);
        long[] expected = new long[SPAN];
        long[] actual = new long[SPAN];
        twin.loadRun64(BASE, expected, SPAN);
        runs.loadRun64(BASE, actual, SPAN);
        assertThat(actual).isEqualTo(expected);
        if (count > 1) {
            assertThat(actual[start + 1]).isEqualTo(first + step);
        }
    }

    @Property
    void runsOf32BitWordsEqualWords(
            @ForAll @IntRange(max = 600) int start,
            @ForAll @IntRange(max = 500) int count,
            @ForAll int first,
            @ForAll int step) {
        runs.storeRun32(BASE + 4L * start, first, step, count);
        twin.storeRun32(BASE + 4L * start, first, step, count);
        int[] expected = new int[SPAN];
        int[] actual = new int[SPAN];
        twin.loadRun32(BASE + 4, expected, SPAN - 1);
        runs.loadRun32(BASE + 4, actual, SPAN - 1);
        assertThat(actual).isEqualTo(expected);
        if (count > 0) {
            assertThat(runs.load32(BASE + 4L * (start + count - 1))).isEqualTo(first + step * (count - 1));
        }
    }

    @Property
    void compareAndSetOfOneHalfLeavesTheOtherAlone(@ForAll long word, @ForAll int replacement, @ForAll boolean upper) {
        long at = BASE + (upper ? 4 : 0);
        for (PhysicalMemory memory : new PhysicalMemory[] {runs, twin}) {
            memory.store64(BASE, word);
            int before = memory.load32(at);
            int other = memory.load32(at ^ 4);
            assertThat(memory.compareAndSet32(at, ~before, replacement)).isFalse();
            assertThat(memory.load64(BASE)).isEqualTo(word);
            assertThat(memory.compareAndSet32(at, before, replacement)).isTrue();
            assertThat(memory.load32(at)).isEqualTo(replacement);
            assertThat(memory.load32(at ^ 4)).isEqualTo(other);
        }
    }

    @Test
    void runsStopWhereNothingAnswers() {
        SparseMemory memory = SparseMemory.empty();
        memory.addRam(0x3000, 0x1000);
        assertThatThrownBy(() -> memory.storeRun64(0x3FF0, 7, 0, 3)).isInstanceOf(BusErrorException.class);
        assertThatThrownBy(() -> memory.loadRun64(0x3FF0, new long[3], 3)).isInstanceOf(BusErrorException.class);
        assertThatThrownBy(() -> memory.storeRun32(0x3FF8, 7, 0, 3)).isInstanceOf(BusErrorException.class);
        assertThatThrownBy(() -> memory.loadRun32(0x3FF8, new int[3], 3)).isInstanceOf(BusErrorException.class);
        assertThat(memory.load64(0x3FF0)).isEqualTo(7);
        memory.storeRun64(0x3FF0, 9, 1, 2);
        assertThat(memory.load64(0x3FF8)).isEqualTo(10);
        SparseMemory everywhere = new SparseMemory();
        assertThatThrownBy(() -> everywhere.storeRun64((1L << 52) - 8, 1, 0, 2)).isInstanceOf(BusErrorException.class);
        assertThatThrownBy(() -> everywhere.storeRun64(4, 1, 0, 2)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> everywhere.storeRun32(2, 1, 0, 4)).isInstanceOf(IllegalArgumentException.class);
    }
}
