package io.github.iommu4j.testkit.fault;

import static io.github.iommu4j.testkit.fault.FaultRig.answer;
import static io.github.iommu4j.testkit.fault.FaultRig.errno;
import static io.github.iommu4j.testkit.fault.FaultRig.last;
import static io.github.iommu4j.testkit.fault.FaultRig.partial;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.FaultEvent.Traits;
import io.github.iommu4j.api.fault.FaultReason;
import io.github.iommu4j.api.fault.PageResponse;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.core.fault.FaultMemory.Purpose;
import io.github.iommu4j.core.fault.ResponseRecord;
import io.github.iommu4j.testkit.lock.RecordingLocking;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The handler of a device, up to 6.8. */
final class DeviceHandlerTest {

    private final FaultRig rig = FaultRig.of(KernelRelease.V6_1);
    private final Device device = rig.add("nic");
    private final List<FaultEvent> seen = new ArrayList<>();

    private @Nullable Errno take(Device from, FaultEvent event) {
        seen.add(event);
        return null;
    }

    private static Device stranger() {
        return FaultRig.of(KernelRelease.V6_1).add("stranger");
    }

    @Test
    void F10_oneHandlerForADeviceWithAnIommu() {
        assertThat(errno(() -> rig.faults.register(stranger(), this::take))).isEqualTo(Errno.EINVAL);
        rig.memory.missing = Purpose.PARAMETER;
        assertThat(errno(() -> rig.faults.register(device, this::take))).isEqualTo(Errno.ENOMEM);
        rig.memory.missing = null;
        rig.faults.register(device, this::take);
        assertThat(errno(() -> rig.faults.register(device, this::take))).isEqualTo(Errno.EBUSY);
        rig.faults.unregister(device);
        rig.faults.register(device, this::take);
        rig.close();
    }

    @Test
    void F11_unregisteringIsRefusedWhileRequestsArePendingAndChangesNothing() {
        assertThat(errno(() -> rig.faults.unregister(stranger()))).isEqualTo(Errno.EINVAL);
        rig.faults.unregister(device);
        rig.faults.register(device, this::take);
        PageRequest first = last(1);
        rig.report(device, first);
        assertThat(errno(() -> rig.faults.unregister(device))).isEqualTo(Errno.EBUSY);
        PageRequest second = last(2);
        assertThat(rig.report(device, second)).isNull();
        assertThat(rig.faults.pending(device)).containsExactly(first, second);
        rig.respond(device, first, Code.SUCCESS);
        rig.respond(device, second, Code.SUCCESS);
        rig.faults.unregister(device);
        assertThat(rig.report(device, last(3))).isEqualTo(Errno.EINVAL);
        rig.close();
    }

    @Test
    void F12_aReportWithoutIommuOrHandlerIsRefused() {
        assertThat(rig.report(device, last(1))).isEqualTo(Errno.EINVAL);
        assertThat(rig.faults.report(stranger(), last(1))).isEqualTo(Errno.EINVAL);
        assertThat(rig.faults.pending(stranger())).isEmpty();
        assertThat(rig.faults.partial(stranger())).isEmpty();
        rig.close();
    }

    @Test
    void F13_aLastRequestIsNotedBeforeTheHandlerRuns() {
        rig.faults.register(device, (from, event) -> {
            assertThat(rig.faults.pending(from)).containsExactly((PageRequest) event);
            rig.respond(from, (PageRequest) event, Code.SUCCESS);
            return null;
        });
        assertThat(rig.report(device, last(1))).isNull();
        assertThat(rig.iommu.answers()).hasSize(1);
        rig.close();
    }

    @Test
    void F13_withoutMemoryTheHandlerIsNotAsked() {
        rig.faults.register(device, this::take);
        rig.memory.missing = Purpose.PENDING;
        assertThat(rig.report(device, last(1))).isEqualTo(Errno.ENOMEM);
        assertThat(seen).isEmpty();
        rig.close();
    }

    @Test
    void F14_whatTheHandlerRefusesTheReporterAnswers() {
        rig.faults.register(device, (from, event) -> Errno.EOPNOTSUPP);
        PageRequest request = last(1);
        assertThat(rig.report(device, request)).isEqualTo(Errno.EOPNOTSUPP);
        assertThat(rig.faults.pending(device)).isEmpty();
        assertThat(rig.ledger.answersTo(request)).containsExactly(Code.FAILURE);
        assertThat(rig.iommu.answers()).isEmpty();
        rig.close();
    }

    @Test
    void F14_aHandlerThatAnswersAndRefusesIsWarnedOfAndTheReporterDoesNotAnswerAgain() {
        rig.faults.register(device, (from, event) -> {
            rig.respond(from, (PageRequest) event, Code.SUCCESS);
            return Errno.EIO;
        });
        assertThat(rig.report(device, last(1))).isNull();
        assertThat(rig.warnings()).singleElement().asString().contains("answers a request and refuses it");
        rig.close();
    }

    @Test
    void F15_onlyLastRequestsWantAnAnswer() {
        rig.faults.register(device, this::take);
        FaultEvent unrecoverable = new FaultEvent.Unrecoverable(FaultReason.PERMISSION, FaultEvent.WRITE, 5, 0x1000, 0);
        assertThat(rig.faults.report(device, unrecoverable)).isNull();
        assertThat(rig.report(device, partial(1))).isNull();
        assertThat(seen).hasSize(2);
        assertThat(rig.faults.pending(device)).isEmpty();
        rig.close();
    }

    @Test
    void F16_anAnswerIsTestedInTheKernelsOrder() {
        ResponseRecord wrong = new ResponseRecord(24, 2, 0, 0, 1, 0);
        FaultRig deaf = FaultRig.on(KernelRelease.V6_1).deaf().build();
        Device other = deaf.add("nic");
        deaf.faults.register(other, this::take);
        assertThat(errno(() -> deaf.faults.respond(other, wrong))).isEqualTo(Errno.ENODEV);
        assertThat(errno(() -> rig.faults.respond(stranger(), wrong))).isEqualTo(Errno.ENODEV);
        assertThat(errno(() -> rig.faults.respond(device, wrong))).isEqualTo(Errno.EINVAL);
        rig.faults.register(device, this::take);
        assertThat(errno(() -> rig.faults.respond(device, wrong))).isEqualTo(Errno.EINVAL);
        assertThat(rig.lines()).noneMatch(line -> line.contains("no pending page request"));
        assertThat(errno(() -> rig.faults.respond(device, answer(1, Code.SUCCESS))))
                .isEqualTo(Errno.EINVAL);
        assertThat(rig.lines()).anyMatch(line -> line.contains("no pending page request"));
        rig.report(device, last(1));
        for (ResponseRecord record : List.of(
                wrong,
                new ResponseRecord(24, 0, 0, 0, 1, 0),
                new ResponseRecord(24, 1, 2, 0, 1, 0),
                new ResponseRecord(24, 1, 0, 0, 1, 3),
                new ResponseRecord(24, 1, 0, 0, 1, -1),
                new ResponseRecord(24, 1, 0, 0, 2, 0))) {
            assertThat(errno(() -> rig.faults.respond(device, record)))
                    .as("%s", record)
                    .isEqualTo(Errno.EINVAL);
        }
        assertThat(rig.faults.pending(device)).hasSize(1);
        rig.ledger.means(rig.faults.pending(device).get(0));
        rig.faults.respond(device, new ResponseRecord(0, 1, 0, 0, 1, 0));
        rig.close();
    }

    @Test
    void F16_aFloodOfAnswersToNothingDoesNotFloodTheLog() {
        rig.faults.register(device, this::take);
        for (int i = 0; i < 1000; i++) {
            assertThat(errno(() -> rig.faults.respond(device, answer(1, Code.SUCCESS))))
                    .isEqualTo(Errno.EINVAL);
        }
        assertThat(rig.lines()).filteredOn(line -> line.contains("no pending")).hasSize(10);
        rig.clock.advance(Duration.ofSeconds(5));
        assertThat(errno(() -> rig.faults.respond(device, answer(1, Code.SUCCESS))))
                .isEqualTo(Errno.EINVAL);
        assertThat(rig.lines()).hasSize(1);
    }

    @Test
    void F17_anAnswerReachesTheOldestRequestOfItsGroupAndPasid() {
        rig.faults.register(device, this::take);
        PageRequest needs5 = last(1, 5);
        PageRequest needs6 = last(1, 6);
        PageRequest needsNone = new PageRequest(7, 1, 1, 0x7000, Traits.LAST);
        for (PageRequest each : List.of(needs5, needs6, needsNone)) {
            rig.report(device, each);
        }
        assertThat(errno(() -> rig.faults.respond(device, new PageResponse(9, 2, Code.SUCCESS))))
                .isEqualTo(Errno.EINVAL);
        rig.respond(device, needs6, Code.SUCCESS);
        assertThat(rig.faults.pending(device)).containsExactly(needs5, needsNone);
        rig.ledger.means(needsNone);
        rig.faults.respond(device, new PageResponse(99, 1, Code.SUCCESS));
        assertThat(rig.faults.pending(device)).containsExactly(needs5);
        assertThat(errno(() -> rig.faults.respond(device, answer(1, Code.SUCCESS))))
                .isEqualTo(Errno.EINVAL);
        assertThat(rig.iommu.answers())
                .extracting(each -> each.response().pasid())
                .as("an answer that needs no PASID has it cleared")
                .containsExactly(6, TranslationUnit.NO_SUBSTREAM);
        rig.respond(device, needs5, Code.INVALID);
        rig.close();
    }

    @Test
    void F18_aRequestCountsAsAnsweredEvenIfTheDriverFails() {
        rig.faults.register(device, this::take);
        PageRequest request = last(1);
        rig.report(device, request);
        rig.iommu.failures().failWhen(call -> call.startsWith("answer"), Errno.EIO);
        assertThat(errno(() -> rig.respond(device, request, Code.SUCCESS))).isEqualTo(Errno.EIO);
        rig.ledger.failed(request);
        assertThat(rig.faults.pending(device)).isEmpty();
        rig.faults.unregister(device);
        rig.close();
    }

    @Test
    void F19_theHandlerRunsUnderTheDevicesLockAndAnAnswerTakesOnlyTheLists() {
        RecordingLocking locking = new RecordingLocking();
        FaultRig recorded = FaultRig.on(KernelRelease.V6_1).locking(locking).build();
        Device nic = recorded.add("nic");
        recorded.faults.register(nic, (from, event) -> {
            recorded.respond(from, (PageRequest) event, Code.SUCCESS);
            return null;
        });
        assertThat(recorded.report(nic, last(1))).isNull();
        assertThat(locking.follows("&param->lock", "&fault_param->lock")).isTrue();
        assertThat(locking.cycle()).isEmpty();
    }

    @Test
    void F25_aDeviceThatLosesItsIommuIsAnsweredInvalidFirst() {
        rig.faults.register(device, this::take);
        PageRequest request = last(1);
        rig.report(device, request);
        rig.bus.remove(rig.device("nic"));
        assertThat(rig.ledger.answersTo(request)).containsExactly(Code.INVALID);
        assertThat(errno(() -> rig.faults.respond(device, answer(1, Code.SUCCESS))))
                .isEqualTo(Errno.ENODEV);
        assertThat(rig.faults.report(device, last(2))).isEqualTo(Errno.EINVAL);
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(value = KernelRelease.class, names = "V6_1", mode = EnumSource.Mode.EXCLUDE)
    void F26_devicesHaveNoHandlersFrom69On(KernelRelease release) {
        FaultRig later = FaultRig.of(release);
        Device nic = later.add("nic");
        assertThat(errno(() -> later.faults.register(nic, this::take))).isEqualTo(Errno.EOPNOTSUPP);
        assertThat(errno(() -> later.faults.unregister(nic))).isEqualTo(Errno.EOPNOTSUPP);
        assertThat(errno(() -> later.faults.respond(nic, answer(1, Code.SUCCESS))))
                .isEqualTo(Errno.EOPNOTSUPP);
        assertThat(errno(() -> later.faults.queueing().onFault(nic, last(1)))).isEqualTo(Errno.EOPNOTSUPP);
        assertThat(later.faults.expire()).isFalse();
        later.close();
    }
}
