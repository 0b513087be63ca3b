package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import java.util.List;
import java.util.OptionalLong;

/** The mock driver is a driver of PCI devices, too: two alone, two in a group, one behind a bridge. */
final class MockPciDriverConformanceTest extends DriverConformance {

    @Override
    protected DriverSubject subject() {
        return new Subject();
    }

    private static final class Subject implements DriverSubject {

        @Override
        public Installation install(Surroundings surroundings) {
            MockIommuDriver driver = new MockIommuDriver("dmar0", MockHost.intel(48)).withPasids(8);
            return new Installation() {
                @Override
                public IommuDriver driver() {
                    return driver;
                }

                @Override
                public OptionalLong translate(Device device, long iova, Access access) {
                    return driver.translate(device, iova, access);
                }

                @Override
                public OptionalLong translate(Device device, int pasid, long iova, Access access) {
                    return driver.translate(device, pasid, iova, access);
                }

                @Override
                public List<String> leaks() {
                    return driver.leaks();
                }
            };
        }

        @Override
        public PciHardware pci() {
            PciHardware hardware = new PciHardware().rootBus(0, 0);
            for (String name :
                    List.of("0000:00:01.0", "0000:00:02.0", "0000:00:03.0", "0000:00:03.1", "0000:01:00.0")) {
                RequesterId id = RequesterId.parse(name);
                hardware.plug(id, PciFunction.at(id).multifunctionBit());
            }
            RequesterId bridge = RequesterId.parse("0000:00:04.0");
            return hardware.plug(bridge, PciFunction.at(bridge).bridgeTo(1, 1));
        }
    }
}
