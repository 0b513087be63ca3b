package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.IdField;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Threads that unmap while a device reads: once an unmap returned, the device never gets there again. */
@Timeout(120)
class SmmuRaceTest {

    private static final int ROUNDS = Boolean.getBoolean("iommu.exhaustive") ? 20_000 : 1_500;
    private static final long WINDOW = 0x1000_0000L;
    private static final long DATA = 0x8000_0000L;
    private static final int UNMAPPERS = 2;

    private static void race(Smmuv3Capabilities capabilities) throws Exception {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.capabilities = capabilities;
        plan.locking = new PlainLocking();
        SmmuBench bench = plan.boot();
        IommuDomain domain = bench.attached("nic");
        AtomicBoolean over = new AtomicBoolean();
        AtomicLong hits = new AtomicLong();
        ExecutorService threads = Executors.newFixedThreadPool(UNMAPPERS + 1);
        try {
            Future<?> device = threads.submit(() -> {
                while (!over.get()) {
                    for (int i = 0; i < UNMAPPERS; i++) {
                        if (bench.dma("nic", WINDOW + i * 0x1_0000L, Access.READ) >= 0) {
                            hits.incrementAndGet();
                        }
                    }
                }
            });
            List<Callable<Void>> unmappers = new ArrayList<>();
            for (int i = 0; i < UNMAPPERS; i++) {
                unmappers.add(unmapper(bench, domain, WINDOW + i * 0x1_0000L));
            }
            for (Future<Void> each : threads.invokeAll(unmappers)) {
                each.get();
            }
            over.set(true);
            device.get();
        } finally {
            over.set(true);
            threads.shutdownNow();
        }
        assertThat(hits).as("accesses that went through").hasPositiveValue();
        assertThat(bench.lines()).filteredOn(line -> line.contains("timeout")).isEmpty();
    }

    /** Each round the page leads elsewhere, so that a stale translation shows even while it is mapped. */
    private static Callable<Void> unmapper(SmmuBench bench, IommuDomain domain, long iova) {
        return () -> {
            for (int round = 0; round < ROUNDS; round++) {
                long pa = DATA + (round & 0xFF) * 0x1000L;
                domain.map(iova, pa, 0x1000, Prot.READ_WRITE);
                assertThat(bench.dma("nic", iova, Access.READ))
                        .as("round %d", round)
                        .isEqualTo(pa);
                domain.unmap(iova, 0x1000);
                assertThat(bench.dma("nic", iova, Access.READ))
                        .as("round %d, after the unmap", round)
                        .isEqualTo(-1);
            }
            return null;
        };
    }

    @Test
    void stageOneByRange() throws Exception {
        race(SmmuBench.CAPABLE);
    }

    @Test
    void stageOneByAddressWithoutMessages() throws Exception {
        race(SmmuBench.CAPABLE.toBuilder().disable(IdField.RIL, IdField.MSI).build());
    }

    @Test
    void stageTwo() throws Exception {
        race(SmmuBench.STAGE_2);
    }

    /** The reader of events looks PASIDs up without the locks under which they come and go. */
    @Test
    void aPasidThatStaysIsFoundWhileOthersComeAndGo() throws Exception {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.features = DeviceFeatures.of(10);
        SmmuBench bench = plan.boot();
        int stays = 500;
        bench.group("nic").attachPasid(bench.core.newPagingDomain(bench.device("nic")), stays);
        Master master = Objects.requireNonNull(bench.driver.unit().streams().find(bench.device("nic")));
        ContextSpace space = Objects.requireNonNull(master.pasids().get(stays));
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService threads = Executors.newSingleThreadExecutor();
        try {
            Future<?> changes = threads.submit(() -> {
                while (!over.get()) {
                    for (int pasid = 1; pasid < stays; pasid++) {
                        master.pasids().put(pasid, space);
                    }
                    for (int pasid = 1; pasid < stays; pasid++) {
                        master.pasids().remove(pasid);
                    }
                }
            });
            for (int n = 0; n < ROUNDS * 1_000; n++) {
                assertThat(master.pasids().get(stays) == space)
                        .as("look-up %d", n)
                        .isTrue();
            }
            over.set(true);
            changes.get();
        } finally {
            over.set(true);
            threads.shutdownNow();
        }
    }
}
