package io.github.iommu4j.testkit.fault;

import static io.github.iommu4j.testkit.fault.FaultRig.errno;
import static io.github.iommu4j.testkit.fault.FaultRig.last;
import static io.github.iommu4j.testkit.fault.FaultRig.partial;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.FaultEvent.Traits;
import io.github.iommu4j.api.fault.FaultReason;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.core.fault.AddressSpace;
import io.github.iommu4j.core.fault.FaultMemory.Purpose;
import io.github.iommu4j.core.fault.IopfQueue;
import io.github.iommu4j.core.fault.SharedAddressSpaces;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.lock.ValidatedLocking;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The queue of page requests as the handler of a device, up to 6.8; and the handling of single requests. */
final class IopfQueueTest {

    private final FaultRig rig = FaultRig.of(KernelRelease.V6_1);
    private final Device device = rig.add("nic");
    private final List<PageRequest> handled = new ArrayList<>();
    private final Map<Long, Code> outcomes = new HashMap<>();
    private final IopfQueue queue = rig.faults.newQueue("smmu", this::handle);

    private Code handle(Device from, PageRequest request) {
        assertThat(from).isSameAs(device);
        handled.add(request);
        return outcomes.getOrDefault(request.address(), Code.SUCCESS);
    }

    private void start() {
        queue.add(device);
        rig.faults.register(device, rig.faults.queueing());
    }

    private static PageRequest partialAt(int groupId, long address) {
        return new PageRequest(-1, groupId, 1, address, Traits.PARTIAL);
    }

    private void step() {
        rig.faults.pending(device).forEach(rig.ledger::means);
        assertThat(queue.step()).isTrue();
    }

    @Test
    void F30_onlyPageRequestsOfDevicesInAQueueAreQueued() {
        rig.faults.register(device, rig.faults.queueing());
        assertThat(rig.report(device, last(1))).isEqualTo(Errno.ENODEV);
        queue.add(device);
        FaultEvent event = new FaultEvent.Unrecoverable(FaultReason.UNKNOWN, 1, -1, 0, 0);
        assertThat(rig.faults.report(device, event)).isEqualTo(Errno.EOPNOTSUPP);
        assertThat(rig.report(device, last(1))).isNull();
        assertThatThrownBy(() -> rig.faults.queueing().onFault(device, last(2))).isInstanceOf(AssertionError.class);
        Device stranger = FaultRig.of(KernelRelease.V6_1).add("stranger");
        assertThat(rig.faults.queueing().onFault(stranger, last(2))).isEqualTo(Errno.ENODEV);
        step();
        rig.close();
    }

    @Test
    void F31_aGroupIsItsPartsInOrderAndTheLastAndGetsOneAnswer() {
        start();
        List<PageRequest> group = List.of(partial(1), partialAt(1, 0x2000), last(1));
        PageRequest other = partial(2);
        rig.report(device, group.get(0));
        rig.report(device, other);
        rig.report(device, group.get(1));
        assertThat(rig.faults.partial(device)).containsExactly(group.get(0), other, group.get(1));
        assertThat(queue.waiting()).isZero();
        rig.report(device, group.get(2));
        assertThat(queue.waiting()).isEqualTo(1);
        step();
        assertThat(handled).containsExactlyElementsOf(group);
        assertThat(rig.ledger.answersTo(group.get(2))).containsExactly(Code.SUCCESS);
        assertThat(rig.faults.partial(device)).containsExactly(other);
        assertThat(queue.step()).isFalse();
        rig.close();
    }

    @Test
    void F32_theFirstFailureIsTheAnswerAndEndsTheHandling() {
        start();
        outcomes.put(0x1000L, Code.INVALID);
        outcomes.put(0x2000L, Code.FAILURE);
        PageRequest closing = last(3);
        rig.report(device, partialAt(3, 0));
        rig.report(device, partialAt(3, 0x1000));
        rig.report(device, partialAt(3, 0x2000));
        rig.report(device, closing);
        step();
        assertThat(handled).hasSize(2);
        assertThat(rig.ledger.answersTo(closing)).containsExactly(Code.INVALID);
        rig.close();
    }

    @Test
    void F33_withoutMemoryForTheGroupItsPartsGoAndTheReporterAnswers() {
        start();
        rig.report(device, partial(1));
        rig.report(device, partial(2));
        rig.memory.missing = Purpose.GROUP;
        PageRequest closing = last(1);
        assertThat(rig.report(device, closing)).isEqualTo(Errno.ENOMEM);
        assertThat(rig.faults.partial(device)).hasSize(1);
        assertThat(rig.ledger.answersTo(closing)).containsExactly(Code.FAILURE);
        rig.memory.missing = Purpose.PARTIAL;
        assertThat(rig.report(device, partial(1))).isEqualTo(Errno.ENOMEM);
        rig.close();
    }

    @Test
    void F34_flushingDoesTheWorkThatWaitsAndIsEnodevWithoutAQueue() {
        Device stranger = FaultRig.of(KernelRelease.V6_1).add("stranger");
        assertThat(errno(() -> rig.faults.flush(stranger))).isEqualTo(Errno.ENODEV);
        assertThat(errno(() -> rig.faults.flush(device))).isEqualTo(Errno.ENODEV);
        start();
        rig.report(device, last(1));
        rig.report(device, last(2));
        rig.faults.pending(device).forEach(rig.ledger::means);
        rig.faults.flush(device);
        assertThat(rig.faults.pending(device)).isEmpty();
        rig.close();
    }

    @Test
    void F35_discardingDropsThePartsOfEveryDevice() {
        start();
        rig.report(device, partial(1));
        queue.discardPartial();
        assertThat(rig.faults.partial(device)).isEmpty();
        rig.report(device, last(1));
        step();
        assertThat(handled).hasSize(1);
        rig.close();
    }

    @Test
    void F36_aDeviceIsInOneQueue() {
        Device stranger = FaultRig.of(KernelRelease.V6_1).add("stranger");
        assertThat(errno(() -> queue.add(stranger))).isEqualTo(Errno.ENODEV);
        rig.memory.missing = Purpose.PARAMETER;
        assertThat(errno(() -> queue.add(device))).isEqualTo(Errno.ENOMEM);
        rig.memory.missing = null;
        queue.add(device);
        assertThat(queue.devices()).containsExactly(device);
        IopfQueue second = rig.faults.newQueue("second", this::handle);
        assertThat(errno(() -> second.add(device))).isEqualTo(Errno.EBUSY);
        assertThat(errno(() -> second.remove(device))).isEqualTo(Errno.EINVAL);
        assertThat(errno(() -> queue.remove(stranger))).isEqualTo(Errno.EINVAL);
        queue.remove(device);
        assertThat(errno(() -> queue.remove(device))).isEqualTo(Errno.EINVAL);
        second.add(device);
        rig.close();
    }

    @Test
    void F37_leavingDropsThePartsSilentlyAndGroupsInTheWorkAreStillAnswered() {
        start();
        rig.report(device, partial(1));
        PageRequest request = last(2);
        rig.report(device, request);
        queue.remove(device);
        assertThat(rig.faults.partial(device)).isEmpty();
        assertThat(rig.iommu.answers()).isEmpty();
        step();
        assertThat(rig.ledger.answersTo(request)).containsExactly(Code.SUCCESS);
        rig.close();
    }

    @Test
    void F37_freeingAQueueLetsItsDevicesGoAndDoesItsWork() {
        start();
        PageRequest request = last(2);
        rig.report(device, request);
        rig.ledger.means(request);
        queue.free();
        assertThat(queue.devices()).isEmpty();
        assertThat(rig.ledger.answersTo(request)).containsExactly(Code.SUCCESS);
        assertThat(rig.report(device, last(3))).isEqualTo(Errno.ENODEV);
        rig.close();
    }

    @Test
    void F37_aDeviceThatLosesItsIommuLeavesItsQueueAndIsAnsweredInvalidOnce() {
        start();
        PageRequest request = last(2);
        rig.report(device, partial(1));
        rig.report(device, request);
        rig.bus.remove(rig.device("nic"));
        assertThat(queue.devices()).isEmpty();
        assertThat(queue.step()).isTrue();
        assertThat(rig.ledger.answersTo(request)).containsExactly(Code.INVALID);
        assertThat(rig.lines()).anyMatch(line -> line.contains("an answer came too late"));
        rig.close();
    }

    private static PageRequest access(int pasid, long address, int permissions) {
        return new PageRequest(pasid, 1, permissions, address, Traits.LAST);
    }

    @Test
    void F50_aProcesssPageIsSuccessAndEverythingElseInvalid() {
        ValidatedLocking locking = ValidatedLocking.over(new PlainLocking());
        SharedAddressSpaces spaces = new SharedAddressSpaces(locking);
        List<Long> broughtIn = new ArrayList<>();
        AddressSpace space = new AddressSpace(locking, (address, permissions) -> {
            broughtIn.add(address);
            return address != 0x2000;
        });
        space.addArea(new IovaRange(0x1000, 0x2FFF), FaultEvent.READ);
        space.addArea(
                new IovaRange(0x8000_0000_0000_0000L, 0x8000_0000_0000_0FFFL), FaultEvent.READ | FaultEvent.WRITE);
        assertThat(errno(() -> space.addArea(new IovaRange(0x2000, 0x2FFF), 1))).isEqualTo(Errno.EEXIST);
        spaces.bind(5, space);
        spaces.bind(5, space);
        assertThat(errno(() -> spaces.bind(5, new AddressSpace(locking, (address, permissions) -> true))))
                .isEqualTo(Errno.EBUSY);
        assertThat(spaces.handle(device, access(-1, 0x1000, FaultEvent.READ))).isEqualTo(Code.INVALID);
        assertThat(spaces.handle(device, access(6, 0x1000, FaultEvent.READ))).isEqualTo(Code.INVALID);
        assertThat(spaces.handle(device, access(5, 0xFFF, FaultEvent.READ))).isEqualTo(Code.INVALID);
        assertThat(spaces.handle(device, access(5, 0x3000, FaultEvent.READ))).isEqualTo(Code.INVALID);
        assertThat(spaces.handle(device, access(5, 0x1000, FaultEvent.WRITE))).isEqualTo(Code.INVALID);
        assertThat(spaces.handle(device, access(5, 0x1000, FaultEvent.EXECUTE))).isEqualTo(Code.INVALID);
        assertThat(broughtIn).isEmpty();
        assertThat(spaces.handle(device, access(5, 0x2000, FaultEvent.READ))).isEqualTo(Code.INVALID);
        assertThat(spaces.handle(device, access(5, 0x1FFF, FaultEvent.READ | FaultEvent.PRIVILEGED)))
                .isEqualTo(Code.SUCCESS);
        assertThat(spaces.handle(device, access(5, 0x8000_0000_0000_0FFFL, FaultEvent.WRITE)))
                .isEqualTo(Code.SUCCESS);
        space.exit();
        assertThat(spaces.handle(device, access(5, 0x1000, FaultEvent.READ))).isEqualTo(Code.INVALID);
        spaces.unbind(5);
        spaces.unbind(5);
        assertThat(spaces.handle(device, access(5, 0x1000, FaultEvent.READ))).isEqualTo(Code.INVALID);
    }
}
