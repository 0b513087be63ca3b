package io.github.iommu4j.smmuv3.reference;

import static io.github.iommu4j.smmuv3.reference.Raw.field;

import io.github.iommu4j.api.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * An SMMUv3 that reads everything anew for each access (IHI 0070 §3.3-3.4, §5, §7.3): Non-secure, AArch64 tables,
 * stalls, hardware update of descriptors, no ATS. It plans what to write to memory and writes nothing.
 *
 * <p>Where the specification leaves a choice: a pointer beyond the output size counts as an aborted fetch or as an
 * illegal structure (never truncated), an access that is not permitted leaves the access flag alone, misaligned low bits of a pointer count as zero, reserved bits are ignored, and
 * reserved memory types of stage 2 act as Device-nGnRnE, as they do in STE.MemAttr.
 */
public final class ReferenceSmmu {

    private final Bus bus;
    private final IdRegisters id;
    private final ControlRegisters control;

    /**
     * Makes an SMMU of given registers.
     *
     * @param memory what it reads
     * @param id its features
     * @param control how it is programmed
     */
    public ReferenceSmmu(PhysicalMemory memory, IdRegisters id, ControlRegisters control) {
        this.bus = new Bus(memory);
        this.id = id;
        this.control = control;
    }

    /**
     * Translates one untranslated access.
     *
     * @param streamId StreamID, unsigned 32 bits
     * @param substreamId SubstreamID, 20 bits, or negative for none
     * @param address input address
     * @param accessBits packed as {@link io.github.iommu4j.api.dma.Access} says
     * @return what must happen
     */
    public Verdict translate(int streamId, int substreamId, long address, int accessBits) {
        Attempt attempt = new Attempt(streamId, substreamId, address, accessBits);
        Verdict verdict;
        try {
            verdict = control.enabled() ? throughStreamTable(attempt) : globalBypass(attempt);
        } catch (Stop stop) {
            verdict = stop.verdict;
        }
        return verdict.updating(bus.takeStored());
    }

    private Verdict globalBypass(Attempt attempt) {
        if (control.abortsWhenDisabled() || Raw.exceeds(attempt.address, id.outputAddressBits())) {
            throw attempt.abort();
        }
        return Verdict.ok(attempt.address, 63, 7);
    }

    private Verdict throughStreamTable(Attempt attempt) {
        StreamEntry ste = new StreamTable(bus, id, control).find(attempt);
        if (ste.isIllegal()) {
            throw attempt.configurationError(Attempt.C_BAD_STE);
        }
        if (ste.aborts()) {
            throw attempt.abort();
        }
        if (id.overridesPermissions()) {
            attempt.override(field(ste.words()[1], 49, 48), field(ste.words()[1], 51, 50));
        }
        if (!ste.stage1()) {
            if (attempt.hasSubstream()) {
                throw attempt.configurationError(Attempt.C_BAD_SUBSTREAMID);
            }
            return withoutStageOne(attempt, ste);
        }
        StageTwo stageTwo = ste.stage2() ? new StageTwo(bus, id, ste.words(), true) : null;
        long[] cd = new ContextTable(bus, id, ste, stageTwo).find(attempt);
        if (cd.length == 0) {
            return withoutStageOne(attempt, ste);
        }
        if (ContextEntry.isIllegal(cd, ste, id)) {
            throw attempt.configurationError(Attempt.C_BAD_CD);
        }
        return bothStages(attempt, new StageOne(bus, id, cd, ste.world(), stageTwo), stageTwo);
    }

    private Verdict withoutStageOne(Attempt attempt, StreamEntry ste) {
        if (Raw.exceeds(attempt.address, id.outputAddressBits())) {
            throw attempt.bypassOutOfRange();
        }
        if (!ste.stage2()) {
            return Verdict.ok(attempt.address, 63, 7);
        }
        StageTwo stageTwo = new StageTwo(bus, id, ste.words(), ste.stage1());
        Leaf leaf = stageTwo.translate(attempt, attempt.address, Attempt.CLASS_IN);
        return Verdict.ok(leaf.address(), leaf.sizeLg2(), leaf.permissions());
    }

    private static Verdict bothStages(Attempt attempt, StageOne stageOne, @Nullable StageTwo stageTwo) {
        Leaf first = stageOne.translate(attempt);
        if (stageTwo == null) {
            return Verdict.ok(first.address(), first.sizeLg2(), first.permissions());
        }
        Leaf second = stageTwo.translate(attempt, first.address(), Attempt.CLASS_IN);
        return Verdict.ok(
                second.address(),
                Math.min(first.sizeLg2(), second.sizeLg2()),
                first.permissions() & second.permissions());
    }
}
