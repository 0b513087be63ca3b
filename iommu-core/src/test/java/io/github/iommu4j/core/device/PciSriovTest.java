package io.github.iommu4j.core.device;

import static io.github.iommu4j.core.device.DeviceRig.function;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.RequesterId;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PciSriovTest {

    private static final String PHYSICAL = "0000:00:01.0";

    private final DeviceRig rig = new DeviceRig();
    private final PciHost host = host();
    private final PciSriov sriov = new PciSriov(host, driver -> driver.name().equals("nvme"));

    private PciHost host() {
        rig.hardware.rootBus(0, 0);
        rig.plug(function(PHYSICAL), function("0000:00:02.0"));
        rig.hardware.virtualFunctions(
                RequesterId.parse(PHYSICAL), List.of(function("0000:00:01.1"), function("0000:00:01.2")));
        return new PciHost(rig.hardware, rig.bus, rig.locking);
    }

    @BeforeEach
    void boot() {
        host.rescan();
        rig.driver("nvme", PHYSICAL);
        rig.driver("virtual", "0000:00:01.1", "0000:00:01.2");
        rig.drainJournal();
    }

    private static void refused(Errno errno, ThrowingCallable call) {
        assertThatExceptionOfType(IommuException.class)
                .isThrownBy(call)
                .satisfies(refusal -> assertThat(refusal.errno()).isEqualTo(errno));
    }

    @Test
    void virtualFunctionsComeOneByOneEachWithItsDriver() {
        sriov.setCount(PHYSICAL, 2);
        assertThat(rig.drainJournal())
                .filteredOn(line -> line.startsWith("ADD") || line.startsWith("probe"))
                .containsExactly(
                        "ADD_DEVICE 0000:00:01.1",
                        "probe 0000:00:01.1 by virtual",
                        "ADD_DEVICE 0000:00:01.2",
                        "probe 0000:00:01.2 by virtual");
        assertThat(sriov.count(PHYSICAL)).isEqualTo(2);
        assertThat(rig.bus.find("0000:00:01.1"))
                .isNotNull()
                .satisfies(node -> assertThat(node.pciFunction())
                        .isNotNull()
                        .matches(it -> it.isVirtual() && !it.isMultifunction()));
    }

    @Test
    void withoutAutoprobeTheyStayUnbound() {
        sriov.setAutoprobe(PHYSICAL, PciHost.VirtualFunctionDrivers.LEAVE_UNBOUND);
        sriov.setCount(PHYSICAL, 1);
        assertThat(rig.bus.find("0000:00:01.1"))
                .isNotNull()
                .extracting(DeviceNode::driver)
                .isNull();
        host.rescan();
        assertThat(rig.bus.find("0000:00:01.1"))
                .isNotNull()
                .extracting(DeviceNode::driver)
                .isNull();
    }

    @Test
    void theyGoInOrderAndCanComeAgain() {
        sriov.setCount(PHYSICAL, 2);
        rig.drainJournal();
        sriov.setCount(PHYSICAL, 0);
        assertThat(rig.drainJournal())
                .filteredOn(line -> line.startsWith("REMOVED"))
                .containsExactly("REMOVED_DEVICE 0000:00:01.1", "REMOVED_DEVICE 0000:00:01.2");
        assertThat(sriov.count(PHYSICAL)).isZero();
        sriov.setCount(PHYSICAL, 1);
        assertThat(sriov.count(PHYSICAL)).isEqualTo(1);
        host.remove("0000:00:01.1");
        sriov.setCount(PHYSICAL, 0);
        assertThat(rig.bus.find("0000:00:01.1")).isNull();
    }

    @Test
    void anotherNumberNeedsZeroFirst() {
        sriov.setCount(PHYSICAL, 1);
        sriov.setCount(PHYSICAL, 1);
        refused(Errno.EBUSY, () -> sriov.setCount(PHYSICAL, 2));
        assertThat(rig.drainLog())
                .containsExactly("4 nvme " + PHYSICAL + ": 1 VFs already enabled. Disable before enabling 2 VFs");
    }

    @Test
    void moreThanThereAreIsErange() {
        refused(Errno.ERANGE, () -> sriov.setCount(PHYSICAL, 3));
        refused(Errno.ERANGE, () -> sriov.setCount(PHYSICAL, -1));
    }

    @Test
    void withoutADriverThatMakesThemThereAreNone() {
        rig.bus.unbind(PHYSICAL, "nvme");
        refused(Errno.ENOENT, () -> sriov.setCount(PHYSICAL, 1));
        sriov.setCount(PHYSICAL, 0);
        rig.driver("stub");
        rig.bus.driverOverride(PHYSICAL, "stub");
        rig.bus.driversProbe(PHYSICAL);
        refused(Errno.ENOENT, () -> sriov.setCount(PHYSICAL, 1));
    }

    @Test
    void anOrdinaryFunctionHasNoSuchFiles() {
        refused(Errno.ENOENT, () -> sriov.setCount("0000:00:02.0", 0));
        refused(Errno.ENOENT, () -> sriov.count("0000:00:09.0"));
        DeviceNode node = rig.device("platform");
        assertThat(host.virtualFunctionsOf(node)).isEmpty();
    }
}
