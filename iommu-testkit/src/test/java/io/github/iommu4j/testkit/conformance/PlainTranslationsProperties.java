package io.github.iommu4j.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Prot;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;

/** Runs of addresses against one cell for every address, at both ends of the address space. */
class PlainTranslationsProperties {

    private static final int CELLS = 64;

    @Property(tries = 500)
    void runsSayTheSameAsOneCellForEveryAddress(
            @ForAll @Size(max = 20) List<@IntRange(min = 0, max = CELLS * CELLS * 101 - 1) Integer> changes,
            @ForAll boolean atTheTop) {
        long base = atTheTop ? -CELLS : 0;
        PlainTranslations runs = new PlainTranslations();
        @Nullable Long[] cells = new @Nullable Long[CELLS];
        for (int change : changes) {
            int first = change % CELLS;
            int size = Math.min(change / CELLS % CELLS + 1, CELLS - first);
            int target = change / CELLS / CELLS - 30;
            for (int i = 0; i < size; i++) {
                cells[first + i] = target < 0 ? null : (Long) ((long) target + i);
            }
            if (target < 0) {
                runs.remove(base + first, size);
            } else {
                runs.put(base + first, size, target, Prot.READ);
            }
        }
        requireSame(runs, cells, base);
        requireSame(runs.part(base + 10, 20), part(cells, 10, 20), base);
    }

    private static @Nullable Long[] part(@Nullable Long[] cells, int first, int size) {
        @Nullable Long[] part = new @Nullable Long[CELLS];
        System.arraycopy(cells, first, part, first, size);
        return part;
    }

    private static void requireSame(PlainTranslations runs, @Nullable Long[] cells, long base) {
        int expectedRuns = 0;
        for (int i = 0; i < CELLS; i++) {
            assertThat(runs.pa(base + i)).isEqualTo(cells[i]);
            assertThat(runs.run(base + i) == null).isEqualTo(cells[i] == null);
            Long cell = cells[i];
            Long before = i == 0 ? null : cells[i - 1];
            boolean continues = cell != null && before != null && before + 1 == cell;
            expectedRuns += cells[i] == null || continues ? 0 : 1;
            boolean any = false;
            for (int size = 1; i + size <= CELLS; size++) {
                any |= cells[i + size - 1] != null;
                assertThat(runs.isAnyMapped(base + i, size)).isEqualTo(any);
            }
        }
        assertThat(runs.runs()).hasSize(expectedRuns);
    }

    @Example
    void nothingIsAlsoASize() {
        PlainTranslations runs = new PlainTranslations();
        runs.put(5, 0, 7, Prot.NONE);
        assertThat(runs.runs()).isEmpty();
        runs.put(5, 2, 7, Prot.NONE);
        runs.remove(6, 0);
        assertThat(runs.part(5, 0).runs()).isEmpty();
        assertThat(runs.runs()).hasSize(1).first().hasToString("0x5..0x6 to 0x7");
        runs.put(7, 1, 9, Prot.READ);
        assertThat(runs.runs()).hasSize(2);
        runs.clear();
        assertThat(runs.runs()).isEmpty();
    }
}
