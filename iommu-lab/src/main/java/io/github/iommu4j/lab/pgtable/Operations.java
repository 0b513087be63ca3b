package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.lab.vector.Dialect.Shape;
import io.github.iommu4j.lab.vector.Member;
import java.util.List;

/** The operations that all families have, and how their lines look. */
final class Operations {

    static final String MAP = "map";
    static final String UNMAP = "unmap";
    static final String PHYS = "phys";
    static final String FAIL_ALLOC = "fail_alloc";

    static final Shape MAP_SHAPE = new Shape(
            List.of(
                    Member.number("iova"),
                    Member.number("paddr"),
                    Member.number("pgsize"),
                    Member.number("pgcount"),
                    Member.number("prot", Integer.MAX_VALUE)),
            List.of(Member.word("ret"), Member.number("mapped")));
    static final Shape PHYS_SHAPE = new Shape(List.of(Member.number("iova")), List.of(Member.number("ret")));
    static final Shape FAIL_ALLOC_SHAPE = new Shape(List.of(Member.number("n", Long.MAX_VALUE)), List.of());

    static final List<Member> UNMAP_ARGUMENTS = List.of(
            Member.number("iova"),
            Member.number("pgsize"),
            Member.number("pgcount"),
            Member.word("gather", "none", "strict", "queued"));

    private Operations() {}
}
