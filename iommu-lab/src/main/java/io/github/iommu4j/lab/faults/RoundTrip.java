package io.github.iommu4j.lab.faults;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.core.fault.IopfQueue;
import io.github.iommu4j.lab.faults.Timeline.Place;
import io.github.iommu4j.testkit.machine.DmaJob;
import io.github.iommu4j.testkit.machine.DmaSegment;
import io.github.iommu4j.testkit.machine.DmaTransfer;
import java.util.Locale;

/** A device writes to a page that is not there. Everything goes through memory and queues. */
final class RoundTrip {

    static final long IOVA = 0x1234_5000L;
    static final long PAGE = 0x8000_1000L;
    static final byte[] DATA = {1, 2, 3, 4, 5, 6, 7, 8};
    static final long WORD = 0x0807_0605_0403_0201L;

    private static final long OFFSET = 0x10;
    private static final long PAGE_SIZE = 0x1000;

    private final FaultScene scene;
    private final Timeline timeline;
    private final IommuDomain domain;
    private final IopfQueue queue;

    RoundTrip(FaultScene scene, Timeline timeline) {
        this.scene = scene;
        this.timeline = timeline;
        this.domain = scene.attach();
        this.queue = scene.core().faults().newQueue(scene.name(), (device, request) -> {
            domain.map(request.address() & -PAGE_SIZE, PAGE, PAGE_SIZE, Prot.READ_WRITE);
            timeline.add(
                    Place.HANDLER,
                    String.format(Locale.ROOT, "maps 0x%x to 0x%x", request.address() & -PAGE_SIZE, PAGE));
            return Code.SUCCESS;
        });
        queue.add(scene.node());
        if (scene.core().release().hasDeviceFaultHandlers()) {
            scene.core().faults().register(scene.node(), scene.core().faults().queueing());
        } else {
            scene.core().setIopfHandler(domain, queue.handler());
        }
    }

    /** The device writes, and waits; the kernel has the request. */
    DmaTransfer ask(long iova) {
        explain(iova);
        DmaTransfer transfer = scene.device().run(scene.job(DmaJob.of(DmaSegment.write(iova + OFFSET, DATA))));
        timeline.add(
                Place.DEVICE,
                String.format(Locale.ROOT, "writes %d bytes to 0x%x: %s", DATA.length, iova + OFFSET, scene.waiting()));
        timeline.addAll(Place.QUEUE, scene.takeRecords());
        scene.step();
        return transfer;
    }

    private void explain(long iova) {
        timeline.add(Place.UNIT, scene.explain(iova + OFFSET).toText().stripTrailing());
    }

    /** The handler gets the page, the answer goes out. */
    boolean handle() {
        boolean any = queue.step();
        timeline.addAll(Place.RESPONSE, scene.takeAnswers());
        return any;
    }

    /** The device goes on; says whether its data arrived. */
    boolean finish(DmaTransfer transfer) {
        while (scene.device().step()) {
            timeline.addAll(Place.QUEUE, scene.takeRecords());
        }
        boolean done = transfer.state() == DmaTransfer.State.DONE;
        long word = scene.memory().load64(PAGE + OFFSET);
        timeline.add(
                Place.DEVICE,
                done
                        ? String.format(Locale.ROOT, "tries again; memory at 0x%x is %016x", PAGE + OFFSET, word)
                        : "its access ends: " + transfer.state() + " " + transfer.reason());
        return done && word == WORD;
    }

    /** The whole way round. */
    boolean run() {
        DmaTransfer transfer = ask(IOVA);
        handle();
        boolean arrived = finish(transfer);
        explain(IOVA);
        return arrived;
    }
}
