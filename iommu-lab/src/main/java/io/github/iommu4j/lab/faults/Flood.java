package io.github.iommu4j.lab.faults;

import io.github.iommu4j.core.fault.BoundedFaultMemory;
import io.github.iommu4j.testkit.machine.DmaJob;
import io.github.iommu4j.testkit.machine.DmaSegment;
import io.github.iommu4j.testkit.machine.DmaTransfer;
import java.util.ArrayList;
import java.util.List;

/** A device that asks for one page after the other, and a handler that never comes to it. */
final class Flood {

    private static final long PAGE_SIZE = 0x1000;
    private static final int READ_AT_ONCE = 8;

    /**
     * What came of it.
     *
     * @param asked how many accesses needed a page
     * @param most how many requests the core held at a time
     * @param capacity how many it may hold of one device
     * @param failed how many accesses were ended because the core held enough
     * @param left how many waited when the device was taken away
     * @param held what the core still held then
     */
    record Outcome(int asked, int most, int capacity, int failed, int left, long held) {}

    private Flood() {}

    static Outcome run(FaultScene scene, RoundTrip trip, int count, BoundedFaultMemory memory, int capacity) {
        List<DmaTransfer> transfers = new ArrayList<>();
        int most = 0;
        for (int i = 0; i < count; i++) {
            transfers.add(scene.device()
                    .start(scene.job(DmaJob.of(DmaSegment.read(RoundTrip.IOVA + PAGE_SIZE * i, READ_AT_ONCE)))));
            boolean busy = true;
            while (busy) {
                boolean moved = scene.device().step();
                busy = scene.step() || moved;
                most = Math.max(most, memory.used(scene.node()));
            }
            most = Math.max(most, memory.used(scene.node()));
        }
        int failed = (int) transfers.stream()
                .filter(each -> each.state() == DmaTransfer.State.FAILED)
                .count();
        int left = (int) transfers.stream().filter(each -> !each.isEnded()).count();
        scene.remove();
        boolean worked = trip.handle();
        while (worked) {
            worked = trip.handle();
        }
        return new Outcome(count, most, capacity, failed, left, memory.used());
    }
}
