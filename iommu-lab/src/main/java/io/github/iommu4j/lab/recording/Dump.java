package io.github.iommu4j.lab.recording;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.lab.capture.EventRow;
import io.github.iommu4j.lab.capture.Expectation;
import io.github.iommu4j.lab.capture.FaultRow;
import io.github.iommu4j.lab.capture.ProbeRow;
import io.github.iommu4j.lab.capture.RegisterDump;
import java.util.List;
import java.util.Optional;

/** What captures of a family hold besides translations and memory. Looks and changes nothing. */
interface Dump {

    /** The registers, by the names the captures of the family use. */
    RegisterDump registers();

    /** Event records that software has not read yet. */
    List<EventRow> events();

    /** Faults that software has not cleared yet. */
    List<FaultRow> faults();

    /** The line of a refused access. */
    ProbeRow refused(long line, Explanation explanation);

    /** The name under which the independent walker of such captures refuses an access; none when it has no name for it. */
    Optional<Expectation> refusal(Translation answer);

    /** The line of an access. */
    static ProbeRow probe(long line, DmaRequest request, ProbeRow.Verdict verdict, Answer answer) {
        return new ProbeRow(
                line,
                request.streamId(),
                request.iova(),
                Long.BYTES,
                request.access(),
                verdict,
                answer.pa(),
                answer.permissions(),
                answer.event(),
                answer.words(),
                answer.specification(),
                answer.pa(),
                ProbeRow.Agreement.YES,
                "recorded");
    }

    /** What a line says of an answer. */
    record Answer(long pa, int permissions, String event, List<Long> words, Expectation specification) {

        static Answer of(Translation.Ok ok, int permissions) {
            return new Answer(ok.pa(), permissions, "", List.of(), Expectation.OK);
        }
    }
}
