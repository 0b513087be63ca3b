package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.InvalidateRequest;
import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.smmuv3.layout.Command;
import java.util.ArrayList;
import java.util.List;

/**
 * CMD_ATC_INV and CMD_PRI_RESP: what goes to endpoints over PCIe (IHI 0070 §4.5), and the invalidations that they have not
 * completed yet, for which CMD_SYNC waits (§4.7.3).
 *
 * <p>Its own monitor guards what is outstanding; endpoints are called without any.
 */
final class EndpointCommands {

    private static final int PAGE_LG2 = 12;
    private static final int INVALID_REQUEST = 1;
    private static final int SUCCESS = 2;

    private final Endpoints endpoints;
    private final List<InvalidateRequest> outstanding = new ArrayList<>();
    private boolean timedOut;
    private long generation;

    EndpointCommands(Endpoints endpoints) {
        this.endpoints = endpoints;
    }

    /** Executes a legal CMD_ATC_INV. SSV=0: translations without PASID, whatever Global says. */
    void invalidate(Command command) {
        int pasid = TranslationUnit.NO_SUBSTREAM;
        if (command.ssv()) {
            boolean every = Command.GLOBAL.isSet(command.dw0());
            pasid = every ? InvalidateRequest.EVERY_SUBSTREAM : command.substreamId();
        }
        ask(new InvalidateRequest(command.streamId(), pasid, command.address(), PAGE_LG2 + command.size()));
    }

    /** Executes a legal CMD_PRI_RESP. */
    void respond(Command command) {
        PrgResponse.Code code = switch (command.resp()) {
            case SUCCESS -> PrgResponse.Code.SUCCESS;
            case INVALID_REQUEST -> PrgResponse.Code.INVALID;
            default -> PrgResponse.Code.FAILURE;
        };
        endpoints.respond(new PrgResponse(
                command.streamId(),
                command.ssv() ? command.substreamId() : TranslationUnit.NO_SUBSTREAM,
                Command.PRG_INDEX.getInt(command.dw1()),
                code));
    }

    /** An invalidation is outstanding before the endpoint hears of it, so that it may say at once that it is done. */
    private void ask(InvalidateRequest request) {
        long asked;
        synchronized (this) {
            outstanding.add(request);
            asked = generation;
        }
        Endpoints.Reply reply = endpoints.invalidate(request);
        synchronized (this) {
            if (asked == generation) {
                settle(request, reply);
            }
        }
    }

    /** What an endpoint says later. What was not asked for, or is answered already, is ignored. */
    synchronized void complete(InvalidateRequest request, Endpoints.Reply reply) {
        settle(request, reply);
    }

    private void settle(InvalidateRequest request, Endpoints.Reply reply) {
        boolean ended = reply == Endpoints.Reply.COMPLETED || reply == Endpoints.Reply.TIMED_OUT;
        if (ended && outstanding.remove(request) && reply == Endpoints.Reply.TIMED_OUT) {
            timedOut = true;
        }
    }

    /** Whether a CMD_SYNC has to wait. */
    synchronized boolean isOutstanding() {
        return !outstanding.isEmpty();
    }

    /** Whether an invalidation got no answer in time; the CMD_SYNC that is told so finds nothing when it is executed again. */
    synchronized boolean takeTimeOut() {
        boolean taken = timedOut;
        timedOut = false;
        return taken;
    }

    /** After a reset nobody waits for what was asked before. */
    synchronized void reset() {
        generation++;
        outstanding.clear();
        timedOut = false;
    }
}
