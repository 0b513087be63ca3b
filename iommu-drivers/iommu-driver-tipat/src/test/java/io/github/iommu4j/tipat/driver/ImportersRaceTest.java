package io.github.iommu4j.tipat.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.dmabuf.DmaBuf;
import io.github.iommu4j.core.dmabuf.DmaBufAttachment;
import io.github.iommu4j.core.dmabuf.DmaDirection;
import io.github.iommu4j.core.dmabuf.ScatterList;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Several importers use the same buffers at the same time. */
class ImportersRaceTest {

    private static final int THREADS = 4;
    private static final int ROUNDS = 1500;
    private static final long MARK = 0x5EED_0000_0000_0000L;

    private final PatMachine machine = new PatMachine();

    /** Attaches, maps, looks, and leaves again: what it saw wrong. */
    private List<Long> use(DmaBuf shared, Device device) {
        List<Long> wrong = new ArrayList<>();
        PhysicalMemory seen = machine.seenBy(device);
        for (int round = 0; round < ROUNDS; round++) {
            DmaBufAttachment attachment = shared.attach(device);
            ScatterList list = attachment.map(DmaDirection.FROM_DEVICE);
            long found = seen.load64(list.dmaRanges().get(0).address() + (round & 7) * PatMachine.PAGE);
            if (found != (MARK | round & 7)) {
                wrong.add(found);
            }
            attachment.unmap(list, DmaDirection.FROM_DEVICE);
            attachment.detach();
            machine.pat.export(machine.scattered(1 + (round & 3))).put();
        }
        return wrong;
    }

    @Test
    void P62_whileADeviceHasItMappedItSeesItsPagesWhateverOthersDo() throws Exception {
        DmaBuf parent = machine.scattered(8);
        for (int page = 0; page < 8; page++) {
            machine.memory.store64(0x8_8000_0000L + (8 - page) * 0x10000L, MARK | page);
        }
        DmaBuf once = machine.pat.export(parent);
        once.get();
        DmaBuf twice = machine.secondPat.export(once);
        List<Device> devices = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            devices.add(machine.device());
        }
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<List<Long>>> results = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                Device device = devices.get(i);
                DmaBuf shared = i % 2 == 0 ? once : twice;
                results.add(threads.submit(() -> use(shared, device)));
            }
            for (Future<List<Long>> result : results) {
                assertThat(result.get(2, TimeUnit.MINUTES)).isEmpty();
            }
        } finally {
            threads.shutdownNow();
        }
        once.put();
        twice.put();
        assertThat(machine.leaks()).isEmpty();
    }
}
