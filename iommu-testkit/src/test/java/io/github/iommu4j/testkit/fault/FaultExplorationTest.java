package io.github.iommu4j.testkit.fault;

import static io.github.iommu4j.testkit.fault.FaultRig.last;
import static io.github.iommu4j.testkit.fault.FaultRig.partial;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.api.lock.Completion;
import io.github.iommu4j.core.fault.FaultErratum;
import io.github.iommu4j.core.fault.IopfQueue;
import io.github.iommu4j.core.fault.UnregisterPolicy;
import io.github.iommu4j.testkit.explore.Exploration;
import io.github.iommu4j.testkit.explore.Interleavings;
import io.github.iommu4j.testkit.explore.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A device, a handler and somebody who takes the handler away, under every interleaving within bounds. */
final class FaultExplorationTest {

    private static final boolean EXHAUSTIVE = Boolean.getBoolean("iommu.exhaustive");
    private static final int SCHEDULES_IN_A_SHORT_RUN = 1_000;

    /** A rig on a stage: one device, whose requests a queue handles. */
    private static final class Scene {
        final FaultRig rig;
        final Device device;
        final IopfQueue queue;
        final List<PageRequest> kept = new ArrayList<>();

        Scene(Stage stage, FaultRig.Builder description) {
            rig = description.locking(stage.validatedLocking()).build();
            device = rig.add("nic");
            queue = rig.faults.newQueue("iommu0", (from, request) -> {
                rig.ledger.means(request);
                return Code.SUCCESS;
            });
            stage.invariant(
                    "no answer too many, none misdirected",
                    () -> assertThat(rig.ledger.violations()).isEmpty());
            stage.atEnd("every request is answered once, or listed, and nothing leaks", () -> {
                rig.requireConservation();
                queue.free();
                rig.close();
            });
        }

        void report(PageRequest request) {
            if (rig.report(device, request) == null) {
                kept.add(request);
            }
        }

        void work() {
            queue.step();
            queue.step();
        }

        void quietly(Runnable action) {
            try {
                action.run();
            } catch (IommuException refusal) {
                assertThat(refusal.getMessage()).isNotBlank();
            }
        }
    }

    /** A scenario with a name. */
    record Case(String name, Consumer<Stage> scenario) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (UnregisterPolicy policy : List.of(
                UnregisterPolicy.REFUSE,
                UnregisterPolicy.CLEAN,
                UnregisterPolicy.BLOCK,
                UnregisterPolicy.timeOut(1, TimeUnit.SECONDS))) {
            cases.add(new Case("unregister, " + policy.kind(), stage -> unregister(stage, policy)));
        }
        cases.add(new Case("6.1, the device goes", stage -> handlerEra(stage, scene -> remove(scene))));
        cases.add(new Case(
                "6.1, the device leaves its queue",
                stage -> handlerEra(stage, scene -> scene.quietly(() -> scene.queue.remove(scene.device)))));
        cases.add(new Case(
                "6.1, flush",
                stage -> handlerEra(stage, scene -> scene.quietly(() -> scene.rig.faults.flush(scene.device)))));
        for (KernelRelease release : List.of(KernelRelease.V6_12, KernelRelease.V7_2)) {
            cases.add(new Case(
                    release + ", the device goes", stage -> domainEra(stage, release, scene -> remove(scene))));
            cases.add(new Case(
                    release + ", the device leaves its queue",
                    stage -> domainEra(stage, release, scene -> scene.queue.remove(scene.device))));
            cases.add(new Case(
                    release + ", another domain",
                    stage -> domainEra(stage, release, scene -> {
                        IommuDomain other = scene.rig.core.newPagingDomain(scene.device);
                        scene.rig.group(scene.device).replace(other);
                    })));
            cases.add(new Case(
                    release + ", discard and flush",
                    stage -> domainEra(stage, release, scene -> {
                        scene.queue.discardPartial();
                        scene.rig.faults.flush(scene.device);
                    })));
        }
        return cases;
    }

    private static void remove(Scene scene) {
        scene.rig.bus.remove(scene.rig.device("nic"));
    }

    private static void unregister(Stage stage, UnregisterPolicy policy) {
        Scene scene = new Scene(stage, FaultRig.on(KernelRelease.V6_1).policy(policy));
        scene.rig.faults.register(scene.device, (device, event) -> null);
        Completion asked = stage.locking().completion("both requests");
        stage.task("device").then("asks", () -> scene.report(last(1))).then("asks again", () -> {
            scene.report(last(2));
            asked.complete();
        });
        stage.task("handler", () -> {
            for (int i = 0; i < 2; i++) {
                List<PageRequest> due = scene.rig.faults.pending(scene.device);
                due.forEach(each -> scene.quietly(() -> scene.rig.respond(scene.device, each, Code.SUCCESS)));
            }
        });
        stage.task("driver")
                .then("expires", scene.rig.faults::expire)
                .then("unregisters", () -> scene.quietly(() -> scene.rig.faults.unregister(scene.device)));
        if (policy.kind() == UnregisterPolicy.Kind.BLOCK) {
            stage.task("late handler", () -> {
                asked.await();
                scene.rig
                        .faults
                        .pending(scene.device)
                        .forEach(each -> scene.quietly(() -> scene.rig.respond(scene.device, each, Code.SUCCESS)));
            });
        }
    }

    private static void handlerEra(Stage stage, Consumer<Scene> third) {
        Scene scene = new Scene(stage, FaultRig.on(KernelRelease.V6_1));
        scene.queue.add(scene.device);
        scene.rig.faults.register(scene.device, scene.rig.faults.queueing());
        tasks(stage, scene, third);
    }

    private static void domainEra(Stage stage, KernelRelease release, Consumer<Scene> third) {
        Scene scene = new Scene(stage, FaultRig.on(release));
        scene.queue.add(scene.device);
        scene.rig.core.setIopfHandler(scene.rig.attach(scene.device), scene.queue.handler());
        tasks(stage, scene, third);
    }

    private static void tasks(Stage stage, Scene scene, Consumer<Scene> third) {
        stage.task("device")
                .then("asks in parts", () -> scene.report(partial(1)))
                .then("ends the group", () -> scene.report(last(1)))
                .then("asks again", () -> scene.report(last(2)));
        stage.task("worker", scene::work);
        stage.task("driver", () -> third.accept(scene));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void F27_nothingIsLostAnsweredTwiceOrLeakedUnderAnyInterleaving(Case each) {
        Interleavings interleavings = Interleavings.of(each.scenario()::accept).preemptionBound(2);
        if (!EXHAUSTIVE) {
            interleavings.mostSchedules(SCHEDULES_IN_A_SHORT_RUN);
        }
        Exploration exploration = interleavings.exhaustive();
        System.out.println("FIGURE explored faults, " + each + ": " + exploration);
        exploration.requireNothingFound();
    }

    @Test
    void F27_theExplorerFindsAForgottenRequest() {
        Exploration exploration = Interleavings.of(stage -> {
                    Scene scene = new Scene(
                            stage,
                            FaultRig.on(KernelRelease.V6_1).errata(Set.of(FaultErratum.UNREGISTER_FORGETS_PENDING)));
                    scene.rig.faults.register(scene.device, (device, event) -> null);
                    stage.task("device", () -> scene.report(last(1)));
                    stage.task("driver", () -> scene.rig.faults.unregister(scene.device));
                })
                .exhaustive();
        assertThat(exploration.finding()).get().asString().contains("neither answered nor pending");
    }

    @Test
    void F27_theExplorerFindsALateAnswerThatHitsAnotherRequest() {
        Exploration exploration = Interleavings.of(stage -> {
                    Scene scene =
                            new Scene(stage, FaultRig.on(KernelRelease.V6_1).policy(UnregisterPolicy.CLEAN));
                    scene.rig.faults.register(scene.device, (device, event) -> null);
                    PageRequest old = last(1);
                    scene.report(old);
                    stage.task("guest", () -> scene.quietly(() -> scene.rig.respond(scene.device, old, Code.SUCCESS)));
                    stage.task("driver", () -> {
                        scene.rig.faults.unregister(scene.device);
                        scene.rig.faults.register(scene.device, (device, event) -> null);
                        scene.report(last(1));
                    });
                })
                .exhaustive();
        assertThat(exploration.finding()).get().asString().contains("meant for another");
    }
}
