package io.github.iommu4j.lab.vector;

import java.util.List;

/**
 * The side effects of a call, each kind in its order. Immutable.
 *
 * @param tlb calls of the invalidation callbacks
 * @param mem tables taken, given back, and refused
 * @param dma cache maintenance
 * @param warnings how many kernel warnings fired
 */
public record Effects(List<TableEvent> tlb, List<TableEvent> mem, List<TableEvent> dma, long warnings) {

    /** None. */
    public static final Effects NONE = new Effects(List.of(), List.of(), List.of(), 0);

    /** Copies the lists. */
    public Effects {
        tlb = List.copyOf(tlb);
        mem = List.copyOf(mem);
        dma = List.copyOf(dma);
    }
}
