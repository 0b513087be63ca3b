package io.github.iommu4j.smmuv3.checks;

import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.reference.ReferenceSmmu;
import io.github.iommu4j.smmuv3.tables.Dice;
import io.github.iommu4j.smmuv3.tables.Probe;
import io.github.iommu4j.smmuv3.tables.Scenario;
import io.github.iommu4j.smmuv3.tables.Shape;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/**
 * Tables that change under an SMMU whose caches are warm: after the invalidation that the architecture asks for, and
 * no other, it answers as one without caches and as the reference.
 */
class InvalidationProperties {

    private static final int CHANGES = 8;
    private static final int PROBES = 12;

    /** A stream without stage 1 is changed to have one; then the page goes away through which its CD is read. */
    @Example
    void aContextDescriptorOfAStreamThatWasChangedGoesWithItsPage() {
        afterTheRightInvalidationNothingOldIsLeft(-1441);
    }

    /** An STE that came to have another granule makes leaves of other levels of what its tables had. */
    @Example
    void afterAChangeOfGranuleNothingOldIsLeft() {
        afterTheRightInvalidationNothingOldIsLeft(2946476502965L);
    }

    /** A leaf of one context that becomes valid must not be global where another context maps the same addresses. */
    @Example
    void leavesOfContextsThatShareAVmidAreNotGlobal() {
        afterTheRightInvalidationNothingOldIsLeft(-11480839049908L);
    }

    @Property(tries = 3000, shrinking = ShrinkingMode.OFF)
    void afterTheRightInvalidationNothingOldIsLeft(@ForAll long seed) {
        Dice dice = new Dice(seed);
        Shape shape = Shape.random(dice);
        Smmuv3Capabilities capabilities = Features.random(shape, dice);
        SparseMemory memory = new SparseMemory();
        Rig cached = new Rig(Units.smmu(memory, capabilities, dice.pick(Units.CACHED)), memory, Rig.QUEUES);
        Rig bare = new Rig(Units.smmu(memory, capabilities, Units.Caching.NONE), memory, Rig.QUEUES + Rig.QUEUE_AREA);
        Scenario scenario = Scenario.build(memory, cached.id(), shape, dice);
        if (scenario.contexts().isEmpty()) {
            return;
        }
        int cr2 = dice.below(4);
        cached.start(scenario, cr2);
        bare.start(scenario, cr2);
        Changes changes = new Changes(scenario, cached, dice);
        List<Probe> probes = new ArrayList<>();
        boolean sound = compare(scenario, probes, cached, bare, dice, "at first");
        for (int i = 0; sound && i < CHANGES; i++) {
            String change = changes.make();
            sound = compare(scenario, probes, cached, bare, dice, "after " + change + " on " + capabilities);
        }
    }

    /**
     * Compares some accesses; {@code false} when one of them updated something else than a leaf of the scenario. A changed CD can
     * take any memory for tables, and the update of a structure that is cached is a change without its invalidation.
     */
    private static boolean compare(
            Scenario scenario, List<Probe> probes, Rig cached, Rig bare, Dice dice, String when) {
        ReferenceSmmu reference = cached.reference();
        for (int i = 0; i < PROBES; i++) {
            Probe probe = probes.isEmpty() || dice.oneIn(3) ? scenario.someProbe(dice) : dice.pick(probes);
            probes.add(probe);
            var verdict =
                    reference.translate(probe.streamId(), probe.substreamId(), probe.address(), probe.accessBits());
            cached.expect(verdict, probe, when);
            if (!verdict.updates().keySet().stream().allMatch(scenario::isLeaf)) {
                return false;
            }
            bare.expect(verdict, probe, when);
        }
        return true;
    }
}
