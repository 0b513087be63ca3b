package io.github.iommu4j.core.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.device.DeviceRig.ScriptedDriver;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The errno rows of bind, unbind, driver_override, drivers_probe, new_id and remove_id. */
class BindTest {

    private final DeviceRig rig = new DeviceRig();
    private final BusType bus = rig.bus;

    private static void refused(Errno errno, ThrowingCallable call) {
        assertThatExceptionOfType(IommuException.class)
                .isThrownBy(call)
                .satisfies(refusal -> assertThat(refusal.errno()).isEqualTo(errno));
    }

    @Test
    void bindingAnUnknownDeviceOrDriverIsEnodev() {
        rig.device("a");
        rig.driver("net");
        refused(Errno.ENODEV, () -> bus.bind("b", "net"));
        refused(Errno.ENODEV, () -> bus.bind("a", "disk"));
    }

    @Test
    void matchIsTestedBeforeWhetherTheDeviceIsBound() {
        rig.device("a");
        rig.driver("net", "a");
        rig.driver("disk");
        refused(Errno.ENODEV, () -> bus.bind("a", "disk"));
        refused(Errno.EBUSY, () -> bus.bind("a", "net"));
        bus.driverOverride("a", "disk");
        refused(Errno.ENODEV, () -> bus.bind("a", "net"));
        refused(Errno.EBUSY, () -> bus.bind("a", "disk"));
    }

    @Test
    void bindAnswersWhatConfigurationAndProbeAnswer() {
        rig.device("a");
        ScriptedDriver driver = rig.driver("net");
        bus.driverOverride("a", "net");
        rig.dmaRefusal = Errno.EBUSY;
        refused(Errno.EBUSY, () -> bus.bind("a", "net"));
        rig.dmaRefusal = null;
        driver.refusal = Errno.EINVAL;
        refused(Errno.EINVAL, () -> bus.bind("a", "net"));
        driver.refusal = Errno.EPROBE_DEFER;
        refused(Errno.EAGAIN, () -> bus.bind("a", "net"));
        driver.refusal = null;
        bus.bind("a", "net");
        assertThat(bus.find("a")).isNotNull().extracting(DeviceNode::driver).isSameAs(driver);
    }

    @Test
    void unbindNeedsThatDriver() {
        rig.device("a");
        refused(Errno.ENODEV, () -> bus.unbind("b", "net"));
        refused(Errno.ENODEV, () -> bus.unbind("a", "net"));
        rig.driver("net", "a");
        refused(Errno.ENODEV, () -> bus.unbind("a", "disk"));
        bus.unbind("a", "net");
        assertThat(bus.find("a")).isNotNull().extracting(DeviceNode::driver).isNull();
    }

    @Test
    void driversProbeIsOkUnlessConfigurationFails() {
        DeviceNode device = rig.device("a");
        refused(Errno.ENODEV, () -> bus.driversProbe("b"));
        bus.driversProbe("a");
        ScriptedDriver driver = rig.driver("net");
        bus.driverOverride("a", "net");
        driver.refusal = Errno.EINVAL;
        bus.driversProbe("a");
        assertThat(device.driver()).isNull();
        rig.dmaRefusal = Errno.EBUSY;
        refused(Errno.EINVAL, () -> bus.driversProbe("a"));
        rig.dmaRefusal = null;
        driver.refusal = null;
        bus.driversProbe("a");
        bus.driversProbe("a");
        assertThat(device.driver()).isSameAs(driver);
    }

    @Test
    void theNextDriverIsTriedAfterAFailedProbeButNotAfterAFailedConfiguration() {
        DeviceNode device = rig.device("a");
        ScriptedDriver first = rig.unregistered("first", "a");
        first.refusal = Errno.ENODEV;
        bus.register(first);
        ScriptedDriver second = rig.driver("second", "a");
        assertThat(device.driver()).isSameAs(second);
        bus.unbind("a", "second");
        rig.drainJournal();
        rig.dmaRefusal = Errno.EBUSY;
        refused(Errno.EINVAL, () -> bus.driversProbe("a"));
        assertThat(rig.drainJournal()).containsExactly("configure a");
    }

    @Test
    void anOverrideNeverUnbindsAndANamelessDeviceHasNone() {
        DeviceNode device = rig.device("a");
        ScriptedDriver driver = rig.driver("net", "a");
        bus.driverOverride("a", "stub");
        assertThat(device.driver()).isSameAs(driver);
        assertThat(device.driverOverride()).isEqualTo("stub");
        bus.driverOverride("a", null);
        assertThat(device.driverOverride()).isNull();
        refused(Errno.ENOENT, () -> bus.driverOverride("b", "stub"));
    }

    @Test
    void dynamicIdsBindWhatTheyName() {
        rig.hardware.rootBus(0, 0);
        rig.plug(DeviceRig.function("0000:00:01.0").ids(0x1234, 0x11E8));
        new PciHost(rig.hardware, bus, rig.locking).rescan();
        ScriptedDriver driver = rig.driver("vfio-pci");
        refused(Errno.ENOENT, () -> bus.newId("none", 0x1234, 0x11E8));
        refused(Errno.ENODEV, () -> bus.removeId("vfio-pci", 0x1234, 0x11E8));
        bus.newId("vfio-pci", 0x1234, 0x11E8);
        assertThat(bus.nodes().get(0).driver()).isSameAs(driver);
        refused(Errno.EEXIST, () -> bus.newId("vfio-pci", 0x1234, 0x11E8));
        bus.removeId("vfio-pci", 0x1234, 0x11E8);
        refused(Errno.ENODEV, () -> bus.removeId("vfio-pci", 0x1234, 0x11E8));
        assertThat(bus.nodes().get(0).driver()).isSameAs(driver);
        bus.unbind("0000:00:01.0", "vfio-pci");
        refused(Errno.ENODEV, () -> bus.bind("0000:00:01.0", "vfio-pci"));
    }

    @Test
    void namesAreUnique() {
        rig.device("a");
        refused(Errno.EEXIST, () -> rig.device("a"));
        rig.driver("net");
        refused(Errno.EBUSY, () -> rig.driver("net"));
    }

    @Test
    void aDriverBindsAtRegistrationAndLetsGoAtTheEnd() {
        DeviceNode first = rig.device("a");
        DeviceNode second = rig.device("b");
        ScriptedDriver driver = rig.driver("net", "a");
        assertThat(first.driver()).isSameAs(driver);
        assertThat(second.driver()).isNull();
        ScriptedDriver other = rig.driver("all", "*");
        assertThat(first.driver()).isSameAs(driver);
        assertThat(second.driver()).isSameAs(other);
        assertThat(bus.driver("net")).isSameAs(driver);
        bus.unregister(driver);
        assertThat(first.driver()).isNull();
        assertThat(second.driver()).isSameAs(other);
        assertThat(bus.driver("net")).isNull();
    }

    @Test
    void aDeviceThatIsGoneCannotBeBound() {
        DeviceNode device = rig.device("a");
        rig.driver("net", "a");
        bus.unbind("a", "net");
        bus.remove(device);
        assertThat(device.isPresent()).isFalse();
        rig.drainJournal();
        bus.attach(device);
        assertThat(rig.drainJournal()).isEmpty();
        refused(Errno.ENODEV, () -> bus.bind("a", "net"));
    }

    @Test
    void aDeviceThatGoesWhileBindWaitsIsEnodev() {
        DeviceNode device = rig.device("a");
        ScriptedDriver driver = rig.driver("net");
        bus.driverOverride("a", "net");
        Thread[] waiting = new Thread[1];
        Throwable[] outcome = new Throwable[1];
        device.mutex().lock();
        waiting[0] = new Thread(() -> {
            try {
                bus.bind("a", "net");
            } catch (IommuException refusal) {
                outcome[0] = refusal;
            }
        });
        waiting[0].start();
        while (waiting[0].getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        device.setPresent(false);
        device.mutex().unlock();
        join(waiting[0]);
        assertThat(outcome[0]).isInstanceOf(IommuException.class);
        refused(Errno.ENODEV, () -> {
            throw outcome[0];
        });
        assertThat(device.driver()).isNotSameAs(driver);
    }

    private static void join(Thread thread) {
        assertThatThrownBy(() -> {
                    thread.join();
                    throw new IllegalStateException("joined");
                })
                .hasMessage("joined");
    }

    @Test
    void failedProbesAreReportedInTheKernelsWords() {
        rig.device("a");
        ScriptedDriver driver = rig.driver("net");
        bus.driverOverride("a", "net");
        driver.refusal = Errno.EINVAL;
        bus.driversProbe("a");
        assertThat(rig.drainLog()).containsExactly("3 net a: probe with driver net failed with error -22");
        bus.reportTo(rig.log, KernelRelease.V6_1);
        bus.driversProbe("a");
        assertThat(rig.drainLog()).containsExactly("4 net: probe of a failed with error -22");
        for (Errno silent : new Errno[] {Errno.ENODEV, Errno.ENXIO, Errno.EPROBE_DEFER}) {
            driver.refusal = silent;
            bus.driversProbe("a");
        }
        assertThat(rig.drainLog()).isEmpty();
    }

    @Test
    void withoutALogNothingIsReported() {
        BusType silent = new BusType("quiet", rig.locking, rig.deferred);
        silent.add(DeviceNode.Identity.of("a", 0));
        ScriptedDriver driver = rig.unregistered("net", "a");
        driver.refusal = Errno.EINVAL;
        silent.register(driver);
        silent.report().warn("nothing");
        silent.report().warnOfFailedAttach("nothing");
        assertThat(rig.drainLog()).isEmpty();
        assertThat(silent.name()).isEqualTo("quiet");
        assertThat(silent.devices()).hasSize(1);
    }
}
