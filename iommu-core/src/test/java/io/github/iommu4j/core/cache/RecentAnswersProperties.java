package io.github.iommu4j.core.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class RecentAnswersProperties {

    private static final int PAGES = 300;
    private static final int ASKERS = 4;
    private static final int STAMPS = 3;
    private static final int STEPS = 2 * PAGES * ASKERS * STAMPS;

    private record Key(long who, long page) {}

    private record Kept(long stamp, long answer) {}

    /** Its twin is a map that forgets nothing: what is found is what the map has, under the same stamp. */
    @Property
    void whatIsFoundWasKeptLast(@ForAll @Size(max = 400) List<@IntRange(max = STEPS - 1) Integer> steps) {
        RecentAnswers answers = new RecentAnswers();
        Map<Key, Kept> all = new HashMap<>();
        long next = 1;
        for (int step : steps) {
            long page = step / 2 % PAGES;
            long who = step / 2 / PAGES % ASKERS;
            long stamp = step / 2 / PAGES / ASKERS;
            Key key = new Key(who, page);
            long found = answers.find(stamp, who, page << 12);
            if (found != 0) {
                assertThat(all.get(key)).isEqualTo(new Kept(stamp, found));
            }
            if (step % 2 == 0) {
                answers.keep(stamp, who, page << 12, next);
                assertThat(answers.find(stamp, who, page << 12)).isEqualTo(next);
                all.put(key, new Kept(stamp, next++));
            }
        }
    }
}
