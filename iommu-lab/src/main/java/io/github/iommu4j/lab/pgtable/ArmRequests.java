package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import io.github.iommu4j.core.pagetable.WalkCoherency;
import io.github.iommu4j.core.pagetable.arm.ArmTableConfig;
import io.github.iommu4j.core.pagetable.arm.ArmTableQuirk;
import io.github.iommu4j.lab.vector.Dialect;
import io.github.iommu4j.lab.vector.Dialect.Shape;
import io.github.iommu4j.lab.vector.Member;
import io.github.iommu4j.lab.vector.Members;
import io.github.iommu4j.lab.vector.VectorRow;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How ARM's tables are asked for and called in files. */
final class ArmRequests {

    /** A width of addresses that every kind of table refuses, and more than enough to write any down. */
    private static final long WIDEST = 0xFFFF;

    static final String IAS = "ias";
    static final String OAS = "oas";

    static final Dialect DIALECT = new Dialect(
            List.of(
                    Member.number("quirks"),
                    Member.number("pgsize_bitmap"),
                    Member.number(IAS, WIDEST),
                    Member.number(OAS, WIDEST),
                    Member.flag("coherent")),
            Map.of(
                    Operations.MAP,
                    Operations.MAP_SHAPE,
                    Operations.UNMAP,
                    new Shape(Operations.UNMAP_ARGUMENTS, List.of(Member.number("ret"))),
                    Operations.PHYS,
                    Operations.PHYS_SHAPE,
                    Operations.FAIL_ALLOC,
                    Operations.FAIL_ALLOC_SHAPE),
            Map.of("all", 0, "walk", 3, "page", 2),
            List.of("map", "unmap", "sync"),
            List.of());

    private ArmRequests() {}

    /** What a sequence asks for. */
    static ArmTableConfig config(VectorRow.Start start) {
        Members request = start.request();
        return new ArmTableConfig(
                quirks(request.number("quirks")),
                new PageSizes(request.number("pgsize_bitmap")),
                (int) request.number(IAS),
                (int) request.number(OAS),
                request.flag("coherent") ? WalkCoherency.COHERENT : WalkCoherency.NON_COHERENT,
                start.place().page());
    }

    private static Set<ArmTableQuirk> quirks(long mask) {
        try {
            return ArmTableQuirk.ofMask(mask);
        } catch (IllegalArgumentException unknown) {
            throw new IommuException(Errno.EINVAL, String.valueOf(unknown.getMessage()));
        }
    }

    /** Where a table of a sequence stands. */
    static PageTableEnvironment environment(TableMachine machine, Set<Erratum> errata) {
        return machine.environment(errata, machine.tlb(), machine.caches());
    }

    /** What came back, beginning with what became of the request. */
    static Map<String, Object> outputs(ArmTableConfig config) {
        Map<String, Object> outputs = new LinkedHashMap<>();
        outputs.put("pgsize_bitmap", config.pageSizes().bitmap());
        outputs.put(IAS, (long) config.ias());
        outputs.put(OAS, (long) config.oas());
        return outputs;
    }

    static boolean isUpperHalf(VectorRow.Start start) {
        return (start.request().number("quirks") & ArmTableQuirk.TTBR1.bit()) != 0;
    }
}
