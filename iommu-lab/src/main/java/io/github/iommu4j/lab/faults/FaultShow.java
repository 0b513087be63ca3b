package io.github.iommu4j.lab.faults;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.fault.BoundedFaultMemory;
import io.github.iommu4j.core.fault.FaultMemory;
import io.github.iommu4j.core.fault.FaultOptions;
import io.github.iommu4j.core.fault.UnregisterPolicy;
import io.github.iommu4j.lab.faults.SmmuScene.Waits;
import io.github.iommu4j.testkit.machine.ManualTicker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** What {@code iommu faults} plays. */
public final class FaultShow {

    private static final int FLOOD_CAPACITY = 16;

    /** How a play ended. */
    public enum Verdict {
        /** As it should. */
        AS_EXPECTED,
        /** Not as it should. */
        OTHERWISE
    }

    /**
     * A play.
     *
     * @param title the IOMMU, how the device waits, and what is special
     * @param steps what happened
     * @param verdict how it ended
     */
    public record Play(String title, List<Timeline.Step> steps, Verdict verdict) {}

    /**
     * A flood and what came of it.
     *
     * @param title the IOMMU and how the device waits
     * @param asked how many accesses needed a page
     * @param most how many requests the core held at a time
     * @param capacity how many it may hold of one device
     * @param failed how many accesses were ended because it held enough
     * @param left how many waited when the device was taken away
     * @param held what the core held after that
     */
    public record FloodPlay(String title, int asked, int most, int capacity, int failed, int left, long held) {

        /**
         * Whether the core held no more than it may, and nothing after the device had gone.
         *
         * @return how it ended
         */
        public Verdict verdict() {
            return most <= capacity && held == 0 ? Verdict.AS_EXPECTED : Verdict.OTHERWISE;
        }
    }

    private FaultShow() {}

    private static Verdict verdict(boolean expected) {
        return expected ? Verdict.AS_EXPECTED : Verdict.OTHERWISE;
    }

    /**
     * A device writes to a page that is not there and goes on when it is: on each driver.
     *
     * @param release a release in which domains have handlers, or devices have
     * @return a play for each driver and way of waiting that the release has
     */
    public static List<Play> roundTrips(KernelRelease release) {
        List<Play> plays = new ArrayList<>();
        FaultOptions options = FaultOptions.asMerged();
        plays.add(roundTrip(timeline -> new SmmuScene(Waits.STALL, release, options, timeline)));
        if (release.hasPasidAttach()) {
            plays.add(roundTrip(timeline -> new SmmuScene(Waits.PRI, release, options, timeline)));
            plays.add(roundTrip(timeline -> new VtdScene(release, options, timeline)));
        }
        return plays;
    }

    private static Play roundTrip(Function<Timeline, FaultScene> scenes) {
        Timeline timeline = new Timeline();
        FaultScene scene = scenes.apply(timeline);
        boolean arrived = new RoundTrip(scene, timeline).run();
        return new Play(scene.name(), timeline.steps(), verdict(arrived));
    }

    /**
     * A handler is unregistered while its device waits, on 6.1.
     *
     * @param kind the policy
     * @return the play
     */
    public static Play policy(UnregisterPolicy.Kind kind) {
        UnregisterPolicy policy = kind == UnregisterPolicy.Kind.TIME_OUT
                ? UnregisterPolicy.timeOut(1, TimeUnit.SECONDS)
                : new UnregisterPolicy(kind, 0);
        ManualTicker clock = new ManualTicker();
        FaultOptions options = FaultOptions.asMerged().unregistering(policy).clock(clock);
        Timeline timeline = new Timeline();
        FaultScene scene = new SmmuScene(Waits.STALL, KernelRelease.V6_1, options, timeline);
        boolean expected = new PolicyShow(scene, timeline, clock).run(kind);
        return new Play(scene.name() + ", unregister: " + kind, timeline.steps(), verdict(expected));
    }

    /**
     * A device asks for pages that nobody brings.
     *
     * @param release the release
     * @param count how many, at least 1
     * @return what came of it
     */
    public static FloodPlay flood(KernelRelease release, int count) {
        BoundedFaultMemory memory = FaultMemory.bounded(FLOOD_CAPACITY);
        Timeline timeline = new Timeline();
        FaultScene scene =
                new SmmuScene(Waits.STALL, release, FaultOptions.asMerged().memory(memory), timeline);
        RoundTrip trip = new RoundTrip(scene, timeline);
        Flood.Outcome outcome = Flood.run(scene, trip, count, memory, FLOOD_CAPACITY);
        return new FloodPlay(
                scene.name(),
                outcome.asked(),
                outcome.most(),
                outcome.capacity(),
                outcome.failed(),
                outcome.left(),
                outcome.held());
    }
}
