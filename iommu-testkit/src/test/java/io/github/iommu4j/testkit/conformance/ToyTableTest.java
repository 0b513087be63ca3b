package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.core.pagetable.WalkCoherency;

class ToyTableTest extends PageTableConformance {
    @Override
    protected PageTableSubject subject() {
        return PageTableSubject.of(new ToyFormat(WalkCoherency.COHERENT), ToyHardware::walk);
    }
}
