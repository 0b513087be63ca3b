package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.core.pagetable.FreedTables;
import io.github.iommu4j.core.pagetable.WalkCoherency;

class ToyTableThatWaitsTest extends PageTableConformance {
    @Override
    protected PageTableSubject subject() {
        ToyFormat format = new ToyFormat(WalkCoherency.COHERENT) {
            @Override
            public FreedTables freedTables() {
                return FreedTables.AFTER_SYNC;
            }
        };
        return PageTableSubject.of(format, ToyHardware::walk);
    }
}
