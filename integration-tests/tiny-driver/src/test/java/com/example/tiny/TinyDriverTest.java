package com.example.tiny;

import io.github.iommu4j.testkit.conformance.DriverConformance;
import io.github.iommu4j.testkit.conformance.DriverSubject;

/** The driver is right. */
class TinyDriverTest extends DriverConformance {

    @Override
    protected DriverSubject subject() {
        return new TinySubject(Fault.NONE);
    }
}
