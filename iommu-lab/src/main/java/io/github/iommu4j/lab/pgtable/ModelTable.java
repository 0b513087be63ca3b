package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.lab.vector.Members;
import io.github.iommu4j.lab.vector.TableState.Leaf;
import io.github.iommu4j.lab.vector.VectorRow;
import java.util.SortedMap;

/** A table of ours, under the calls of one sequence. Confined to one thread. */
interface ModelTable {

    /** What came back when it was made, by the files' names. */
    Members outputs();

    /**
     * Makes a call.
     *
     * @param call the call
     * @return what it returned; refusals are answers too
     */
    Members call(VectorRow.Call call);

    /** Where an input address goes; 0 for nowhere. */
    long translate(long iova);

    /** All leaves, by input address. */
    SortedMap<Long, Leaf> leaves();

    /** What a checkpoint of this family looks at besides. */
    default Members more() {
        return Members.NONE;
    }

    /** Reads the table as the hardware does. */
    TableWalk walk(long iova);

    /** Frees it. */
    void destroy();
}
