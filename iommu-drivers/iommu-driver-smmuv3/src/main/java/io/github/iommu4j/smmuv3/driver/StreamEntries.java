package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.pagetable.arm.LpaeRegisters;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.Set;

/** Makes stream table entries (IHI 0070 §5.2) as Linux does. Pure. */
final class StreamEntries {

    private final KernelRelease release;

    /** Of a release. */
    StreamEntries(KernelRelease release) {
        this.release = release;
    }

    /** Aborts everything. */
    StreamTableEntry abort() {
        throw new UnsupportedOperationException(release.toString());
    }

    /** Lets everything through. */
    StreamTableEntry bypass(Set<StreamTrait> traits) {
        throw new UnsupportedOperationException();
    }

    /** Stage 1 through a context table; {@code defaultSubstream} says what becomes of requests without a SubstreamID. */
    StreamTableEntry stage1(ContextTable table, DefaultSubstream defaultSubstream, Set<StreamTrait> traits) {
        throw new UnsupportedOperationException();
    }

    /** Stage 2 through a page table. */
    StreamTableEntry stage2(int vmid, LpaeRegisters.Stage2 pageTable, Set<StreamTrait> traits) {
        throw new UnsupportedOperationException();
    }

    /** A guest's stage 1 over a stage 2: the guest's words 0 and 1 are checked already. */
    StreamTableEntry nested(long guestWord0, long guestWord1, StreamTableEntry stage2) {
        throw new UnsupportedOperationException();
    }

    /** S1DSS: what becomes of requests without SubstreamID where there is a table of contexts. */
    enum DefaultSubstream {
        /** They are terminated. */
        TERMINATE,
        /** They pass stage 1 by. */
        BYPASS,
        /** They use SubstreamID 0. */
        SUBSTREAM_0
    }
}
