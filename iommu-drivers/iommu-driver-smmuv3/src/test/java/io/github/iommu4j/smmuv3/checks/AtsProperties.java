package io.github.iommu4j.smmuv3.checks;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.AddressType;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.reference.ControlRegisters;
import io.github.iommu4j.smmuv3.reference.ReferenceAts;
import io.github.iommu4j.smmuv3.tables.Context;
import io.github.iommu4j.smmuv3.tables.Dice;
import io.github.iommu4j.smmuv3.tables.Probe;
import io.github.iommu4j.smmuv3.tables.Scenario;
import io.github.iommu4j.smmuv3.tables.Shape;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/** Translation Requests against what ordinary accesses would get, over random tables. */
class AtsProperties {

    private static final int TRIES = 1500;
    private static final int PROBES = 24;
    private static final int REC_CFG_ATS = 8;
    private static final long EATS = 3L << 28;
    private static final int RECORDED = 1 << 11;

    @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
    void translationRequestsGrantWhatAccessesWouldGet(@ForAll long seed) {
        compare(new Dice(seed), 0);
    }

    @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
    void withAFewWordsChangedToo(@ForAll long seed) {
        compare(new Dice(seed), 6);
    }

    private static void compare(Dice dice, int mutations) {
        Shape shape = Shape.random(dice);
        // What a request with NW gets of a clean page depends on what is asked, not only on what there is.
        Smmuv3Capabilities capabilities =
                Features.random(shape, dice).toBuilder().set(IdField.HTTU, 0).build();
        SparseMemory memory = dice.oneIn(2) ? SparseMemory.empty() : new SparseMemory();
        Units.Caching caching = mutations == 0 ? dice.pick(List.of(Units.Caching.values())) : Units.Caching.NO_IOTLB;
        Rig rig = new Rig(Units.smmu(memory, capabilities, caching), memory, Rig.QUEUES);
        Scenario scenario = Scenario.build(memory, rig.id(), shape, dice);
        if (scenario.contexts().isEmpty()) {
            return;
        }
        for (Context context : scenario.contexts()) {
            long eats = dice.oneIn(8) ? dice.bits(2) << 28 : 1L << 28;
            memory.store64(context.entry() + 8, memory.load64(context.entry() + 8) & ~EATS | eats);
        }
        for (int i = 0; i < mutations; i++) {
            scenario.mutate(dice);
        }
        rig.start(scenario, dice.below(4) | REC_CFG_ATS * dice.below(2));
        ReferenceAts reference = new ReferenceAts(memory, rig.id(), ControlRegisters.readFrom(rig.registers()));
        for (int i = 0; i < PROBES; i++) {
            Probe probe = scenario.someProbe(dice);
            long expected =
                    reference.request(probe.streamId(), probe.substreamId(), probe.address(), probe.accessBits());
            check(rig, probe, expected, shape + " " + caching + " " + capabilities);
        }
    }

    private static void check(Rig rig, Probe probe, long expected, String context) {
        DmaRequest request = probe.request().ofType(AddressType.TRANSLATION_REQUEST);
        int bits = probe.accessBits() | 1 << Access.ADDRESS_TYPE_SHIFT;
        Explanation explanation = rig.unit().explain(request);
        long packed = rig.unit().translate(probe.streamId(), probe.substreamId(), probe.address(), bits);
        List<List<Long>> events = rig.drainEvents();
        boolean recorded = !Translations.isOk(packed) && Translations.isRecorded(packed);
        long plain = recorded ? packed & ~RECORDED : packed;
        boolean explained = explanation.result() instanceof Translation.Ok ok
                ? Translations.ok(ok.pa(), ok.sizeLg2(), ok.permissions()) == packed
                : !Translations.isOk(packed);
        boolean saidSo = recorded
                ? events.size() == 1 && (events.get(0).get(0) & 0xFF) == Translations.faultCode(packed)
                : events.isEmpty();
        if (plain != expected || !saidSo || !explained) {
            throw new AssertionError(String.format(
                    "%s: model %x reference %x events %s%n%s%n%s",
                    probe, plain, expected, events, explanation.toText(), context));
        }
    }
}
