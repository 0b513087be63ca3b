package io.github.iommu4j.testkit.fault;

import static io.github.iommu4j.testkit.fault.FaultRig.errno;
import static io.github.iommu4j.testkit.fault.FaultRig.last;
import static io.github.iommu4j.testkit.fault.FaultRig.partial;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.FaultEvent.Traits;
import io.github.iommu4j.api.fault.FaultReason;
import io.github.iommu4j.api.fault.IopfGroup;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.core.fault.FaultMemory.Purpose;
import io.github.iommu4j.core.fault.IopfQueue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Page requests from 6.9 on: they go to the handler of the attached domain, and the core answers the rest. */
final class DomainHandlerTest {

    /** A device in a queue, on a domain whose handler keeps what it gets. */
    private static final class Scene {
        final FaultRig rig;
        final Device device;
        final IommuDomain domain;
        final IopfQueue queue;
        final List<IopfGroup> groups = new ArrayList<>();
        final List<IopfGroup> open = new ArrayList<>();

        Scene(FaultRig rig) {
            this.rig = rig;
            device = rig.add("nic");
            domain = rig.attach(device);
            rig.core.setIopfHandler(domain, this::take);
            queue = rig.faults.newQueue("test", (from, request) -> Code.SUCCESS);
            queue.add(device);
        }

        static Scene on(KernelRelease release) {
            return new Scene(FaultRig.of(release));
        }

        private @Nullable Errno take(IopfGroup group) {
            groups.add(group);
            open.add(group);
            return null;
        }

        void answer(IopfGroup group, Code code) {
            open.remove(group);
            rig.ledger.means(group.last());
            group.respond(code);
        }

        /** The devices go; then the handler lets its groups go. */
        void close() {
            rig.requireConservation();
            rig.core.unregister(rig.iommu);
            open.forEach(group -> group.respond(Code.FAILURE));
            rig.close();
        }
    }

    @Test
    void F40_domainsHaveNoHandlersOfPageRequestsBefore69() {
        FaultRig rig = FaultRig.of(KernelRelease.V6_1);
        IommuDomain domain = rig.attach(rig.add("nic"));
        assertThat(errno(() -> rig.core.setIopfHandler(domain, group -> null))).isEqualTo(Errno.EOPNOTSUPP);
    }

    @ParameterizedTest
    @EnumSource(value = KernelRelease.class, names = "V6_1", mode = Mode.EXCLUDE)
    void F41_aGroupGoesToTheHandlerOfTheDomainAttached(KernelRelease release) {
        Scene scene = Scene.on(release);
        PageRequest first = partial(1);
        PageRequest other = partial(2);
        PageRequest second = partial(1);
        PageRequest closing = last(1);
        for (PageRequest each : List.of(first, other, second, closing)) {
            assertThat(scene.rig.report(scene.device, each)).isNull();
        }
        assertThat(scene.groups).hasSize(1);
        IopfGroup group = scene.groups.get(0);
        assertThat(group.requests()).containsExactly(first, second, closing);
        assertThat(group.last()).isSameAs(closing);
        assertThat(group.device()).isSameAs(scene.device);
        assertThat(group.domain()).isSameAs(scene.domain);
        assertThat(group.isPending()).isTrue();
        assertThat(group).hasToString("page requests of nic " + group.requests());
        assertThat(scene.rig.faults.partial(scene.device)).containsExactly(other);
        assertThat(scene.rig.faults.pending(scene.device)).containsExactly(closing);
        scene.answer(group, Code.SUCCESS);
        assertThat(group.isPending()).isFalse();
        assertThat(scene.rig.ledger.answersTo(closing)).containsExactly(Code.SUCCESS);
        scene.close();
    }

    @Test
    void F41_aPasidsRequestGoesToTheDomainOfThePasid() {
        Scene scene = Scene.on(KernelRelease.V6_12);
        IommuDomain onPasid = scene.rig.core.newPagingDomain(scene.device);
        List<IopfGroup> ofPasid = new ArrayList<>();
        scene.rig.core.setIopfHandler(onPasid, group -> {
            ofPasid.add(group);
            scene.open.add(group);
            return null;
        });
        scene.rig.group(scene.device).attachPasid(onPasid, 5);
        scene.rig.report(scene.device, last(1, 5));
        scene.rig.report(scene.device, last(2));
        assertThat(ofPasid).singleElement().extracting(IopfGroup::domain).isSameAs(onPasid);
        assertThat(scene.groups).singleElement().extracting(IopfGroup::domain).isSameAs(scene.domain);
        assertThat(scene.rig.report(scene.device, last(3, 6))).isEqualTo(Errno.EINVAL);
        scene.close();
    }

    @Test
    void F41_withUsersPasidTablesAnUnknownPasidBelongsToTheDevicesDomain() {
        Scene scene = Scene.on(KernelRelease.V6_12);
        scene.rig.iommu.withUserPasidTables();
        assertThat(scene.rig.report(scene.device, last(3, 6))).isNull();
        assertThat(scene.groups).hasSize(1);
        scene.close();
    }

    @Test
    void F42_whatNobodyTakesTheCoreAnswersInvalid() {
        Scene scene = Scene.on(KernelRelease.V6_12);
        scene.rig.core.setIopfHandler(scene.domain, null);
        PageRequest request = last(1);
        assertThat(scene.rig.report(scene.device, request)).isEqualTo(Errno.EINVAL);
        assertThat(scene.rig.ledger.answersTo(request)).containsExactly(Code.INVALID);
        assertThat(scene.rig.report(scene.device, partial(1))).isEqualTo(Errno.EINVAL);
        PageRequest withData =
                new PageRequest(TranslationUnit.NO_SUBSTREAM, 4, 1, 0, new Traits(false, false, List.of(1L, 2L)));
        scene.rig.ledger.asked(scene.device, withData);
        assertThat(scene.rig.report(scene.device, withData)).isEqualTo(Errno.EINVAL);
        assertThat(scene.rig.iommu.answers()).hasSize(2);
        scene.close();
    }

    @Test
    void F42_aDeviceInNoQueueIsAnsweredInvalidAndIsAWarning() {
        FaultRig rig = FaultRig.of(KernelRelease.V6_12);
        Device device = rig.add("nic");
        rig.core.setIopfHandler(rig.attach(device), group -> null);
        PageRequest request = last(1);
        assertThat(rig.report(device, request)).isEqualTo(Errno.EINVAL);
        assertThat(rig.ledger.answersTo(request)).containsExactly(Code.INVALID);
        assertThat(rig.warnings()).singleElement().asString().contains("is in no iopf queue");
        rig.close();
    }

    @Test
    void F42_aDeviceWithoutIommuIsRefusedAndOnlyPageRequestsAreReported() {
        Scene scene = Scene.on(KernelRelease.V6_12);
        Device stranger = FaultRig.of(KernelRelease.V6_12).add("stranger");
        assertThat(scene.rig.faults.report(stranger, last(1))).isEqualTo(Errno.EINVAL);
        assertThat(scene.rig.faults.pending(stranger)).isEmpty();
        assertThat(scene.rig.faults.partial(stranger)).isEmpty();
        FaultEvent event = new FaultEvent.Unrecoverable(FaultReason.ACCESS, 1, -1, 0, 0);
        assertThat(scene.rig.faults.report(scene.device, event)).isEqualTo(Errno.EOPNOTSUPP);
        scene.close();
    }

    @Test
    void F43_whatTheHandlerRefusesTheCoreAnswersFailure() {
        Scene scene = Scene.on(KernelRelease.V6_12);
        scene.rig.core.setIopfHandler(scene.domain, group -> Errno.ENOMEM);
        PageRequest request = last(1);
        assertThat(scene.rig.report(scene.device, partial(1))).isNull();
        assertThat(scene.rig.report(scene.device, request)).isNull();
        assertThat(scene.rig.ledger.answersTo(request)).containsExactly(Code.FAILURE);
        assertThat(scene.rig.lines()).anyMatch(line -> line.contains("iopf with pasid -1 aborted"));
        scene.close();
    }

    @Test
    void F43_withoutMemoryForTheGroupItsRequestsGoAndTheCoreAnswersFailure() {
        Scene scene = Scene.on(KernelRelease.V6_12);
        scene.rig.report(scene.device, partial(1));
        scene.rig.report(scene.device, partial(2));
        scene.rig.memory.missing = Purpose.GROUP;
        PageRequest request = last(1);
        assertThat(scene.rig.report(scene.device, request)).isNull();
        assertThat(scene.groups).isEmpty();
        assertThat(scene.rig.ledger.answersTo(request)).containsExactly(Code.FAILURE);
        assertThat(scene.rig.faults.partial(scene.device)).hasSize(1);
        scene.rig.memory.missing = Purpose.PARTIAL;
        assertThat(scene.rig.report(scene.device, partial(3))).isEqualTo(Errno.ENOMEM);
        scene.close();
    }

    @Test
    void F44_aGroupIsAnsweredOnce() {
        Scene scene = Scene.on(KernelRelease.V6_12);
        scene.rig.report(scene.device, last(1));
        scene.answer(scene.groups.get(0), Code.SUCCESS);
        scene.answer(scene.groups.get(0), Code.SUCCESS);
        assertThat(scene.rig.warnings()).singleElement().asString().contains("answered twice");
        assertThat(scene.rig.iommu.answers()).hasSize(1);
        scene.close();
    }

    @Test
    void F44_aHandlerThatAnswersAndRefusesIsWarnedOf() {
        Scene scene = Scene.on(KernelRelease.V6_12);
        scene.rig.core.setIopfHandler(scene.domain, group -> {
            scene.answer(group, Code.SUCCESS);
            return Errno.EIO;
        });
        assertThat(scene.rig.report(scene.device, last(1))).isNull();
        assertThat(scene.rig.warnings()).singleElement().asString().contains("answered twice");
        scene.close();
    }

    @Test
    void F44_aDriverThatCannotAnswerIsLoggedAndTheGroupCountsAsAnswered() {
        Scene scene = Scene.on(KernelRelease.V6_12);
        PageRequest request = last(1);
        scene.rig.report(scene.device, request);
        scene.rig.iommu.failures().failWhen(call -> call.startsWith("answer"), Errno.EIO);
        scene.answer(scene.groups.get(0), Code.SUCCESS);
        scene.rig.ledger.failed(request);
        assertThat(scene.rig.lines()).anyMatch(line -> line.contains("could not be answered"));
        scene.close();
    }

    @Test
    void F45_aDeviceThatLeavesItsQueueIsAnsweredInvalidAndALateAnswerDoesNothing() {
        Scene scene = Scene.on(KernelRelease.V6_12);
        PageRequest request = last(1);
        scene.rig.report(scene.device, partial(2));
        scene.rig.report(scene.device, request);
        scene.queue.remove(scene.device);
        assertThat(scene.rig.ledger.answersTo(request)).containsExactly(Code.INVALID);
        assertThat(scene.groups.get(0).isPending()).isFalse();
        scene.answer(scene.groups.get(0), Code.SUCCESS);
        assertThat(scene.rig.iommu.answers()).hasSize(1);
        assertThat(scene.rig.warnings()).isEmpty();
        assertThat(scene.rig.memory.bounded.used()).isZero();
        scene.queue.remove(scene.device);
        assertThat(scene.rig.warnings()).singleElement().asString().contains("is not in iopf queue test");
        scene.close();
    }

    @Test
    void F45_aDeviceThatLosesItsIommuIsAnsweredInvalidFirst() {
        Scene scene = Scene.on(KernelRelease.V6_12);
        PageRequest request = last(1);
        scene.rig.report(scene.device, request);
        scene.rig.bus.remove(scene.rig.device("nic"));
        assertThat(scene.rig.ledger.answersTo(request)).containsExactly(Code.INVALID);
        assertThat(scene.queue.devices()).isEmpty();
        scene.rig.lines();
        scene.queue.remove(scene.device);
        assertThat(scene.rig.warnings()).singleElement().asString().contains("has no IOMMU");
        scene.answer(scene.groups.get(0), Code.SUCCESS);
        scene.close();
    }

    @Test
    void F46_aDeviceIsInOneQueueAndItsDriverMustTakeAnswers() {
        Scene scene = Scene.on(KernelRelease.V6_12);
        IopfQueue second = scene.rig.faults.newQueue("second", (from, request) -> Code.SUCCESS);
        assertThat(errno(() -> second.add(scene.device))).isEqualTo(Errno.EBUSY);
        Device other = scene.rig.add("other");
        scene.rig.memory.missing = Purpose.PARAMETER;
        assertThat(errno(() -> second.add(other))).isEqualTo(Errno.ENOMEM);
        FaultRig deaf = FaultRig.on(KernelRelease.V6_12).deaf().build();
        Device silent = deaf.add("silent");
        IopfQueue ofDeaf = deaf.faults.newQueue("deaf", (from, request) -> Code.SUCCESS);
        assertThat(errno(() -> ofDeaf.add(silent))).isEqualTo(Errno.ENODEV);
        assertThat(errno(() -> ofDeaf.add(other))).isEqualTo(Errno.ENODEV);
        second.remove(scene.device);
        assertThat(scene.rig.warnings()).singleElement().asString().contains("is not in iopf queue second");
        scene.close();
    }

    @Test
    void F47_discardingDropsWhatWaitsForTheLastOfItsGroup() {
        Scene scene = Scene.on(KernelRelease.V6_12);
        Device other = scene.rig.add("other");
        scene.queue.add(other);
        scene.rig.core.setIopfHandler(scene.rig.attach(other), group -> null);
        scene.rig.report(scene.device, partial(1));
        scene.rig.report(other, partial(1));
        scene.queue.discardPartial();
        assertThat(scene.rig.faults.partial(scene.device)).isEmpty();
        assertThat(scene.rig.faults.partial(other)).isEmpty();
        scene.rig.report(scene.device, last(1));
        assertThat(scene.groups.get(0).requests()).hasSize(1);
        scene.close();
    }

    @Test
    void F48_flushingDoesTheWorkThatWaits() {
        Scene scene = Scene.on(KernelRelease.V6_12);
        scene.rig.core.setIopfHandler(scene.domain, scene.queue.handler());
        PageRequest request = last(1);
        scene.rig.ledger.asked(scene.device, request);
        scene.rig.ledger.means(request);
        assertThat(scene.rig.faults.report(scene.device, request)).isNull();
        assertThat(scene.queue.waiting()).isEqualTo(1);
        scene.rig.faults.flush(scene.device);
        assertThat(scene.rig.ledger.answersTo(request)).containsExactly(Code.SUCCESS);
        assertThat(scene.queue.step()).isFalse();
        scene.queue.remove(scene.device);
        assertThat(errno(() -> scene.rig.faults.flush(scene.device))).isEqualTo(Errno.ENODEV);
        assertThat(scene.rig.warnings()).singleElement().asString().contains("is in no iopf queue");
        scene.close();
    }
}
