package io.github.iommu4j.bench.pagetable;

import io.github.iommu4j.bench.pagetable.Plan.Figure;
import java.util.List;
import java.util.stream.Stream;

/** All workloads, in the order of the table they are compared with. */
final class Plans {

    private static final long K4 = 0x1000;
    private static final long K64 = 0x1_0000;
    private static final long M1 = 0x10_0000;
    private static final long M2 = 0x20_0000;
    private static final long M16 = 0x100_0000;
    private static final long G1 = 0x4000_0000L;
    private static final long G2 = 2 * G1;
    private static final long G64 = 64 * G1;
    private static final int LOOKUPS = 1 << 20;

    private final Arena arena;

    /** With tables from somewhere. */
    Plans(Arena arena) {
        this.arena = arena;
    }

    List<Plan> all() {
        return Stream.concat(lpae(), shortDescriptors()).toList();
    }

    private Subject newLpae() {
        return Subject.lpae(arena);
    }

    private Subject newShort() {
        return Subject.shortDescriptors(arena);
    }

    private Stream<Plan> lpae() {
        return Stream.of(
                each("lpae_map_4k", "lpae_unmap_4k", 1, () -> warmed(newLpae(), G1, K4), new Pages(G1, K4)),
                Plan.of(
                        clocks -> {
                            Subject subject = warmed(newLpae(), G1, K4);
                            return () -> range(subject, clocks);
                        },
                        new Figure("lpae_map_1g_by_4k_pgcount_tables_present", 1),
                        new Figure("lpae_unmap_1g_by_4k_pgcount", 1)),
                Plan.of(
                        clocks -> {
                            Subject subject = newLpae();
                            return () -> fresh(subject, clocks);
                        },
                        new Figure("lpae_map_1g_by_4k_pgcount_fresh_tables", 1),
                        new Figure("lpae_unmap_1g_whole_table", 1)),
                lookUp("lpae_phys_rand_1g_4k", 0x1111, this::newLpae, new Pages(G1, K4)),
                each("lpae_map_2m", "lpae_unmap_2m", 8, () -> warmed(newLpae(), G64, M2), new Pages(G64, M2)),
                lookUp("lpae_phys_rand_64g_2m", 0x3333, this::newLpae, new Pages(G64, M2)),
                lookUp("lpae_phys_rand_64g_4k", 0x2222, this::newLpae, new Pages(G64, K4)),
                Plan.of(
                        clocks -> {
                            Subject subject = newLpae();
                            return () -> split(subject, clocks.get(0));
                        },
                        new Figure("lpae_split_2m_unmap_4k", 4 * G2 / M2)));
    }

    private Stream<Plan> shortDescriptors() {
        return Stream.of(
                each("v7s_map_4k", "v7s_unmap_4k", 1, () -> warmed(newShort(), G1, K4), new Pages(G1, K4)),
                each("v7s_map_64k", "v7s_unmap_64k", 8, () -> warmed(newShort(), G1, K4), new Pages(G1, K64)),
                lookUp("v7s_phys_rand_1g_4k", 0x4444, this::newShort, new Pages(G1, K4)),
                each("v7s_map_1m", "v7s_unmap_1m", 400, this::newShort, new Pages(G1, M1)),
                each("v7s_map_16m", "v7s_unmap_16m", 2000, this::newShort, new Pages(G1, M16)),
                lookUp("v7s_phys_rand_1g_1m", 0x5555, this::newShort, new Pages(G1, M1)));
    }

    /** Pages of a size that fill a range. */
    private record Pages(long range, long page) {
        long count() {
            return range / page;
        }
    }

    /** Makes a table. */
    @FunctionalInterface
    private interface Maker {
        Subject make();
    }

    /** A table in which the tables for a range are there, but nothing is mapped. */
    private static Subject warmed(Subject subject, long range, long page) {
        subject.mapRange(range, page);
        subject.unmapRange(range, page);
        return subject;
    }

    private static Plan each(String map, String unmap, int rounds, Maker maker, Pages pages) {
        return Plan.of(
                clocks -> {
                    Subject subject = maker.make();
                    return () -> {
                        for (int round = 0; round < rounds; round++) {
                            clocks.get(0).start();
                            subject.mapEach(pages.range(), pages.page());
                            clocks.get(0).stop();
                            clocks.get(1).start();
                            subject.unmapEach(pages.range(), pages.page());
                            clocks.get(1).stop();
                        }
                    };
                },
                new Figure(map, rounds * pages.count()),
                new Figure(unmap, rounds * pages.count()));
    }

    private static void range(Subject subject, List<Clock> clocks) {
        clocks.get(0).start();
        subject.mapRange(G1, K4);
        clocks.get(0).stop();
        clocks.get(1).start();
        subject.unmapRange(G1, K4);
        clocks.get(1).stop();
    }

    private static void fresh(Subject subject, List<Clock> clocks) {
        clocks.get(0).start();
        subject.mapRange(G1, K4);
        clocks.get(0).stop();
        clocks.get(1).start();
        subject.unmap(0, G1);
        clocks.get(1).stop();
    }

    private static void split(Subject subject, Clock clock) {
        for (int round = 0; round < 4; round++) {
            subject.mapRange(G2, M2);
            clock.start();
            for (long offset = 0; offset < G2; offset += M2) {
                subject.unmap(offset + 0x7000, K4);
            }
            clock.stop();
            subject.unmapEach(G2, M2);
        }
    }

    private static Plan lookUp(String name, long seed, Maker maker, Pages pages) {
        return Plan.of(
                clocks -> {
                    Subject subject = maker.make();
                    subject.mapRange(pages.range(), pages.page());
                    long[] addresses = subject.addresses(pages.range(), seed, LOOKUPS);
                    long expected = 0;
                    for (long address : addresses) {
                        expected += address - subject.iova + subject.pa;
                    }
                    long right = expected;
                    return () -> {
                        clocks.get(0).start();
                        long sum = subject.lookUp(addresses);
                        clocks.get(0).stop();
                        if (sum != right) {
                            throw new IllegalStateException(name + ": the translations are wrong");
                        }
                    };
                },
                new Figure(name, LOOKUPS));
    }
}
