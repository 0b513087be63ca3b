package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.vtd.layout.PageRequestDescriptor;
import io.github.iommu4j.vtd.layout.RegisterFields.Global;
import io.github.iommu4j.vtd.layout.RegisterFields.Pqa;
import io.github.iommu4j.vtd.layout.RegisterFields.Prs;
import io.github.iommu4j.vtd.layout.RegisterFields.QueuePointer;
import io.github.iommu4j.vtd.layout.VtdRegister;

/**
 * The page request queue (Intel VT-d §7.4): requests that the unit produces and software consumes.
 *
 * <p>Requests queue up at this object's monitor, which is held until the request stands in memory; it is taken before the
 * register lock. Software moves PQH_REG at any time and waits for nobody.
 */
final class PageRequestQueue {

    private static final long NO_SLOT = -1;

    private final RegisterState state;
    private final PhysicalMemory memory;
    private final EventInterrupts events;
    private final TranslationSide translation;
    private final Counts counts;
    private final Endpoints devices;
    private final boolean exists;

    /** Whom the queue shares the unit with. */
    record Surroundings(
            RegisterState state, PhysicalMemory memory, EventInterrupts events, Counts counts, Endpoints devices) {}

    PageRequestQueue(Surroundings surroundings, TranslationSide translation, VtdCapabilities capabilities) {
        this.state = surroundings.state();
        this.memory = surroundings.memory();
        this.events = surroundings.events();
        this.counts = surroundings.counts();
        this.devices = surroundings.devices();
        this.translation = translation;
        this.exists = capabilities.takesPageRequests();
    }

    PageRequestAnswer enqueue(PageRequestDescriptor request) {
        PageRequestAnswer answer = admit(request);
        if (answer.kind() == PageRequestAnswer.Kind.QUEUED) {
            counts.pageRequest();
        } else {
            counts.pageRequestLost();
        }
        events.deliver();
        respond(request, answer.kind());
        return answer;
    }

    /** What hardware answers itself: a group whose last request it did not queue. A stop marker needs no answer. */
    private void respond(PageRequestDescriptor request, PageRequestAnswer.Kind kind) {
        boolean lost = kind == PageRequestAnswer.Kind.RETRY || kind == PageRequestAnswer.Kind.REFUSED;
        if (lost && request.isLast() && !request.isStopMarker()) {
            PrgResponse.Code code =
                    kind == PageRequestAnswer.Kind.RETRY ? PrgResponse.Code.SUCCESS : PrgResponse.Code.FAILURE;
            devices.respond(new PrgResponse(request.rid(), request.pasid(), request.group(), code));
        }
    }

    private PageRequestAnswer admit(PageRequestDescriptor request) {
        if (!exists || !isTranslating()) {
            return new PageRequestAnswer(PageRequestAnswer.Kind.REFUSED, 0);
        }
        int fault = translation.admitPageRequest(request.rid(), request.pasid(), request.page());
        if (fault != 0) {
            return new PageRequestAnswer(PageRequestAnswer.Kind.REFUSED, fault);
        }
        if (write(request)) {
            return new PageRequestAnswer(PageRequestAnswer.Kind.QUEUED, 0);
        }
        return new PageRequestAnswer(
                request.isLast() && !request.isStopMarker()
                        ? PageRequestAnswer.Kind.RETRY
                        : PageRequestAnswer.Kind.DROPPED,
                0);
    }

    private boolean isTranslating() {
        synchronized (state) {
            return state.isSet(VtdRegister.GSTS, Global.TE);
        }
    }

    private synchronized boolean write(PageRequestDescriptor request) {
        long slot;
        long generation;
        synchronized (state) {
            slot = claim();
            generation = state.generation();
        }
        if (slot == NO_SLOT) {
            return false;
        }
        try {
            request.writeTo(memory, slot);
        } catch (BusErrorException unanswered) {
            return false;
        }
        synchronized (state) {
            if (generation == state.generation()) {
                advance();
            }
        }
        return true;
    }

    /** Where the next request goes. A full queue takes none, and says so once until software clears PRO. */
    private long claim() {
        if (state.isSet(VtdRegister.PRS, Prs.PRO)) {
            return NO_SLOT;
        }
        if (next() == offset(VtdRegister.PQH)) {
            raise(Prs.PRO.mask());
            return NO_SLOT;
        }
        return Pqa.PQA.inPlace(state.get(VtdRegister.PQA)) + offset(VtdRegister.PQT);
    }

    private void advance() {
        state.set(VtdRegister.PQT, next());
        if (!state.isSet(VtdRegister.PRS, Prs.PPR)) {
            raise(Prs.PPR.mask());
        }
    }

    private void raise(long status) {
        long before = state.get(VtdRegister.PRS);
        state.set(VtdRegister.PRS, before | status);
        if (before == 0) {
            events.raise(EventSource.PAGE_REQUEST);
        }
    }

    private long next() {
        return offset(VtdRegister.PQT) + PageRequestDescriptor.BYTES & bytes() - 1;
    }

    private long offset(VtdRegister pointer) {
        return QueuePointer.PAGE_REQUEST.inPlace(state.get(pointer)) & bytes() - 1;
    }

    private long bytes() {
        return 1L << Pqa.PQS.getInt(state.get(VtdRegister.PQA)) + 12;
    }
}
