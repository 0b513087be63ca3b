package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.driver.StructureBench.Plan;
import io.github.iommu4j.smmuv3.hardware.CommandProcessing;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import io.github.iommu4j.testkit.explore.CarrierKind;
import io.github.iommu4j.testkit.explore.Exploration;
import io.github.iommu4j.testkit.explore.Interleavings;
import io.github.iommu4j.testkit.explore.Scenario;
import io.github.iommu4j.testkit.explore.Stage;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Several tasks that fill the command queue and hardware that empties it, under every interleaving; locks are validated. */
class CommandRingExplorationTest {

    private static final boolean EXHAUSTIVE = Boolean.getBoolean("iommu.exhaustive");
    private static final int ILLEGAL_OPCODE = 0xF0;

    /** What producers, hardware and memory look like. */
    private static final class Scene {
        private final Stage stage;
        private final FetchLog fetches;
        private final StructureBench bench;
        private final HardwareTurns turns;
        private final List<List<Command>> issued = new ArrayList<>();
        private int left;

        Scene(Stage stage, int sizeLg2, SyncSignal signal) {
            this.stage = stage;
            Plan plan = new Plan();
            SparseMemory memory = new SparseMemory();
            fetches = new FetchLog(memory);
            plan.memory = stage.explored(memory);
            plan.hardwareMemory = fetches;
            plan.capabilities = CommandRingTest.withMessages();
            turns = new HardwareTurns(stage.validatedLocking());
            plan.locking = turns;
            plan.ticker = () -> 0;
            plan.processing = CommandProcessing.STEPPED;
            plan.signal = signal;
            plan.sizeLg2 = sizeLg2;
            plan.sidBits = 2;
            plan.wires = stage::explored;
            bench = plan.boot();
        }

        /** A task that issues two commands and waits. */
        void producer(int number) {
            producer(number, command(number, 0), command(number, 1));
        }

        void producer(int number, Command... commands) {
            List<Command> mine = List.of(commands);
            issued.add(mine);
            left++;
            stage.task("issues " + number, () -> {
                assertThat(bench.ring.issueAndSync(mine)).isNull();
                assertThat(fetches.commands())
                        .as("executed when the SYNC is complete")
                        .containsAll(mine);
                left--;
            });
        }

        void hardware() {
            stage.task(
                    "SMMU",
                    () -> turns.run(
                            () -> {
                                stage.yieldPoint("consumes");
                                return bench.unit.step();
                            },
                            () -> left == 0));
            stage.atEnd("every command once, each task's in its order", () -> {
                assertThat(fetches.commands())
                        .hasSize(issued.stream().mapToInt(List::size).sum());
                issued.forEach(mine -> assertThat(fetches.commands()).containsSubsequence(mine));
                assertThat(bench.registers.read(SmmuRegister.CMDQ_CONS) & 0xFFFFF)
                        .isEqualTo(bench.registers.read(SmmuRegister.CMDQ_PROD));
            });
        }
    }

    private static Command command(int task, int number) {
        return Command.of(CommandOpcode.TLBI_NH_ASID).with0(Command.ASID, task).with0(Command.VMID, number);
    }

    private static Command illegal(int task) {
        return new Command(ILLEGAL_OPCODE, task);
    }

    /**
     * Tasks here wait for each other at every other step, so that schedules without a preemption are too many already: they
     * are bounded by delays.
     */
    private static void explore(String name, int delays, Scenario scenario) {
        Exploration exploration = Interleavings.of(scenario)
                .delayBound(EXHAUSTIVE ? delays + 1 : delays)
                .carrier(CarrierKind.THREADS)
                .mostSteps(1500)
                .exhaustive();
        System.out.println("FIGURE explored " + name + ": " + exploration);
        exploration.requireNothingFound();
        assertThat(exploration.completeness()).isEqualTo(Exploration.Completeness.COMPLETE);
    }

    @ParameterizedTest
    @CsvSource({"0, NONE", "1, NONE", "2, NONE", "3, SEV", "0, MSI", "1, MSI", "2, MSI", "3, MSI"})
    void nothingIsLostAndNoSyncIsEarlyWhateverTheSize(int sizeLg2, SyncSignal signal) {
        explore("two producers, 2^" + sizeLg2 + " entries, " + signal, sizeLg2 == 0 ? 1 : 2, stage -> {
            Scene scene = new Scene(stage, sizeLg2, signal);
            scene.producer(1);
            scene.producer(2);
            scene.hardware();
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"NONE", "MSI"})
    void threeProducersGetAlongInAQueueOfTwo(SyncSignal signal) {
        explore("three producers, " + signal, 1, stage -> {
            Scene scene = new Scene(stage, 1, signal);
            scene.producer(1, command(1, 0));
            scene.producer(2, command(2, 0));
            scene.producer(3, command(3, 0));
            scene.hardware();
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"NONE", "MSI"})
    void illegalCommandsAreSkippedWhoeverLooksAfterThem(SyncSignal signal) {
        explore("illegal commands, " + signal, 1, stage -> {
            Scene scene = new Scene(stage, 1, signal);
            scene.producer(1, illegal(1), command(1, 1));
            scene.producer(2, command(2, 0), illegal(2));
            stage.task("interrupt", scene.bench.errors::step);
            scene.hardware();
        });
    }

    @Test
    void aFetchThatAbortsIsRepeated() {
        explore("aborted fetches", 1, stage -> {
            Scene scene = new Scene(stage, 1, SyncSignal.NONE);
            scene.fetches.aborts = 2;
            scene.producer(1);
            scene.producer(2, command(2, 0));
            scene.hardware();
        });
    }
}
