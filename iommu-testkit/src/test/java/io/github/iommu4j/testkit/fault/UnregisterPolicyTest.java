package io.github.iommu4j.testkit.fault;

import static io.github.iommu4j.testkit.fault.FaultRig.errno;
import static io.github.iommu4j.testkit.fault.FaultRig.last;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.core.fault.UnregisterPolicy;
import io.github.iommu4j.testkit.explore.Exploration;
import io.github.iommu4j.testkit.explore.Interleavings;
import io.github.iommu4j.testkit.explore.Stage;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The answers to the debate of 2019 about unregistering a handler, and the hazard of each. */
final class UnregisterPolicyTest {

    private static final UnregisterPolicy SECOND = UnregisterPolicy.timeOut(1, TimeUnit.SECONDS);

    private static FaultRig with(UnregisterPolicy policy) {
        FaultRig rig = FaultRig.on(KernelRelease.V6_1).policy(policy).build();
        rig.add("nic");
        rig.faults.register(rig.device("nic"), (device, event) -> null);
        return rig;
    }

    static List<UnregisterPolicy> thoseThatRefuse() {
        return List.of(UnregisterPolicy.REFUSE, SECOND);
    }

    @ParameterizedTest
    @MethodSource("thoseThatRefuse")
    void F21_aFloodKeepsARefusingUnregisterFromEverSucceeding(UnregisterPolicy policy) {
        FaultRig rig = with(policy);
        Device device = rig.device("nic");
        PageRequest pending = last(0);
        rig.report(device, pending);
        for (int i = 1; i <= 1000; i++) {
            PageRequest next = last(i);
            rig.report(device, next);
            rig.respond(device, pending, Code.SUCCESS);
            pending = next;
            assertThat(errno(() -> rig.faults.unregister(device))).isEqualTo(Errno.EBUSY);
        }
        rig.respond(device, pending, Code.SUCCESS);
        rig.faults.unregister(device);
        rig.close();
    }

    @Test
    void F22_cleaningNeverFailsAndAnswersWhatIsPending() {
        FaultRig rig = with(UnregisterPolicy.CLEAN);
        Device device = rig.device("nic");
        PageRequest first = last(1);
        PageRequest second = last(2, 7);
        rig.report(device, first);
        rig.report(device, second);
        rig.faults.unregister(device);
        assertThat(rig.ledger.answersTo(first)).containsExactly(Code.INVALID);
        assertThat(rig.ledger.answersTo(second)).containsExactly(Code.INVALID);
        assertThat(errno(() -> rig.respond(device, first, Code.SUCCESS))).isEqualTo(Errno.EINVAL);
        rig.close();
    }

    @Test
    void F22_cleanedALateAnswerReachesARequestItWasNotMeantForAndTheLedgerSaysSo() {
        FaultRig rig = with(UnregisterPolicy.CLEAN);
        Device device = rig.device("nic");
        PageRequest old = last(1);
        rig.report(device, old);
        rig.faults.unregister(device);
        rig.faults.register(device, (from, event) -> null);
        PageRequest fresh = last(1);
        rig.report(device, fresh);
        rig.respond(device, old, Code.SUCCESS);
        assertThat(rig.ledger.violations()).singleElement().asString().contains("meant for another");
    }

    @Test
    void F22_withTheAnswersPasidALateAnswerIsRefused() {
        FaultRig rig = with(UnregisterPolicy.CLEAN);
        Device device = rig.device("nic");
        PageRequest old = last(1, 5);
        rig.report(device, old);
        rig.faults.unregister(device);
        rig.faults.register(device, (from, event) -> null);
        rig.report(device, last(1, 6));
        assertThat(errno(() -> rig.respond(device, old, Code.SUCCESS))).isEqualTo(Errno.EINVAL);
        rig.requireConservation();
    }

    private static Exploration explore(int requests, int steps) {
        return Interleavings.of(stage -> blocking(stage, requests))
                .preemptionBound(2)
                .mostSteps(steps)
                .unshrunk()
                .exhaustive();
    }

    private static void blocking(Stage stage, int requests) {
        FaultRig rig = FaultRig.on(KernelRelease.V6_1)
                .policy(UnregisterPolicy.BLOCK)
                .locking(stage.validatedLocking())
                .build();
        Device device = rig.add("nic");
        rig.faults.register(device, (from, event) -> null);
        PageRequest first = last(0);
        rig.report(device, first);
        stage.task("unregisters", () -> rig.faults.unregister(device));
        stage.task("answers, and faults again", () -> {
            PageRequest pending = first;
            for (int i = 1; i < requests; i++) {
                PageRequest next = last(i);
                rig.report(device, next);
                rig.respond(device, pending, Code.SUCCESS);
                pending = next;
            }
            rig.respond(device, pending, Code.SUCCESS);
        });
        stage.atEnd("everything is answered and nothing kept", () -> {
            rig.requireConservation();
            assertThat(rig.faults.report(device, last(99))).isEqualTo(Errno.EINVAL);
            assertThat(rig.memory.bounded.used()).isZero();
        });
    }

    @Test
    void F23_blockingReturnsOnceEverythingIsAnswered() {
        Exploration exploration = explore(3, 10_000);
        System.out.println("FIGURE explored blocking unregister: " + exploration);
        exploration.requireNothingFound();
    }

    @Test
    void F23_aFloodKeepsABlockingUnregisterWaitingForEver() {
        Exploration exploration = explore(1_000_000, 3_000);
        assertThat(exploration.finding()).get().asString().containsIgnoringCase("livelock");
    }

    @Test
    void F24_aTimeOutAnswersForWhoeverDoesNot() {
        FaultRig rig = with(SECOND);
        Device device = rig.device("nic");
        PageRequest first = last(1);
        PageRequest second = last(2);
        rig.report(device, first);
        rig.clock.advance(Duration.ofMillis(600));
        rig.report(device, second);
        assertThat(rig.faults.expire()).isFalse();
        rig.clock.advance(Duration.ofMillis(400));
        assertThat(rig.faults.expire()).isTrue();
        assertThat(rig.ledger.answersTo(first)).containsExactly(Code.INVALID);
        assertThat(rig.faults.pending(device)).containsExactly(second);
        rig.clock.advance(Duration.ofSeconds(1));
        assertThat(rig.faults.expire()).isTrue();
        rig.faults.unregister(device);
        rig.close();
    }

    @Test
    void F24_anAnswerAfterTheTimeOutIsRefusedOrReachesAnotherRequest() {
        FaultRig rig = with(SECOND);
        Device device = rig.device("nic");
        PageRequest old = last(1);
        rig.report(device, old);
        rig.clock.advance(Duration.ofSeconds(1));
        rig.faults.expire();
        assertThat(errno(() -> rig.respond(device, old, Code.SUCCESS))).isEqualTo(Errno.EINVAL);
        rig.report(device, last(1));
        rig.respond(device, old, Code.SUCCESS);
        assertThat(rig.ledger.violations()).singleElement().asString().contains("meant for another");
    }

    @Test
    void F24_withoutATimeOutNothingExpires() {
        FaultRig rig = with(UnregisterPolicy.REFUSE);
        rig.report(rig.device("nic"), last(1));
        rig.clock.advance(Duration.ofDays(1));
        assertThat(rig.faults.expire()).isFalse();
        rig.close();
    }

    @Test
    void aPolicyHasATimeOnlyWhereItIsUsed() {
        assertThatIllegalArgumentException().isThrownBy(() -> UnregisterPolicy.timeOut(0, TimeUnit.SECONDS));
        assertThatIllegalArgumentException().isThrownBy(() -> new UnregisterPolicy(UnregisterPolicy.Kind.TIME_OUT, -1));
        assertThatIllegalArgumentException().isThrownBy(() -> new UnregisterPolicy(UnregisterPolicy.Kind.CLEAN, 1));
    }
}
