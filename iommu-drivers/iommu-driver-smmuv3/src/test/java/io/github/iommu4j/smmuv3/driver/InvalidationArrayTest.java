package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.smmuv3.driver.InvalidationArray.Kind;
import io.github.iommu4j.smmuv3.driver.InvalidationArray.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** What a domain invalidates: the kernel's own table of merges and removals, and a map that counts. */
class InvalidationArrayTest {

    private static final InvalidationArray INVS1 = InvalidationArray.of(
            new Target(0, Kind.S2_VMID, 1), new Target(0, Kind.S2_VMID_S1_CLEAR, 1), new Target(0, Kind.ATS, 3));
    private static final InvalidationArray INVS2 = InvalidationArray.of(
            new Target(0, Kind.S2_VMID, 1), new Target(0, Kind.ATS, 4), new Target(0, Kind.ATS, 5));
    private static final InvalidationArray INVS3 = InvalidationArray.of(
            new Target(0, Kind.S2_VMID, 1), new Target(0, Kind.ATS, 5), new Target(0, Kind.ATS, 6));
    private static final InvalidationArray INVS4 = InvalidationArray.of(
            new Target(0, Kind.ATS, 10, 1), new Target(0, Kind.ATS, 10, 3), new Target(0, Kind.ATS, 12, 1));
    private static final InvalidationArray INVS5 = InvalidationArray.of(
            new Target(0, Kind.ATS, 10, 2), new Target(0, Kind.ATS, 10, 3), new Target(0, Kind.ATS, 12, 2));

    private static void expect(InvalidationArray array, List<Integer> ids, List<Integer> users, int trash) {
        List<Integer> idsSeen = new ArrayList<>();
        List<Integer> usersSeen = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            idsSeen.add(array.target(i).id());
            usersSeen.add(array.users(i));
        }
        assertThat(idsSeen).isEqualTo(ids);
        assertThat(usersSeen).isEqualTo(users);
        assertThat(array.trash()).isEqualTo(trash);
    }

    @Test
    void mergesAndRemovalsGoAsInTheKernelsTable() {
        InvalidationArray array = InvalidationArray.of();
        expect(array, List.of(), List.of(), 0);
        array = array.merge(INVS1);
        expect(array, List.of(1, 1, 3), List.of(1, 1, 1), 0);
        array = array.merge(INVS2);
        expect(array, List.of(1, 1, 3, 4, 5), List.of(2, 1, 1, 1, 1), 0);
        array.unref(INVS2);
        expect(array, List.of(1, 1, 3), List.of(1, 1, 1), 0);
        array = array.merge(INVS3);
        expect(array, List.of(1, 1, 3, 5, 6), List.of(2, 1, 1, 1, 1), 0);
        array.unref(INVS1);
        expect(array, List.of(1, 1, 3, 5, 6), List.of(1, 0, 0, 1, 1), 2);
        array = array.purge();
        expect(array, List.of(1, 5, 6), List.of(1, 1, 1), 0);
        array.unref(INVS3);
        expect(array, List.of(), List.of(), 0);
        array = array.merge(INVS4);
        expect(array, List.of(10, 10, 12), List.of(1, 1, 1), 0);
        array = array.merge(INVS5);
        expect(array, List.of(10, 10, 10, 12, 12), List.of(1, 1, 2, 1, 1), 0);
        array.unref(INVS5);
        expect(array, List.of(10, 10, 10, 12), List.of(1, 0, 1, 1), 1);
        assertThat(array.target(2).substreamId()).isEqualTo(3);
        array = array.purge();
        expect(array, List.of(10, 10, 12), List.of(1, 1, 1), 0);
    }

    @Test
    void onlyWhatIsUsedIsInvalidated() {
        InvalidationArray array = InvalidationArray.of().merge(INVS1).merge(INVS3);
        assertThat(array.hasEndpoints()).isTrue();
        array.unref(INVS1);
        List<Integer> seen = new ArrayList<>();
        array.forEach(target -> seen.add(target.id()));
        assertThat(seen).containsExactly(1, 5, 6);
        assertThat(InvalidationArray.of(new Target(1, Kind.S1_ASID, 7)).hasEndpoints())
                .isFalse();
        assertThat(InvalidationArray.of(new Target(1, Kind.ATS_FULL, 7)).hasEndpoints())
                .isTrue();
    }

    @Test
    void takingAUserThatIsNotThereIsABrokenModel() {
        InvalidationArray array = InvalidationArray.of().merge(INVS1).merge(INVS3);
        array.unref(INVS1);
        assertThatThrownBy(() -> array.unref(INVS1)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> array.unref(INVS5)).isInstanceOf(AssertionError.class);
    }

    private static InvalidationArray random(Random random) {
        Target[] targets = new Target[random.nextInt(6)];
        for (int i = 0; i < targets.length; i++) {
            Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
            targets[i] = new Target(random.nextInt(2), kind, random.nextInt(4) - 1, random.nextInt(2));
        }
        return InvalidationArray.of(targets);
    }

    @Property(tries = 500)
    void usersAreCountedAsByAMap(@ForAll long seed) {
        Random random = new Random(seed);
        InvalidationArray array = InvalidationArray.of();
        Map<Target, Integer> counts = new TreeMap<>();
        List<InvalidationArray> merged = new ArrayList<>();
        for (int step = 0; step < 30; step++) {
            int what = random.nextInt(3);
            if (what == 0 || merged.isEmpty()) {
                InvalidationArray more = random(random);
                more.forEach(target -> counts.merge(target, 1, Integer::sum));
                array = array.merge(more);
                merged.add(more);
            } else if (what == 1) {
                InvalidationArray less = merged.remove(random.nextInt(merged.size()));
                less.forEach(target -> counts.computeIfPresent(target, (key, n) -> n == 1 ? null : n - 1));
                array.unref(less);
            } else {
                array = array.purge();
                assertThat(array.trash()).isZero();
                assertThat(array.size()).isEqualTo(counts.size());
            }
            compare(array, counts);
        }
    }

    private static void compare(InvalidationArray array, Map<Target, Integer> counts) {
        Map<Target, Integer> seen = new TreeMap<>();
        int unused = 0;
        for (int i = 0; i < array.size(); i++) {
            if (i > 0) {
                assertThat(array.target(i)).isGreaterThan(array.target(i - 1));
            }
            if (array.users(i) == 0) {
                unused++;
            } else {
                seen.put(array.target(i), array.users(i));
            }
        }
        assertThat(seen).isEqualTo(counts);
        assertThat(array.trash()).isEqualTo(unused);
        assertThat(array.size() == 0 || array.users(array.size() - 1) > 0 || unused == 0)
                .isTrue();
    }
}
