package io.github.iommu4j.testkit.vfio;

import static io.github.iommu4j.testkit.vfio.VfioRig.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.lock.WaitObserver;
import io.github.iommu4j.core.vfio.DeviceFile;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Unbinding and removing wait for the users of a device. */
final class UnbindTest {

    private static final String RELEASE = "release of vfio device";
    private static final String WARNING =
            "vfio-pci 0000:00:01.0: No device request channel registered, blocked until" + " released by user";
    private static final long PATIENCE_SECONDS = 30;

    /** Hands out what a task waits for; a test takes it and so knows that the task is blocked. */
    private static final class Waits implements WaitObserver {
        private final SynchronousQueue<String> names = new SynchronousQueue<>();

        @Override
        public void waits(String what) {
            if (!what.contains(RELEASE)) {
                // A lock that is held for a moment is nothing to wait for.
                return;
            }
            try {
                names.offer(what, PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void resumes(String what) {}

        String next() {
            try {
                return String.valueOf(names.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    private final Waits waits = new Waits();

    private VfioRig rig(KernelRelease release) {
        return new VfioRig.Plan()
                .release(release)
                .locking(new PlainLocking(waits))
                .boot();
    }

    private static void await(CompletableFuture<Void> task) {
        task.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    }

    @ParameterizedTest
    @EnumSource
    void unbindWaitsForTheLastFileOfTheDevice(KernelRelease release) {
        VfioRig rig = rig(release);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        DeviceFile one = ready.group().getDevice(VfioRig.SINGLE);
        DeviceFile two = ready.group().getDevice(VfioRig.SINGLE);
        rig.messages();
        CompletableFuture<Void> unbind = CompletableFuture.runAsync(() -> rig.unbind(VfioRig.SINGLE, "vfio-pci"));
        assertThat(waits.next()).contains(RELEASE);
        assertThat(rig.messages()).containsExactly(WARNING);

        assertThat(rig.status(ready.group())).isEqualTo(3);
        ready.map(0, VfioRig.PAGE, VfioRig.MEMORY);
        assertThat(one.info().regions()).isEqualTo(9);
        assertThat(rig.vfio.devEntries()).hasSize(2);
        rig.machine.pciBus().driversProbe(VfioRig.SINGLE);
        one.close();
        assertThat(unbind).isNotDone();
        two.close();
        await(unbind);
        assertThat(errnoOf(() -> rig.status(ready.group()))).isEqualTo(Errno.ENODEV);
        assertThat(rig.vfio.devEntries()).containsExactly("vfio");
        assertThat(rig.accounting.lockedKiB()).isZero();
        ready.close();
        rig.finish();
    }

    @ParameterizedTest
    @EnumSource
    void onlyTheOldKernelOpensADeviceThatIsBeingUnbound(KernelRelease release) {
        VfioRig rig = rig(release);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        DeviceFile first = ready.group().getDevice(VfioRig.SINGLE);
        CompletableFuture<Void> unbind = CompletableFuture.runAsync(() -> rig.unbind(VfioRig.SINGLE, "vfio-pci"));
        waits.next();
        if (release == KernelRelease.V6_1) {
            DeviceFile second = ready.group().getDevice(VfioRig.SINGLE);
            first.close();
            assertThat(unbind).isNotDone();
            second.close();
        } else {
            assertThat(errnoOf(() -> ready.group().getDevice(VfioRig.SINGLE))).isEqualTo(Errno.ENODEV);
            first.close();
        }
        await(unbind);
        ready.close();
        rig.finish();
    }

    @Test
    void removeWaitsToo() {
        VfioRig rig = rig(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        DeviceFile device = ready.group().getDevice(VfioRig.SINGLE);
        ready.group().close();
        CompletableFuture<Void> remove =
                CompletableFuture.runAsync(() -> rig.machine.pciHost().remove(VfioRig.SINGLE));
        assertThat(waits.next()).contains(RELEASE);
        device.close();
        await(remove);
        assertThat(rig.machine.pciBus().find(VfioRig.SINGLE)).isNull();
        ready.container().close();
        rig.finish();
    }

    @Test
    void withOnlyTheGroupOpenNothingWaits() {
        VfioRig rig = rig(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        rig.messages();
        rig.machine.pciHost().remove(VfioRig.SINGLE);
        assertThat(rig.messages()).isEmpty();
        ready.close();
        rig.finish();
    }
}
