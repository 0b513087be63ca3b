package io.github.iommu4j.smmuv3.driver;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * What has to be invalidated when a domain's mappings change, sorted, each with the number of its users (Linux {@code
 * arm_smmu_invs}, 7.x). What an attach needs is in a new array before it is needed, so that a detach cannot fail: that
 * only counts down, in place.
 *
 * <p>Guarded by the domain's lock: {@link #unref} changes an array, everything else reads it.
 */
final class InvalidationArray {

    /** What kind of thing is invalidated, in the order in which they are: endpoints' caches come after the unit's. */
    enum Kind {
        /** Stage-1 entries of an ASID. */
        S1_ASID,
        /** Stage-2 entries of a VMID. */
        S2_VMID,
        /** A VMID's stage-1 entries, of nested streams. */
        S2_VMID_S1_CLEAR,
        /** What an endpoint caches, of a range. */
        ATS,
        /** All that an endpoint caches. */
        ATS_FULL;

        /** Whether it is in an endpoint, and waits for the unit's own caches to be invalidated first (§4.5.1). */
        boolean isOfEndpoint() {
            return this == ATS || this == ATS_FULL;
        }
    }

    /**
     * One thing to invalidate.
     *
     * @param unit number of the SMMU
     * @param kind what
     * @param id ASID, VMID or StreamID
     * @param substreamId of an endpoint's cache, else 0
     */
    record Target(int unit, Kind kind, int id, int substreamId) implements Comparable<Target> {

        private static final Comparator<Target> ORDER = Comparator.comparingInt(Target::unit)
                .thenComparing(Target::kind)
                .thenComparing(Target::id, Integer::compareUnsigned)
                .thenComparingInt(Target::substreamId);

        /** A target without SubstreamID. */
        Target(int unit, Kind kind, int id) {
            this(unit, kind, id, 0);
        }

        @Override
        public int compareTo(Target other) {
            return ORDER.compare(this, other);
        }
    }

    private final List<Target> targets;
    private final int[] users;
    private int size;
    private int trash;

    private InvalidationArray(List<Target> targets, List<Integer> users) {
        this.targets = List.copyOf(targets);
        this.users = users.stream().mapToInt(Integer::intValue).toArray();
        this.size = targets.size();
    }

    /**
     * An array in which each target has one user.
     *
     * @param targets in any order; what is named twice counts once
     */
    static InvalidationArray of(Target... targets) {
        List<Target> sorted = new ArrayList<>(new TreeSet<>(List.of(targets)));
        return new InvalidationArray(sorted, sorted.stream().map(target -> 1).toList());
    }

    /** How many entries there are, those without users included that are not at the end. */
    int size() {
        return size;
    }

    /** How many entries have no user. */
    int trash() {
        return trash;
    }

    /** The entry at an index. */
    Target target(int at) {
        return targets.get(at);
    }

    /** How many users the entry at an index has. */
    int users(int at) {
        return users[at];
    }

    /** Whether an endpoint's cache is among what is used. */
    boolean hasEndpoints() {
        boolean[] found = new boolean[1];
        forEach(target -> found[0] |= target.kind().isOfEndpoint());
        return found[0];
    }

    /** What is used, in order. */
    void forEach(Consumer<Target> action) {
        for (int i = 0; i < size; i++) {
            if (users[i] > 0) {
                action.accept(targets.get(i));
            }
        }
    }

    /** A new array, in which what is added has one more user each; without entries that nobody uses. */
    InvalidationArray merge(InvalidationArray added) {
        List<Target> merged = new ArrayList<>();
        List<Integer> counts = new ArrayList<>();
        int mine = 0;
        int other = 0;
        while (mine < size || other < added.size) {
            int order = compare(mine, added, other);
            boolean takesMine = order <= 0;
            boolean takesOther = order >= 0;
            int count = (takesMine ? users[mine] : 0) + (takesOther ? added.users[other] : 0);
            if (count > 0) {
                merged.add(takesMine ? targets.get(mine) : added.targets.get(other));
                counts.add(count);
            }
            mine += takesMine ? 1 : 0;
            other += takesOther ? 1 : 0;
        }
        return new InvalidationArray(merged, counts);
    }

    /** Compares the entries at two indexes; what there is comes before what there is not. */
    private int compare(int mine, InvalidationArray added, int other) {
        if (mine == size) {
            return 1;
        }
        return other == added.size ? -1 : targets.get(mine).compareTo(added.targets.get(other));
    }

    /**
     * Takes a user from each of some targets. Entries without users at the end are cut off, others stay as trash.
     *
     * @param removed what was merged before
     * @throws AssertionError when a target has no user to take
     */
    void unref(InvalidationArray removed) {
        int mine = 0;
        for (int other = 0; other < removed.size; other++) {
            if (removed.users[other] == 0) {
                continue;
            }
            Target target = removed.targets.get(other);
            while (mine < size && targets.get(mine).compareTo(target) < 0) {
                mine++;
            }
            if (mine == size || !targets.get(mine).equals(target) || users[mine] == 0) {
                throw new AssertionError(target + " has no user that could go");
            }
            users[mine]--;
            trash += users[mine] == 0 ? 1 : 0;
        }
        while (size > 0 && users[size - 1] == 0) {
            size--;
            trash--;
        }
    }

    /** A new array without trash. */
    InvalidationArray purge() {
        return merge(of());
    }
}
