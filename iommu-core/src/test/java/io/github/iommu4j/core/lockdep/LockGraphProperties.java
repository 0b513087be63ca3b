package io.github.iommu4j.core.lockdep;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.lock.LockClass;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;

/** The validator against a matrix of who was taken under whom. */
class LockGraphProperties {

    private static final int CLASSES = 6;

    /** What a task does next: takes a class (0 to 5), or gives up the innermost (6 and more). */
    @Property(tries = 3000)
    void exclusiveLocksAreReportedExactlyWhenTheyCloseACycle(
            @ForAll @Size(max = 60) List<@IntRange(max = 2 * CLASSES - 1) Integer> steps) {
        LockValidator validator =
                LockValidator.builder().policy(ReportPolicy.THROW).traceDepth(0).build();
        List<LockMap> locks = new ArrayList<>();
        for (int i = 0; i < CLASSES; i++) {
            locks.add(validator.map(new LockClass("L" + i), LockKind.MUTEX));
        }
        boolean[][] edges = new boolean[CLASSES][CLASSES];
        List<Integer> held = new ArrayList<>();
        for (int step : steps) {
            if (step >= CLASSES) {
                if (!held.isEmpty()) {
                    validator.release(locks.get(held.remove(held.size() - 1)));
                }
                continue;
            }
            boolean wrong = held.contains(step) || !held.isEmpty() && reaches(edges, step, held.get(held.size() - 1));
            LockReport report = attempt(validator, locks.get(step));
            assertThat(report != null).as("taking L%d under %s", step, held).isEqualTo(wrong);
            if (report == null) {
                if (!held.isEmpty()) {
                    edges[held.get(held.size() - 1)][step] = true;
                }
                held.add(step);
            } else if (report instanceof LockReport.Circular circular) {
                int shortest = distance(edges, step, held.get(held.size() - 1));
                assertThat(circular.chain()).hasSize(shortest + 1);
            }
        }
    }

    private static @Nullable LockReport attempt(LockValidator validator, LockMap lock) {
        try {
            validator.acquire(lock, Acquisition.EXCLUSIVE);
            return null;
        } catch (LockReportError error) {
            return error.report();
        }
    }

    private static boolean reaches(boolean[][] edges, int from, int to) {
        return distance(edges, from, to) < Integer.MAX_VALUE;
    }

    private static int distance(boolean[][] edges, int from, int to) {
        int[] distances = new int[CLASSES];
        Arrays.fill(distances, Integer.MAX_VALUE);
        distances[from] = 0;
        for (int round = 0; round < CLASSES; round++) {
            for (int i = 0; i < CLASSES; i++) {
                for (int j = 0; j < CLASSES; j++) {
                    if (edges[i][j] && distances[i] < Integer.MAX_VALUE) {
                        distances[j] = Math.min(distances[j], distances[i] + 1);
                    }
                }
            }
        }
        return distances[to];
    }

    @Property
    void theChainCacheIsASet(@ForAll @Size(max = 2000) List<@IntRange(min = 1, max = 5000) Integer> keys) {
        ChainCache cache = new ChainCache();
        Set<Long> twin = new HashSet<>();
        for (int key : keys) {
            long chain = ChainCache.extend(ChainCache.EMPTY_CHAIN, key, 0);
            assertThat(cache.contains(chain)).isEqualTo(twin.contains(chain));
            if (twin.add(chain)) {
                cache.add(chain);
            }
            assertThat(cache.contains(chain)).isTrue();
        }
        assertThat(cache.size()).isEqualTo(twin.size());
    }
}
