package io.github.iommu4j.lab.faults;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.PageResponse;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.core.fault.DeviceFaults;
import io.github.iommu4j.core.fault.UnregisterPolicy;
import io.github.iommu4j.lab.faults.Timeline.Place;
import io.github.iommu4j.testkit.machine.DmaTransfer;
import io.github.iommu4j.testkit.machine.ManualTicker;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A handler of Linux 6.1 is unregistered while a device waits for its answer. */
final class PolicyShow {

    private final FaultScene scene;
    private final Timeline timeline;
    private final RoundTrip trip;
    private final ManualTicker clock;

    PolicyShow(FaultScene scene, Timeline timeline, ManualTicker clock) {
        this.scene = scene;
        this.timeline = timeline;
        this.trip = new RoundTrip(scene, timeline);
        this.clock = clock;
    }

    private DeviceFaults faults() {
        return scene.core().faults();
    }

    /** Plays a policy; says whether it went as the policy says. */
    boolean run(UnregisterPolicy.Kind policy) {
        DmaTransfer transfer = trip.ask(RoundTrip.IOVA);
        List<PageRequest> pending = faults().pending(scene.node());
        timeline.add(Place.KERNEL, pending.size() + " request pending");
        return switch (policy) {
            case REFUSE ->
                unregister() == Errno.EBUSY && trip.handle() && unregister() == null && trip.finish(transfer);
            case CLEAN -> unregister() == null && answersLate(pending.get(0)) && !trip.finish(transfer);
            case BLOCK -> unregisterMeanwhile() && trip.finish(transfer);
            case TIME_OUT -> unregister() == Errno.EBUSY && expire() && unregister() == null && !trip.finish(transfer);
        };
    }

    private @Nullable Errno unregister() {
        Errno refusal = errno(() -> faults().unregister(scene.node()));
        timeline.add(Place.KERNEL, "unregister: " + (refusal == null ? "0" : refusal));
        timeline.addAll(Place.RESPONSE, scene.takeAnswers());
        return refusal;
    }

    /** Somebody else registers, and the first handler's answer comes late. */
    private boolean answersLate(PageRequest old) {
        faults().register(scene.node(), (device, event) -> null);
        PageResponse late = new PageResponse(old.pasid(), old.groupId(), Code.SUCCESS);
        Errno refusal = errno(() -> faults().respond(scene.node(), late));
        timeline.add(Place.KERNEL, "another handler registers; the old answer comes late: " + refusal);
        return refusal == Errno.EINVAL;
    }

    private boolean unregisterMeanwhile() {
        Thread waiting = new Thread(() -> faults().unregister(scene.node()), "unregister");
        waiting.start();
        timeline.add(Place.KERNEL, "unregister waits");
        boolean handled = trip.handle();
        try {
            waiting.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
        timeline.add(Place.KERNEL, "unregister: 0");
        return handled;
    }

    private boolean expire() {
        clock.advance(Duration.ofSeconds(1));
        boolean any = faults().expire();
        timeline.add(Place.KERNEL, "a second later the core answers for the handler");
        timeline.addAll(Place.RESPONSE, scene.takeAnswers());
        return any;
    }

    private static @Nullable Errno errno(Runnable action) {
        try {
            action.run();
            return null;
        } catch (IommuException refusal) {
            return refusal.errno();
        }
    }
}
