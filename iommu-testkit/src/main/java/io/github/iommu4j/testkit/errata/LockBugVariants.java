package io.github.iommu4j.testkit.errata;

import io.github.iommu4j.core.lockdep.LockReport;
import io.github.iommu4j.core.lockdep.LockReport.Kind;
import io.github.iommu4j.testkit.errata.Exhibit.Condition;
import io.github.iommu4j.testkit.errata.Exhibit.Sighting;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Second symptoms of what {@link LockBugs} shows, and what its mending must not hide. */
final class LockBugVariants {

    private static final List<String> POOLS = List.of("L=&tbl->large_pool.lock spin", "P=&(p->lock) spin");
    private static final List<String> MASK =
            List.of("M=&domain->mutex mutex", "G=dmar_global_lock rwsem", "MM=&mm->mmap_lock rwsem");

    private LockBugVariants() {}

    static List<Exhibit> exhibits() {
        return Stream.concat(bugs().stream().map(LockBug::exhibit), Stream.of(mutedAssertion()))
                .toList();
    }

    private static List<LockBug> bugs() {
        return List.of(
                new LockBug(
                        "powerpc-2021-pools-without-outer-lock",
                        POOLS,
                        List.of("off P P"),
                        List.of("off L P:in:L P:in:L"),
                        Kind.RECURSIVE,
                        "March 2021, 5.11, what the annotation of the pools must not hide: two pools of one table are"
                                + " locked with nothing that orders them.",
                        "the large pool's lock is taken first and named as what orders the pools"),
                new LockBug(
                        "powerpc-2021-pool-before-outer-lock",
                        POOLS,
                        List.of("off L P:in:L P:in:L", "off P L"),
                        List.of("off L P:in:L P:in:L", "off L P"),
                        Kind.CIRCULAR,
                        "March 2021, 5.11, what the annotation of the pools must not hide: the large pool's lock is"
                                + " taken under a pool's.",
                        "the large pool's lock is the outer one everywhere"),
                new LockBug(
                        "vtd-2022-domain-lock-hardirq",
                        List.of("L=&domain->lock spin"),
                        List.of("task L", "hardirq L"),
                        List.of("off L", "hardirq L"),
                        Kind.INCONSISTENT_STATE,
                        "August 2022, 6.0-rc1, the clean-up's other victim: nvme unmaps from its completion interrupt, a"
                                + " hard one, and takes the plain lock that attaching takes with interrupts on."
                                + " Switching soft interrupts off alone would not have done.",
                        "hard interrupts are off at every place"),
                new LockBug(
                        "amd-2024-sleep-in-atomic",
                        List.of(
                                "DL=&domain->lock spin",
                                "DD=&dev_data->lock spin",
                                "IL=&iommu->lock raw-spin",
                                "Q=&queue->lock mutex"),
                        List.of("off DL DD IL sleep Q"),
                        List.of("task sleep Q", "off DL DD IL"),
                        Kind.SLEEP_IN_ATOMIC_CONTEXT,
                        "May 2024, 6.10-rc, the first of two reports at once: before the page-fault queue's mutex was"
                                + " even looked at, taking it said that it may sleep, with interrupts off under three"
                                + " spin locks.",
                        "the queue is joined outside of the spin locks"));
    }

    private static Exhibit mutedAssertion() {
        return new Exhibit(
                "vtd-2023-report-mutes-assertion",
                "April 2023: a warning about mmap_lock, which a page fault's handler did not hold, came up only with the"
                        + " mending of the cycle through dmar_global_lock, and was laid to it. The cycle's report at boot"
                        + " had switched the validator off, and with it the assertion.",
                "a false assertion after the boot",
                "&mm->mmap_lock is not held, and nothing says so",
                "the cycle is gone, the validator stays on, and the assertion fails",
                LockBugVariants::assertAfterBoot);
    }

    private static Sighting assertAfterBoot(Condition condition) {
        List<String> lines = new ArrayList<>(
                condition == Condition.AS_IT_WAS
                        ? List.of("task M G:read", "task G M")
                        : List.of("task M", "task G M"));
        lines.add("task MM:assert");
        List<LockReport> before;
        try {
            before = new LockScript(MASK).play(lines);
        } catch (AssertionError noticed) {
            return Sighting.of(List.of());
        }
        String text = before.get(0).toText();
        return new Sighting(
                List.of("&mm->mmap_lock is not held, and nothing says so after: "
                        + before.get(0).title()),
                text,
                1,
                before);
    }
}
