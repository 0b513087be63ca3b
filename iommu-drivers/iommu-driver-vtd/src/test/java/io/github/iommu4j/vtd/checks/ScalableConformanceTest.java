package io.github.iommu4j.vtd.checks;

import io.github.iommu4j.testkit.conformance.TranslationUnitConformance;
import io.github.iommu4j.testkit.conformance.TranslationUnitSubject;

class ScalableConformanceTest extends TranslationUnitConformance {

    @Override
    protected TranslationUnitSubject subject() {
        return new VtdSubject(VtdSubject.Mode.SCALABLE);
    }
}
