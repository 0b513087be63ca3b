package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.dma.AddressType;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.MemoryAttributes;
import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.dma.PageRequestUnit;
import io.github.iommu4j.api.dma.Shareability;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.memory.MmioRegion;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A unit whose answers a test writes down: pages by address, and what comes before them. */
final class ScriptedUnit implements PageRequestUnit {

    static final MemoryAttributes MEMORY = new MemoryAttributes(0xFF, Shareability.INNER);

    /** Requests that are not for translated addresses, in order. */
    final List<DmaRequest> seen = new ArrayList<>();

    final List<PageRequestMessage> pageRequests = new ArrayList<>();
    /** Answers that come before those of the map. */
    final Deque<Translation> next = new ArrayDeque<>();
    /** Runs in the middle of every request that is not translated. */
    Runnable during = () -> {};

    private final Map<Long, Translation.Ok> pages = new HashMap<>();

    ScriptedUnit map(long page, long pa, int permissions) {
        pages.put(page, new Translation.Ok(pa, 12, permissions, MEMORY));
        return this;
    }

    @Override
    public long translate(int streamId, int substreamId, long iova, int accessBits) {
        throw new UnsupportedOperationException("devices ask for values");
    }

    @Override
    public Translation translate(DmaRequest request) {
        if (request.addressType() == AddressType.TRANSLATED) {
            return new Translation.Ok(request.iova(), 63, 7, MEMORY);
        }
        seen.add(request);
        during.run();
        if (!next.isEmpty()) {
            return next.remove();
        }
        Translation.Ok page = pages.get(request.iova() >>> 12);
        if (page == null || request.addressType() == AddressType.UNTRANSLATED && !allows(page, request)) {
            return request.addressType() == AddressType.UNTRANSLATED
                    ? new Translation.Fault(1, "NO", FaultResponse.ABORT, true)
                    : new Translation.Ok(0, 12, 0, MEMORY);
        }
        return new Translation.Ok(page.pa() | request.iova() & 0xFFF, 12, page.permissions(), MEMORY);
    }

    private static boolean allows(Translation.Ok page, DmaRequest request) {
        return (page.permissions() & request.access().bits() & 3)
                == (request.access().bits() & 3);
    }

    @Override
    public void pageRequest(PageRequestMessage message) {
        pageRequests.add(message);
    }

    @Override
    public Explanation explain(DmaRequest request) {
        return new Explanation(request, List.of(), translate(request), List.of(), "scripted");
    }

    @Override
    public MmioRegion registers() {
        throw new UnsupportedOperationException("no registers");
    }

    @Override
    public boolean step() {
        return false;
    }
}
