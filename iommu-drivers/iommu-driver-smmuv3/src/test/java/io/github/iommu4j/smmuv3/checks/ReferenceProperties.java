package io.github.iommu4j.smmuv3.checks;

import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.reference.ReferenceSmmu;
import io.github.iommu4j.smmuv3.reference.Verdict;
import io.github.iommu4j.smmuv3.tables.Dice;
import io.github.iommu4j.smmuv3.tables.Probe;
import io.github.iommu4j.smmuv3.tables.Scenario;
import io.github.iommu4j.smmuv3.tables.Shape;
import io.github.iommu4j.smmuv3.tables.Shape.HalfInUse;
import io.github.iommu4j.smmuv3.tables.Shape.Stages;
import io.github.iommu4j.testkit.memory.WatchedMemory;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/** The model answers as the reference does, and writes the record that the reference says is due. */
class ReferenceProperties {

    private static final int TRIES = 1500;
    private static final int PROBES = 24;

    @Provide
    Arbitrary<Integer> granules() {
        return Arbitraries.of(12, 14, 16);
    }

    @Provide
    Arbitrary<Shape> stage1() {
        return granules()
                .flatMap(granule -> Arbitraries.of(HalfInUse.values())
                        .map(half -> new Shape(Stages.STAGE1, granule, granule, half)));
    }

    @Provide
    Arbitrary<Shape> stage2() {
        return granules().map(granule -> new Shape(Stages.STAGE2, granule, granule, HalfInUse.LOWER));
    }

    @Provide
    Arbitrary<Shape> nested() {
        return Combinators.combine(granules(), granules(), Arbitraries.of(HalfInUse.values()))
                .as((first, second, half) -> new Shape(Stages.NESTED, first, second, half));
    }

    @Provide
    Arbitrary<Shape> anyShape() {
        return Arbitraries.longs().map(seed -> Shape.random(new Dice(seed)));
    }

    @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
    void stage1AnswersAsTheReference(@ForAll("stage1") Shape shape, @ForAll long seed) {
        compare(shape, seed, 0);
    }

    @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
    void stage2AnswersAsTheReference(@ForAll("stage2") Shape shape, @ForAll long seed) {
        compare(shape, seed, 0);
    }

    @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
    void nestedStagesAnswerAsTheReference(@ForAll("nested") Shape shape, @ForAll long seed) {
        compare(shape, seed, 0);
    }

    /** A page of tables that leads to itself is made dirty by one update, and then found so. */
    @Example
    void anExplanationSeesTheUpdatesItForetells() {
        compare(new Shape(Stages.NESTED, 12, 16, HalfInUse.LOWER), -246, 0);
    }

    @Example
    void walksThatUpdateFetchNoMoreThanTheirUpdatesNeed() {
        compare(new Shape(Stages.STAGE2, 12, 12, HalfInUse.LOWER), -2615538487L, 0);
    }

    /** The same descriptor stands for two addresses: one was cached clean, then the other made it dirty. */
    @Example
    void aPageCachedCleanStaysSoUntilItIsInvalidated() {
        compare(new Shape(Stages.NESTED, 16, 14, HalfInUse.UPPER), -43, 0);
    }

    @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
    void bypassAndTheUnprogrammedAnswerAsTheReference(@ForAll("anyShape") Shape shape, @ForAll long seed) {
        Shape bypass = new Shape(Stages.BYPASS, shape.stage1Granule(), shape.stage2Granule(), shape.half());
        compare(bypass, seed, 0);
    }

    @Property(tries = 2 * TRIES, shrinking = ShrinkingMode.OFF)
    void tablesWithAFewWordsChangedAnswerAsTheReference(@ForAll("anyShape") Shape shape, @ForAll long seed) {
        compare(shape, seed, 4);
    }

    @Property(tries = 2 * TRIES, shrinking = ShrinkingMode.OFF)
    void tablesWithManyWordsChangedAnswerAsTheReference(@ForAll("anyShape") Shape shape, @ForAll long seed) {
        compare(shape, seed, 60);
    }

    private static void compare(Shape shape, long seed, int mutations) {
        Dice dice = new Dice(seed);
        Smmuv3Capabilities capabilities = Features.random(shape, dice);
        SparseMemory memory = dice.oneIn(2) ? SparseMemory.empty() : new SparseMemory();
        WatchedMemory watched = new WatchedMemory(memory);
        Units.Caching caching =
                mutations == 0 ? dice.pick(List.of(Units.Caching.values())) : Units.uncached(capabilities);
        Rig rig = new Rig(Units.smmu(watched, capabilities, caching), memory, Rig.QUEUES);
        Scenario scenario = Scenario.build(memory, rig.id(), shape, dice);
        if (scenario.contexts().isEmpty()) {
            return;
        }
        for (int i = 0; i < mutations; i++) {
            scenario.mutate(dice);
        }
        rig.start(scenario, dice.below(4));
        ReferenceSmmu reference = rig.reference();
        List<Probe> probes = new ArrayList<>();
        for (int i = 0; i < PROBES; i++) {
            probes.add(dice.oneIn(3) && i > 0 ? dice.pick(probes) : scenario.someProbe(dice));
        }
        for (Probe probe : probes) {
            Verdict verdict =
                    reference.translate(probe.streamId(), probe.substreamId(), probe.address(), probe.accessBits());
            String context = shape + " " + caching + " " + capabilities;
            long stores = watched.stores();
            rig.expectExplained(verdict, probe, context);
            long loads = watched.loads();
            if (watched.stores() != stores) {
                throw new AssertionError("explaining " + probe + " wrote to memory");
            }
            rig.expect(verdict, probe, context);
            if (watched.loads() - loads
                    > Units.MOST_FETCHES * (1 + verdict.updates().size())) {
                throw new AssertionError(probe + " took " + (watched.loads() - loads) + " loads");
            }
            if (verdict.updates().isEmpty()
                    && watched.stores() - stores > verdict.event().size()) {
                throw new AssertionError(probe + " wrote more than its record");
            }
        }
    }
}
