package io.github.iommu4j.testkit.fault;

import static io.github.iommu4j.testkit.fault.FaultRig.last;
import static io.github.iommu4j.testkit.fault.FaultRig.partial;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.core.fault.IopfQueue;
import java.util.function.IntFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A device that faults without end. */
final class FaultFloodTest {

    private static final int CAPACITY = 64;
    private static final int FLOOD = 50_000;

    private static final class Scene {
        final FaultRig rig;
        final IopfQueue queue;
        final Device flooding;
        final Device other;
        int most;

        Scene(KernelRelease release) {
            rig = FaultRig.on(release).capacity(CAPACITY).build();
            queue = rig.faults.newQueue("iommu0", (device, request) -> {
                rig.ledger.means(request);
                return Code.SUCCESS;
            });
            flooding = join("flooding");
            other = join("other");
        }

        private Device join(String name) {
            Device device = rig.add(name);
            queue.add(device);
            if (rig.core.release().hasDeviceFaultHandlers()) {
                rig.faults.register(device, rig.faults.queueing());
            } else {
                rig.core.setIopfHandler(rig.attach(device), queue.handler());
            }
            return device;
        }

        void flood(IntFunction<PageRequest> requests) {
            for (int i = 0; i < FLOOD; i++) {
                rig.report(flooding, requests.apply(i));
                most = Math.max(most, rig.memory.bounded.used(flooding));
            }
        }

        int stepsUntilAnswered(PageRequest request) {
            int steps = 0;
            while (rig.ledger.answersTo(request).isEmpty()) {
                assertThat(queue.step()).isTrue();
                steps++;
            }
            return steps;
        }
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void F28_aFloodFillsOnlyItsOwnShareAndDelaysAnotherDeviceByNoMore(KernelRelease release) {
        Scene scene = new Scene(release);
        scene.flood(FaultRig::last);
        PageRequest patient = last(7);
        assertThat(scene.rig.report(scene.other, patient)).isNull();
        int steps = scene.stepsUntilAnswered(patient);
        System.out.printf(
                "FIGURE flood of %,d whole groups on %s: at most %d held of %d, another device's answer after %d steps%n",
                FLOOD, release, scene.most, CAPACITY, steps);
        assertThat(scene.most).isEqualTo(CAPACITY);
        assertThat(steps).isLessThanOrEqualTo(CAPACITY + 1);
        scene.rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void F28_groupsThatNeverEndFillOnlyTheirOwnShareAndCanBeDiscarded(KernelRelease release) {
        Scene scene = new Scene(release);
        scene.flood(FaultRig::partial);
        assertThat(scene.most).isEqualTo(CAPACITY);
        assertThat(scene.rig.report(scene.other, partial(1))).isNull();
        PageRequest patient = last(1);
        assertThat(scene.rig.report(scene.other, patient)).isNull();
        assertThat(scene.stepsUntilAnswered(patient)).isEqualTo(1);
        scene.queue.discardPartial();
        assertThat(scene.rig.memory.bounded.used(scene.flooding)).isZero();
        scene.rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void F28_aFloodDoesNotPreventTheDevicesRemovalNorFillTheLog(KernelRelease release) {
        Scene scene = new Scene(release);
        scene.flood(FaultRig::last);
        scene.rig.bus.remove(scene.rig.device("flooding"));
        assertThat(scene.rig.report(scene.flooding, last(1))).isNotNull();
        while (scene.queue.step()) {
            assertThat(scene.rig.ledger.violations()).isEmpty();
        }
        assertThat(scene.rig.memory.bounded.used(scene.flooding)).isZero();
        assertThat(scene.rig.lines()).hasSizeLessThan(100);
        scene.rig.close();
    }
}
