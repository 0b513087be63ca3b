package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.api.dma.Explanation.Fetch;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the hardware finds a translation: everything it reads. Immutable.
 *
 * @param iova the input address
 * @param fetches every descriptor read, in order
 * @param pa the output address, or {@code null} when there is no translation
 * @param conclusion what decided that
 */
public record TableWalk(
        long iova, List<Fetch> fetches, @Nullable Long pa, String conclusion) {

    /** Copies the list. */
    public TableWalk {
        fetches = List.copyOf(fetches);
    }
}
