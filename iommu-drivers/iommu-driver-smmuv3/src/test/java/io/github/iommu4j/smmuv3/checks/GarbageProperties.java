package io.github.iommu4j.smmuv3.checks;

import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.reference.ReferenceSmmu;
import io.github.iommu4j.smmuv3.reference.Verdict;
import io.github.iommu4j.smmuv3.tables.Dice;
import io.github.iommu4j.smmuv3.tables.Garbage;
import io.github.iommu4j.smmuv3.tables.Probe;
import io.github.iommu4j.smmuv3.tables.Shape;
import io.github.iommu4j.testkit.memory.WatchedMemory;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/** Memory full of nonsense: every access ends, after few reads, with the reference's answer. */
class GarbageProperties {

    private static final int PROBES = 60;

    @Property(tries = 1500, shrinking = ShrinkingMode.OFF)
    void nonsenseIsAnsweredAsByTheReference(@ForAll long seed) {
        Dice dice = new Dice(seed);
        Smmuv3Capabilities capabilities = Features.random(Shape.random(dice), dice);
        SparseMemory memory = SparseMemory.empty();
        WatchedMemory watched = new WatchedMemory(memory);
        Rig rig = new Rig(Units.smmu(watched, capabilities, Units.uncached(capabilities)), memory, Rig.QUEUES);
        Garbage garbage = new Garbage(memory, rig.id(), dice);
        memory.addRam(Rig.QUEUES, Rig.QUEUE_AREA);
        rig.start(garbage.streamTableBase(), garbage.streamTableConfig(), dice.below(4));
        ReferenceSmmu reference = rig.reference();
        for (int i = 0; i < PROBES; i++) {
            Probe probe = garbage.someProbe();
            Verdict verdict =
                    reference.translate(probe.streamId(), probe.substreamId(), probe.address(), probe.accessBits());
            String context = capabilities.toString();
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
