package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.lab.vector.Dialect;
import io.github.iommu4j.lab.vector.VectorRow;
import java.util.Set;

/** Table formats that share a model and a way to write their calls down. Immutable. */
interface TableFamily {

    /** The formats, by the files' names. */
    Set<String> formats();

    /** What the lines of these formats hold. */
    Dialect dialect();

    /** The defects of the reference that its recordings show. */
    Set<Erratum> defects();

    /**
     * Makes the table a sequence asks for.
     *
     * @param start what is asked for
     * @param machine where it is to be
     * @param errata the defects that are switched on
     * @return the table
     * @throws io.github.iommu4j.api.IommuException when it is refused
     */
    ModelTable create(VectorRow.Start start, TableMachine machine, Set<Erratum> errata);

    /**
     * What is right where the reference is known to be wrong.
     *
     * @param start the sequence
     * @return follows this sequence
     */
    RightAnswers rightAnswers(VectorRow.Start start);
}
