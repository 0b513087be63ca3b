package io.github.iommu4j.testkit.assertions;

import static io.github.iommu4j.testkit.assertions.IommuAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.lockdep.Acquisition;
import io.github.iommu4j.core.lockdep.LockKind;
import io.github.iommu4j.core.lockdep.LockMap;
import io.github.iommu4j.core.lockdep.LockReport;
import io.github.iommu4j.core.lockdep.LockValidator;
import io.github.iommu4j.core.lockdep.ReportPolicy;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.testkit.explore.Exploration;
import io.github.iommu4j.testkit.explore.Finding;
import io.github.iommu4j.testkit.explore.Interleavings;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import io.github.iommu4j.testkit.machine.TableDriver;
import io.github.iommu4j.testkit.machine.TestMachine;
import java.util.List;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Assertions hold where they should, and fail with what is wrong where they should not. */
final class IommuAssertionsTest {

    private static final String DEVICE = "0000:00:01.0";

    private final TestMachine machine = machine();
    private final DeviceNode device = machine.device(DEVICE);
    private final IommuGroup group = Objects.requireNonNull(machine.core().groupOf(device));

    private static TestMachine machine() {
        RequesterId id = RequesterId.parse(DEVICE);
        return TestMachine.builder()
                .hardware(new PciHardware().rootBus(0, 0).plug(id, PciFunction.at(id)))
                .iommu(new MockIommuDriver("dmar0", MockHost.intel(48)))
                .build()
                .boot(List.of(new TableDriver("net", TableDriver.Dma.KERNEL_API)));
    }

    private static void assertFails(ThrowingCallable assertion, String words) {
        assertThatExceptionOfType(AssertionError.class).isThrownBy(assertion).withMessageContaining(words);
    }

    @Test
    void aFreeGroup() {
        assertThat(group).isFree().isOnItsDefaultDomain().hasMembers(device).hasDomain(DomainType.DMA_FQ);
        assertFails(() -> assertThat(group).isOwnedBy("user"), "to be owned by");
        assertFails(() -> assertThat(group).isUsedByDrivers(1), "to be used by 1 drivers");
        assertFails(() -> assertThat(group).hasDomain(DomainType.BLOCKED), "of type BLOCKED");
        assertFails(() -> assertThat(group).hasMembers(), "members of");
    }

    @Test
    void anOwnedGroup() {
        group.dmaOwnership().claim("user");
        assertThat(group).isOwnedBy("user").hasDomain(DomainType.BLOCKED);
        assertFails(() -> assertThat(group).isFree(), "nobody");
        assertFails(() -> assertThat(group).isOnItsDefaultDomain(), "the default domain");
        assertFails(() -> assertThat(group).isOwnedBy("another"), "to be owned by <another>");
        group.dmaOwnership().release();
    }

    @Test
    void aUsedGroup() {
        machine.pciBus().driverOverride(DEVICE, "net");
        machine.pciBus().bind(DEVICE, "net");
        assertThat(group).isUsedByDrivers(1);
        assertFails(() -> assertThat(group).isUsedByDrivers(2), "to be used by 2 drivers");
        assertFails(() -> assertThat(group).isFree(), "nobody");
    }

    @Test
    void aReport() {
        LockValidator validator =
                LockValidator.builder().policy(ReportPolicy.RECORD).build();
        LockMap a = validator.map(new LockClass("A"), LockKind.MUTEX);
        LockMap b = validator.map(new LockClass("B"), LockKind.MUTEX);
        validator.acquire(a, Acquisition.EXCLUSIVE);
        validator.acquire(b, Acquisition.EXCLUSIVE);
        validator.release(a);
        validator.acquire(a, Acquisition.EXCLUSIVE);
        validator.acquire(a, Acquisition.EXCLUSIVE);
        LockReport circular = validator.reports().get(0);
        assertThat(circular).isCircular().involves("A", "B");
        assertThat(validator.reports().get(1)).isRecursive();
        assertFails(() -> assertThat(circular).isRecursive(), "possible circular locking");
        assertFails(() -> assertThat(circular).involves("C"), "about [C]");
    }

    @Test
    void anExploration() {
        Exploration nothing = Interleavings.of(stage -> {}).exhaustive();
        assertThat(nothing).foundNothing().isComplete();
        assertFails(() -> assertThat(nothing).found(Finding.Kind.DEADLOCK), "nothing");
        Exploration broken = Interleavings.of(stage -> stage.task("throws", () -> {
                    throw new IllegalStateException("broken");
                }))
                .exhaustive();
        assertThat(broken).found(Finding.Kind.EXCEPTION);
        assertFails(() -> assertThat(broken).found(Finding.Kind.DEADLOCK), "Expecting DEADLOCK to be found");
        assertFails(() -> assertThat(broken).foundNothing(), "broken");
        assertFails(() -> assertThat(broken).isComplete(), "every schedule");
    }
}
