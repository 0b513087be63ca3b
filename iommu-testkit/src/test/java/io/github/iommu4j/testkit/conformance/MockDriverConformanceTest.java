package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import java.util.List;
import java.util.OptionalLong;

/** The mock driver is a driver. */
final class MockDriverConformanceTest extends DriverConformance {

    @Override
    protected DriverSubject subject() {
        return surroundings -> {
            MockIommuDriver driver = new MockIommuDriver("iommu0", MockHost.arm());
            return new DriverSubject.Installation() {
                @Override
                public IommuDriver driver() {
                    return driver;
                }

                @Override
                public OptionalLong translate(Device device, long iova, Access access) {
                    return driver.translate(device, iova, access);
                }

                @Override
                public List<String> leaks() {
                    return driver.leaks();
                }
            };
        };
    }
}
