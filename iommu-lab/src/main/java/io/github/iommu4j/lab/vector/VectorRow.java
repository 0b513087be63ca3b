package io.github.iommu4j.lab.vector;

import java.util.List;

/** One line of a file: a call and what it did, or a look at the table. */
public sealed interface VectorRow {

    /**
     * A sequence begins: a table is asked for.
     *
     * @param name the sequence's name
     * @param format the table's format
     * @param place where tables are put
     * @param request what was asked for
     * @param accepted whether a table came into being
     * @param outputs what came back; empty when refused
     * @param effects what happened meanwhile
     */
    record Start(
            String name,
            String format,
            Place place,
            Members request,
            boolean accepted,
            Members outputs,
            Effects effects)
            implements VectorRow {}

    /**
     * Where tables are put.
     *
     * @param base the first address
     * @param word bytes of a descriptor: 4 or 8
     * @param page bytes of a page of the CPU, to whose multiples tables are rounded up
     */
    record Place(long base, int word, long page) {}

    /**
     * A call.
     *
     * @param index the row's number in the sequence
     * @param name the operation
     * @param arguments what it was given
     * @param answers what it returned
     * @param effects what happened meanwhile
     */
    record Call(int index, String name, Members arguments, Members answers, Effects effects) implements VectorRow {
        @Override
        public String toString() {
            return name + (arguments.values().isEmpty() ? "" : " " + arguments);
        }
    }

    /**
     * A look at the table.
     *
     * @param index the row's number in the sequence
     * @param state what is there
     * @param translations where input addresses go
     * @param more other values that were looked at
     */
    record Checkpoint(int index, TableState state, List<Translation> translations, Members more) implements VectorRow {

        /** Copies the list. */
        public Checkpoint {
            translations = List.copyOf(translations);
        }
    }

    /**
     * Where an input address goes.
     *
     * @param iova the input address
     * @param pa the output address, 0 for none
     */
    record Translation(long iova, long pa) {}

    /**
     * The table is freed, and the sequence is over.
     *
     * @param index the row's number in the sequence
     * @param effects what happened meanwhile
     */
    record End(int index, Effects effects) implements VectorRow {}
}
