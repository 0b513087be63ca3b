package io.github.iommu4j.core.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.device.FwSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The order of configuration, probe, notices and what is seen of a driver. */
class NotificationOrderTest {

    private final DeviceRig rig = new DeviceRig();
    private final BusType bus = rig.bus;

    @Test
    void dmaIsConfiguredBeforeTheDriverIsBoundAndCleanedUpAfterItIsGone() {
        rig.device("a");
        rig.driver("net", "a");
        bus.unbind("a", "net");
        assertThat(rig.drainJournal())
                .containsExactly(
                        "ADD_DEVICE a",
                        "configure a",
                        "BIND_DRIVER a",
                        "probe a by net",
                        "BOUND_DRIVER a",
                        "UNBIND_DRIVER a",
                        "remove a by net",
                        "cleanup a",
                        "UNBOUND_DRIVER a");
    }

    @Test
    void aFailedProbeIsCleanedUpAndAFailedConfigurationIsNot() {
        rig.device("a");
        DeviceRig.ScriptedDriver driver = rig.unregistered("net", "a");
        driver.refusal = Errno.EIO;
        bus.register(driver);
        assertThat(rig.drainJournal())
                .containsExactly(
                        "ADD_DEVICE a",
                        "configure a",
                        "BIND_DRIVER a",
                        "probe a by net",
                        "DRIVER_NOT_BOUND a",
                        "cleanup a");
        rig.dmaRefusal = Errno.EBUSY;
        bus.attach(bus.nodes().get(0));
        assertThat(rig.drainJournal()).containsExactly("configure a");
    }

    @Test
    void removalTellsBeforeAndAfterAndReleasesTheDriverBetween() {
        DeviceNode device = rig.device("a");
        rig.driver("net", "a");
        rig.drainJournal();
        bus.remove(device);
        assertThat(rig.drainJournal())
                .containsExactly(
                        "DEL_DEVICE a",
                        "UNBIND_DRIVER a",
                        "remove a by net",
                        "cleanup a",
                        "UNBOUND_DRIVER a",
                        "REMOVED_DEVICE a");
        assertThat(bus.find("a")).isNull();
    }

    @Test
    void theDriverIsSeenFromConfigurationUntilUnbindingBegins() {
        DeviceNode device = rig.device("a");
        List<Object> seen = new ArrayList<>();
        bus.addListener((event, node) -> {
            seen.add(node.shownDriver() == null ? "none" : node.shownDriver().name());
            seen.add(node.driver() == null ? "none" : node.driver().name());
        });
        rig.driver("net", "a");
        bus.unbind("a", "net");
        assertThat(seen).containsExactly("net", "net", "net", "net", "none", "net", "none", "none");
        assertThat(device.shownDriver()).isNull();
    }

    @Test
    void everyEventHasTheKernelsNumber() {
        assertThat(Arrays.stream(BusEvent.values()).map(BusEvent::code)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
    }

    @Test
    void aBusWithoutConfigurationBindsAllTheSame() {
        BusType plain = new BusType("platform", rig.locking, rig.deferred);
        DeviceNode device = plain.add(DeviceNode.Identity.of("a", 7));
        plain.register(rig.unregistered("net", "a"));
        assertThat(device.driver()).isNotNull();
        plain.unbind("a", "net");
        assertThat(device.driver()).isNull();
        plain.unregister(rig.unregistered("other"));
    }

    @Test
    void aDeviceKnowsWhoItIs() {
        DeviceNode parent = rig.device("bridge");
        DeviceNode device = bus.add(new DeviceNode.Identity("a", parent, 42, null));
        assertThat(device.name()).isEqualTo("a").isEqualTo(device.toString());
        assertThat(device.bus()).isSameAs(bus);
        assertThat(device.parent()).isSameAs(parent);
        assertThat(device.streamId()).isEqualTo(42);
        assertThat(device.pciFunction()).isNull();
        assertThat(device.fwSpec()).isNull();
        FwSpec spec = new FwSpec("smmu", List.of(1));
        device.setFwSpec(spec);
        assertThat(device.fwSpec()).isSameAs(spec);
        assertThat(bus.devices()).containsExactly(parent, device);
    }
}
