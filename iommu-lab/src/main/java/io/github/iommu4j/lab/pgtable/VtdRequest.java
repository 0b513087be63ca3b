package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.core.pagetable.WalkCoherency;
import io.github.iommu4j.core.pagetable.intel.IntelStage;
import io.github.iommu4j.core.pagetable.intel.IntelTableConfig;
import io.github.iommu4j.core.pagetable.intel.SnoopControl;
import io.github.iommu4j.lab.vector.Dialect;
import io.github.iommu4j.lab.vector.Dialect.Shape;
import io.github.iommu4j.lab.vector.Member;
import io.github.iommu4j.lab.vector.Members;
import io.github.iommu4j.lab.vector.VectorRow;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How Intel's tables are asked for in files, and the hardware they are for.
 *
 * @param config the table
 * @param caching whether not-present entries may be cached (CAP.CM)
 * @param selective whether single pages can be invalidated (CAP.PSI)
 * @param maximumOrder the largest order of an invalidation (CAP.MAMV)
 * @param deviceTlb whether a device caches translations
 * @param did the domain id
 */
record VtdRequest(
        IntelTableConfig config, boolean caching, boolean selective, int maximumOrder, boolean deviceTlb, long did) {

    static final String SECOND = "VTD_SL";
    static final String FIRST = "VTD_FL";
    static final Set<String> FORMATS = Set.of(SECOND, FIRST);

    static final String SYNC_MAP = "sync_map";
    static final String TLB_SYNC = "tlb_sync";
    static final String PUT_FREELIST = "put_freelist";
    static final String FREELIST_EMPTY = "freelist_empty";

    private static final String GAW = "gaw";
    private static final String SUPERPAGE = "superpage";
    private static final String COHERENT = "coherent";
    private static final String SNP = "snp";
    private static final String CACHING_MODE = "caching_mode";
    private static final String PGSEL_INV = "pgsel_inv";
    private static final String MAX_AMASK = "max_amask";
    private static final String DEV_TLB = "dev_tlb";
    private static final String DID = "did";

    static final Dialect DIALECT = new Dialect(
            List.of(
                    Member.number(GAW, 64),
                    Member.number(SUPERPAGE, 2),
                    Member.flag(COHERENT),
                    Member.flag(SNP),
                    Member.flag(CACHING_MODE),
                    Member.flag(PGSEL_INV),
                    Member.number(MAX_AMASK, 63),
                    Member.flag(DEV_TLB),
                    Member.number(DID, 0xFFFF)),
            Map.of(
                    Operations.MAP,
                    Operations.MAP_SHAPE,
                    Operations.UNMAP,
                    new Shape(
                            Operations.UNMAP_ARGUMENTS,
                            List.of(
                                    Member.numberOrWord("ret"),
                                    Member.number(FREELIST_EMPTY, 1).optional())),
                    Operations.PHYS,
                    Operations.PHYS_SHAPE,
                    Operations.FAIL_ALLOC,
                    Operations.FAIL_ALLOC_SHAPE,
                    SYNC_MAP,
                    new Shape(List.of(Member.number("iova"), Member.number("size")), List.of()),
                    TLB_SYNC,
                    new Shape(
                            List.of(Member.number("start"), Member.number("end")),
                            List.of(Member.flag("bug").optional())),
                    PUT_FREELIST,
                    new Shape(List.of(), List.of())),
            Map.of("psi", 3, "dsi", 1, "piotlb", 3, "devtlb", 2),
            List.of("clflush"),
            List.of(Member.number("max_addr")));

    static VtdRequest of(VectorRow.Start start) {
        Members request = start.request();
        IntelStage stage = start.format().equals(FIRST) ? IntelStage.FIRST : IntelStage.SECOND;
        IntelTableConfig config = IntelTableConfig.of(stage, (int) request.number(GAW))
                .withLargePages((1 << request.number(SUPERPAGE)) - 1)
                .withCoherency(request.flag(COHERENT) ? WalkCoherency.COHERENT : WalkCoherency.NON_COHERENT)
                .withSnoop(request.flag(SNP) ? SnoopControl.FORCED : SnoopControl.BY_DEVICE);
        return new VtdRequest(
                config,
                request.flag(CACHING_MODE),
                request.flag(PGSEL_INV),
                (int) request.number(MAX_AMASK),
                request.flag(DEV_TLB),
                request.number(DID));
    }

    boolean isFirstStage() {
        return config.stage() == IntelStage.FIRST;
    }
}
