package io.github.iommu4j.core.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.core.device.DeferredProbe.Rule;
import io.github.iommu4j.core.device.DeferredProbe.Timeout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeferredProbeTest {

    private final DeviceRig rig = new DeviceRig();

    @ParameterizedTest
    @CsvSource({
        "V4_18, BEFORE_INITCALLS, EPROBE_DEFER",
        "V4_18, RUNNING, ENODEV",
        "V4_18, EXPIRED, ETIMEDOUT",
        "V4_18_PERSIST, BEFORE_INITCALLS, EPROBE_DEFER",
        "V4_18_PERSIST, RUNNING, EPROBE_DEFER",
        "V4_18_PERSIST, EXPIRED, ETIMEDOUT",
        "V5_7_MODULES, BEFORE_INITCALLS, EPROBE_DEFER",
        "V5_7_MODULES, RUNNING, EPROBE_DEFER",
        "V5_7_MODULES, EXPIRED, ETIMEDOUT",
        "V5_7_NO_MODULES, BEFORE_INITCALLS, EPROBE_DEFER",
        "V5_7_NO_MODULES, RUNNING, ENODEV",
        "V5_7_NO_MODULES, EXPIRED, ENODEV",
    })
    void aMissingSupplierIsAnsweredByRuleAndTimeout(Rule rule, Timeout timeout, Errno answer) {
        assertThat(DeferredProbe.checkState(rule, timeout)).isEqualTo(answer);
    }

    @Test
    void whoAskedToWaitIsTriedAgainAfterAnotherDeviceWasBound() {
        DeviceNode waiting = rig.device("consumer");
        DeviceRig.ScriptedDriver driver = rig.unregistered("consumer", "consumer");
        driver.refusal = Errno.EPROBE_DEFER;
        rig.bus.register(driver);
        assertThat(rig.deferred.waiting()).isEqualTo(1);
        assertThat(rig.deferred.step()).isFalse();
        driver.refusal = null;
        rig.device("supplier");
        rig.driver("supplier", "supplier");
        assertThat(rig.deferred.step()).isTrue();
        assertThat(waiting.driver()).isSameAs(driver);
        assertThat(rig.deferred.waiting()).isZero();
        assertThat(rig.deferred.step()).isFalse();
    }

    @Test
    void aDriverThatWaitsKeepsOthersFromBeingTried() {
        DeviceNode device = rig.device("a");
        DeviceRig.ScriptedDriver first = rig.unregistered("first", "a");
        first.refusal = Errno.EPROBE_DEFER;
        rig.bus.register(first);
        rig.drainJournal();
        rig.bus.attach(device);
        assertThat(rig.drainJournal())
                .filteredOn(line -> line.startsWith("probe"))
                .containsExactly("probe a by first");
    }

    @Test
    void aTriggerTriesAgainAndThoseThatStillWaitGoOnWaiting() {
        rig.device("a");
        DeviceRig.ScriptedDriver driver = rig.unregistered("net", "a");
        driver.refusal = Errno.EPROBE_DEFER;
        rig.bus.register(driver);
        rig.deferred.trigger();
        assertThat(rig.deferred.step()).isTrue();
        assertThat(rig.deferred.waiting()).isEqualTo(1);
        assertThat(rig.deferred.step()).isFalse();
    }

    @Test
    void aConfigurationThatWaitsCountsAsWaiting() {
        rig.device("a");
        rig.dmaRefusal = Errno.EPROBE_DEFER;
        rig.driver("net", "a");
        assertThat(rig.deferred.waiting()).isEqualTo(1);
    }

    @Test
    void aDeviceThatGoesWaitsNoMore() {
        DeviceNode device = rig.device("a");
        DeviceRig.ScriptedDriver driver = rig.unregistered("net", "a");
        driver.refusal = Errno.EPROBE_DEFER;
        rig.bus.register(driver);
        rig.bus.remove(device);
        assertThat(rig.deferred.waiting()).isZero();
        rig.deferred.trigger();
        assertThat(rig.deferred.step()).isFalse();
    }
}
