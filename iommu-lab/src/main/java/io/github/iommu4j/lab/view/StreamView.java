package io.github.iommu4j.lab.view;

import java.util.List;
import java.util.Map;

/**
 * One stream, or one substream of it, as its tables configure it. Immutable.
 *
 * @param streamId StreamID, unsigned 32 bits, or source-id
 * @param substreamId SubstreamID or PASID, or -1 for traffic without one
 * @param entryAddress physical byte address of the stream table or context entry
 * @param kind what becomes of its traffic
 * @param problem the name of the fault that stops all traffic before any table is walked; empty when there is none
 * @param settings what the structures say, in the specification's names, in order
 * @param ranges what is mapped, by ascending input address
 * @param truncated whether there were more tables than this reader is willing to read
 */
public record StreamView(
        int streamId,
        int substreamId,
        long entryAddress,
        Kind kind,
        String problem,
        Map<String, String> settings,
        List<MappedRange> ranges,
        boolean truncated) {

    /** Copies the list. */
    public StreamView {
        ranges = List.copyOf(ranges);
    }

    /** What becomes of traffic. Stage 1 is what Intel calls the first stage, stage 2 the second. */
    public enum Kind {
        /** Traffic is aborted, silently. */
        ABORT("abort"),
        /** Traffic passes untranslated. */
        BYPASS("bypass"),
        /** Stage 1. */
        STAGE_1("stage 1"),
        /** Stage 2. */
        STAGE_2("stage 2"),
        /** Stage 1 over stage 2. */
        NESTED("stage 1 over stage 2");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        /**
         * For a reader.
         *
         * @return a short name
         */
        public String label() {
            return label;
        }
    }
}
