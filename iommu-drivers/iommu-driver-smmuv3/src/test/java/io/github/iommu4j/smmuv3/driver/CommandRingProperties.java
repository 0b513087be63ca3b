package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.driver.StructureBench.Plan;
import io.github.iommu4j.smmuv3.hardware.CommandProcessing;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Random commands through queues of any size, and many threads at once. */
class CommandRingProperties {

    private static final int LARGEST = 19;
    private static final int THREADS = 4;
    private static final int ROUNDS = 400;

    private static Command command(int thread, int number) {
        return Command.of(CommandOpcode.TLBI_NH_ASID)
                .with0(Command.ASID, thread)
                .with0(Command.VMID, number & 0xFFFF);
    }

    private static Command illegal(int number) {
        return new Command(0xF0, number);
    }

    /** The memory as hardware sees it, a large queue included. */
    private static FetchLog memoryOf(Plan plan) {
        FetchLog fetches = new FetchLog(plan.memory, Command.BYTES << plan.sizeLg2);
        plan.hardwareMemory = fetches;
        return fetches;
    }

    @Property(tries = 200)
    void everythingIsFetchedOnceAndInOrder(@ForAll long seed) {
        Random random = new Random(seed);
        Plan plan = new Plan().memory(new SparseMemory());
        plan.sizeLg2 = random.nextInt(LARGEST + 1);
        plan.signal = SyncSignal.values()[random.nextInt(SyncSignal.values().length)];
        plan.capabilities = CommandRingTest.withMessages();
        plan.processing = CommandProcessing.values()[random.nextInt(CommandProcessing.values().length)];
        plan.polling = StructureBench.Polling.STEPS_HARDWARE_AND_HANDLES_ERRORS;
        FetchLog fetches = memoryOf(plan);
        StructureBench bench = plan.boot();
        List<Command> issued = new ArrayList<>();
        for (int n = 0; n < 40; n++) {
            List<Command> some = new ArrayList<>();
            for (int i = random.nextInt(20); i > 0; i--) {
                some.add(random.nextInt(12) == 0 ? illegal(issued.size() + i) : command(n, i));
            }
            issued.addAll(some);
            boolean waits = random.nextBoolean();
            assertThat(waits ? bench.ring.issueAndSync(some) : bench.ring.issue(some))
                    .isNull();
            for (int steps = random.nextInt(8); steps > 0; steps--) {
                bench.unit.step();
            }
            if (waits) {
                assertThat(fetches.commands()).isEqualTo(issued);
            }
        }
        assertThat(bench.ring.issueAndSync(List.of())).isNull();
        assertThat(fetches.commands()).isEqualTo(issued);
        assertThat(bench.registers.read(SmmuRegister.CMDQ_CONS) & 0xFFFFF)
                .isEqualTo(bench.registers.read(SmmuRegister.CMDQ_PROD));
    }

    private static void race(int sizeLg2, SyncSignal signal) throws Exception {
        Plan plan = new Plan().memory(new SparseMemory());
        plan.sizeLg2 = sizeLg2;
        plan.signal = signal;
        plan.capabilities = CommandRingTest.withMessages();
        FetchLog fetches = memoryOf(plan);
        StructureBench bench = plan.boot();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> producers = new ArrayList<>();
            for (int t = 0; t < THREADS; t++) {
                int thread = t;
                producers.add(threads.submit(() -> {
                    for (int n = 0; n < ROUNDS; n++) {
                        List<Command> some = List.of(command(thread, 2 * n), command(thread, 2 * n + 1));
                        assertThat(bench.ring.issueAndSync(some)).isNull();
                    }
                }));
            }
            for (Future<?> producer : producers) {
                producer.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        for (int t = 0; t < THREADS; t++) {
            List<Command> expected = new ArrayList<>();
            for (int n = 0; n < 2 * ROUNDS; n++) {
                expected.add(command(t, n));
            }
            int asid = t;
            assertThat(fetches.commands().stream()
                            .filter(command -> command.asid() == asid)
                            .toList())
                    .isEqualTo(expected);
        }
        assertThat(bench.log()).isEmpty();
    }

    @Example
    void threadsFillOneQueueWithoutLosingACommand() throws Exception {
        for (SyncSignal signal : SyncSignal.values()) {
            race(0, signal);
            race(1, signal);
            race(5, signal);
        }
    }
}
