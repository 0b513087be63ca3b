package io.github.iommu4j.lab.vector;

import java.util.List;
import java.util.Map;

/**
 * What the lines of one family of formats hold beyond what all have.
 *
 * @param request the members of a sequence's {@code cfg}
 * @param operations the operations, by name
 * @param invalidations the kinds of events in {@code tlb}, with how many numbers follow the kind
 * @param maintenance the kinds of events in {@code dma}; an address and a size follow, and a count may
 * @param checkpoint members of a checkpoint beyond the usual ones
 */
public record Dialect(
        List<Member> request,
        Map<String, Shape> operations,
        Map<String, Integer> invalidations,
        List<String> maintenance,
        List<Member> checkpoint) {

    /** Copies the collections. */
    public Dialect {
        request = List.copyOf(request);
        operations = Map.copyOf(operations);
        invalidations = Map.copyOf(invalidations);
        maintenance = List.copyOf(maintenance);
        checkpoint = List.copyOf(checkpoint);
    }

    /**
     * The members of one operation's lines.
     *
     * @param arguments what the call was given
     * @param answers what it returned
     */
    public record Shape(List<Member> arguments, List<Member> answers) {

        /** Copies the lists. */
        public Shape {
            arguments = List.copyOf(arguments);
            answers = List.copyOf(answers);
        }
    }
}
