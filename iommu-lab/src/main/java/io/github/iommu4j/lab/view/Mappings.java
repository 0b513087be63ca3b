package io.github.iommu4j.lab.view;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.lab.machine.CapturedMachine;
import java.util.ArrayList;
import java.util.List;

/** Asks the hardware model what a stream may do in the regions its tables speak of, and joins the answers. */
public final class Mappings {

    private final CapturedMachine machine;
    private final int streamId;
    private final int substreamId;
    private final List<MappedRange> ranges = new ArrayList<>();
    private final long holeStep;
    private long budget;

    /**
     * Nothing asked yet.
     *
     * @param machine is asked
     * @param streamId for which stream
     * @param substreamId and which SubstreamID or PASID, or {@link io.github.iommu4j.api.dma.TranslationUnit#NO_SUBSTREAM}
     * @param holeStep how far an answer "not mapped" reaches, at least, in bytes
     * @param budget how often it is asked at most
     */
    public Mappings(CapturedMachine machine, int streamId, int substreamId, long holeStep, long budget) {
        this.machine = machine;
        this.streamId = streamId;
        this.substreamId = substreamId;
        this.holeStep = holeStep;
        this.budget = budget;
    }

    /**
     * What was found.
     *
     * @return ranges in the order of the questions, joined
     */
    public List<MappedRange> ranges() {
        return ranges;
    }

    /**
     * Whether it was asked as often as it may be.
     *
     * @return {@code true} when there may be more ranges
     */
    public boolean isExhausted() {
        return budget <= 0;
    }

    /**
     * Asks about one descriptor's region; beneath a block of stage 1 there may be many pages of stage 2.
     *
     * @param iova its first input address
     * @param sizeLg2 log2 of its bytes
     */
    public void region(long iova, int sizeLg2) {
        long size = 1L << sizeLg2;
        long offset = 0;
        while (offset < size && budget-- > 0) {
            long packed = ask(iova + offset);
            if (Translations.isOk(packed)) {
                long step = Math.min(size, 1L << Math.min(62, Translations.sizeLg2(packed)));
                add(new MappedRange(iova + offset, step, Translations.pa(packed), Translations.permissions(packed)));
                offset += step;
            } else {
                offset += Math.min(size, holeStep);
            }
        }
    }

    private long ask(long iova) {
        long answer = machine.translate(streamId, substreamId, iova, Access.READ);
        if (!Translations.isOk(answer)) {
            answer = machine.translate(streamId, substreamId, iova, Access.WRITE);
        }
        return Translations.isOk(answer) ? answer : machine.translate(streamId, substreamId, iova, Access.EXECUTE);
    }

    private void add(MappedRange range) {
        int last = ranges.size() - 1;
        if (last >= 0 && ranges.get(last).isContinuedBy(range)) {
            ranges.set(last, ranges.get(last).with(range));
        } else {
            ranges.add(range);
        }
    }
}
