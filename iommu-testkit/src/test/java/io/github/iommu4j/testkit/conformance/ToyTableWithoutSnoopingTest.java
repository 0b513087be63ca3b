package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.core.pagetable.WalkCoherency;

class ToyTableWithoutSnoopingTest extends PageTableConformance {
    @Override
    protected PageTableSubject subject() {
        return PageTableSubject.of(new ToyFormat(WalkCoherency.NON_COHERENT), ToyHardware::walk);
    }
}
