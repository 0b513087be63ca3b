package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.Prot;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** For every operation and every n: the nth driver call fails. */
final class FaultInjectionTest {

    /** What a failure may leave behind beyond the rule "as before, or as if nothing had failed". */
    private enum Licence {
        /** Nothing. */
        NONE,
        /** Up to 6.4 the hardware is not put back. */
        OLD_HARDWARE_DIFFERS,
        /** Up to 6.4 the operation ends in another state without saying so, and works when done again. */
        OLD_NEEDS_REPEAT,
        /** The operation must not fail; up to 6.4 its books stay, and a detach mends them. */
        OLD_NEEDS_DETACH
    }

    /** An operation and what leads to it. */
    private record Scenario(String name, Licence licence, Consumer<Stage> prepare, Consumer<Stage> operate) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static List<Scenario> attachScenarios() {
        return List.of(
                new Scenario(
                        "attach",
                        Licence.NONE,
                        stage -> stage.boot().domain(0),
                        stage -> stage.group().attach(stage.domain(0))),
                new Scenario(
                        "detach",
                        Licence.OLD_NEEDS_DETACH,
                        stage -> stage.boot().group().attach(stage.domain(0)),
                        stage -> stage.group().detach(stage.domain(0))),
                new Scenario(
                        "replace",
                        Licence.OLD_HARDWARE_DIFFERS,
                        stage -> {
                            stage.boot().group().attach(stage.domain(0));
                            stage.domain(1);
                        },
                        stage -> stage.group().replace(stage.domain(1))),
                new Scenario(
                        "claim",
                        Licence.OLD_HARDWARE_DIFFERS,
                        Stage::boot,
                        stage -> stage.group().dmaOwnership().claim("user")),
                new Scenario(
                        "attach by the owner",
                        Licence.NONE,
                        stage -> {
                            stage.boot().group().dmaOwnership().claim("user");
                            stage.domain(0);
                        },
                        stage -> stage.group().attach(stage.domain(0))),
                new Scenario(
                        "release",
                        Licence.OLD_NEEDS_DETACH,
                        stage -> stage.boot().group().dmaOwnership().claim("user"),
                        stage -> stage.group().dmaOwnership().release()),
                new Scenario(
                        "deferred attach",
                        Licence.NONE,
                        Stage::bootDeferred,
                        stage -> stage.rig.core.attachDeferred(stage.device(0))));
    }

    private static List<Scenario> groupScenarios() {
        return List.of(
                new Scenario(
                        "register", Licence.NONE, Stage::enumerate, stage -> stage.rig.core.register(stage.rig.iommu)),
                new Scenario(
                        "join",
                        Licence.NONE,
                        stage -> stage.boot().expel(),
                        stage -> stage.rig.core.probe(stage.device(2))),
                new Scenario(
                        "join an owned group",
                        Licence.NONE,
                        stage -> stage.boot().expel().group().dmaOwnership().claim("user"),
                        stage -> stage.rig.core.probe(stage.device(2))),
                new Scenario(
                        "new group",
                        Licence.NONE,
                        stage -> {
                            stage.boot().rig.host.remove(Rig.name(2, 0));
                            stage.rig.iommu.failures().failCall(0, Errno.EIO);
                            stage.rig.host.rescan();
                        },
                        stage -> stage.rig.core.probe(stage.rig.device(2, 0))),
                new Scenario("remove", Licence.NONE, Stage::boot, stage -> stage.rig.host.remove(Rig.name(2, 0))),
                new Scenario(
                        "unregister", Licence.NONE, Stage::boot, stage -> stage.rig.core.unregister(stage.rig.iommu)),
                typeChange("identity"),
                typeChange("DMA"));
    }

    /** On the group of one device, which every release lets change. */
    private static Scenario typeChange(String word) {
        return new Scenario(
                "type " + word,
                Licence.OLD_NEEDS_REPEAT,
                stage -> {
                    stage.boot();
                    stage.rig.host.remove(Rig.name(1, 2));
                    stage.rig.host.remove(Rig.name(1, 1));
                    stage.writeType(word.equals("DMA") ? "identity" : "DMA");
                },
                stage -> stage.writeType(word));
    }

    private static List<Scenario> domainScenarios() {
        return List.of(
                new Scenario("new domain", Licence.NONE, Stage::boot, stage -> stage.domain(0)),
                new Scenario(
                        "map",
                        Licence.NONE,
                        stage -> stage.boot().domain(0),
                        stage -> stage.domain(0).map(0x1000, 0x1000, 0x20_2000, Prot.READ)),
                new Scenario(
                        "mapSg",
                        Licence.NONE,
                        stage -> stage.boot().domain(0),
                        stage -> stage.domain(0).mapSg(0x1000, Stage.SEGMENTS, Prot.READ)),
                new Scenario(
                        "unmap",
                        Licence.NONE,
                        stage -> stage.boot().domain(0).map(0x1000, 0x1000, 0x20_2000, Prot.READ),
                        stage -> stage.domain(0).unmap(0x1000, 0x20_2000)));
    }

    private static List<Scenario> pasidScenarios() {
        return List.of(
                new Scenario(
                        "attach PASID",
                        Licence.NONE,
                        stage -> stage.boot().domain(0),
                        stage -> stage.group().attachPasid(stage.domain(0), 3)),
                new Scenario(
                        "replace PASID",
                        Licence.NONE,
                        stage -> {
                            stage.boot().group().attachPasid(stage.domain(0), 3);
                            stage.domain(1);
                        },
                        stage -> stage.group().replacePasid(stage.domain(1), 3)),
                new Scenario(
                        "detach PASID",
                        Licence.NONE,
                        stage -> stage.boot().group().attachPasid(stage.domain(0), 3),
                        stage -> stage.group().detachPasid(stage.domain(0), 3)));
    }

    static Stream<Arguments> cases() {
        List<Arguments> cases = new ArrayList<>();
        for (KernelRelease release : KernelRelease.values()) {
            attachScenarios().forEach(scenario -> cases.add(Arguments.of(release, scenario)));
            groupScenarios().forEach(scenario -> cases.add(Arguments.of(release, scenario)));
            domainScenarios().forEach(scenario -> cases.add(Arguments.of(release, scenario)));
            if (release.hasPasidAttach()) {
                pasidScenarios().forEach(scenario -> cases.add(Arguments.of(release, scenario)));
            }
        }
        return cases.stream();
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("cases")
    void theStateIsAsBeforeOrAsTheRuleSaysAndTheNextOperationWorks(KernelRelease release, Scenario scenario) {
        Stage undisturbed = new Stage(release);
        scenario.prepare().accept(undisturbed);
        int before = undisturbed.rig.iommu.failures().calls();
        scenario.operate().accept(undisturbed);
        int calls = undisturbed.rig.iommu.failures().calls() - before;
        String success = undisturbed.books();
        undisturbed.finish();
        for (int call = 0; call < calls; call++) {
            disturb(release, scenario, call, success);
        }
    }

    private static void disturb(KernelRelease release, Scenario scenario, int call, String success) {
        Stage stage = new Stage(release);
        scenario.prepare().accept(stage);
        String books = stage.books();
        String hardware = stage.hardware();
        stage.rig.iommu.failures().failCall(call, Errno.ENOMEM);
        IommuException refusal = Stage.refusal(() -> scenario.operate().accept(stage));
        stage.rig.iommu.failures().failNothing();
        boolean licensed = !release.revertsFailedSetDomain() && scenario.licence() != Licence.NONE;
        String when = scenario + " with call " + call + " failing: " + refusal;
        if (refusal != null) {
            assertThat(stage.books()).as(when).isEqualTo(books);
            if (!licensed) {
                assertThat(stage.hardware()).as(when).isEqualTo(hardware);
            }
            scenario.operate().accept(stage);
        } else if (licensed && scenario.licence() == Licence.OLD_NEEDS_REPEAT) {
            scenario.operate().accept(stage);
        } else if (licensed && scenario.licence() == Licence.OLD_NEEDS_DETACH) {
            stage.group().detach(Objects.requireNonNull(stage.group().domain()));
        }
        assertThat(stage.books()).as(when).isEqualTo(success);
        stage.finish();
    }
}
