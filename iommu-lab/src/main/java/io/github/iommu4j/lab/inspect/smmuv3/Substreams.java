package io.github.iommu4j.lab.inspect.smmuv3;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.lab.replay.smmuv3.SmmuMachine;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.ArrayList;
import java.util.List;

/** Finds the substreams of a stream that have a context descriptor. */
final class Substreams {

    /** Substreams looked for; tables may have 2^20, of which hardly any are used. */
    private static final int LIMIT = 1 << 12;

    private Substreams() {}

    static List<Integer> of(StreamTable.Entry stream, SmmuMachine machine) {
        StreamTableEntry entry = stream.content();
        List<Integer> substreams = new ArrayList<>();
        int lg2 = StreamTableEntry.S1CDMAX.getInt(entry.dw0());
        if (!entry.usesStage1() || lg2 == 0 || machine.substreamBits() == 0) {
            return substreams;
        }
        int count = Math.min(1 << Math.min(lg2, machine.substreamBits()), LIMIT);
        for (int substream = 0; substream < count; substream++) {
            if (hasContext(machine.explain(DmaRequest.read(stream.streamId(), 0).withSubstream(substream)))) {
                substreams.add(substream);
            }
        }
        return substreams;
    }

    private static boolean hasContext(Explanation explanation) {
        if (!(explanation.result() instanceof Translation.Fault fault)) {
            return true;
        }
        return switch (fault.name()) {
            case "C_BAD_STE", "C_BAD_CD", "C_BAD_SUBSTREAMID", "F_CD_FETCH", "F_STREAM_DISABLED" -> false;
            default -> true;
        };
    }
}
