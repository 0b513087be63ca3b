package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.api.fault.DeviceFaultHandler;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.PageResponse;
import io.github.iommu4j.api.lock.Completion;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.core.fault.FaultMemory.Purpose;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A registered handler with the requests it has not answered (Linux {@code iommu_fault_param}, 5.3 to 6.8). */
final class HandlerRegistration {

    private static final LockClass LOCK_CLASS = new LockClass("&fault_param->lock");

    /** A request that waits. Compared by identity: two requests may be equal. */
    private static final class Pending {
        final PageRequest request;
        final long since;

        Pending(PageRequest request, long since) {
            this.request = request;
            this.since = since;
        }
    }

    private final FaultRoom room;
    private final Device device;
    private final IommuDriver driver;
    private final DeviceFaultHandler handler;
    private final Mutex lock;

    // Guarded by the lock.
    private final List<Pending> pending = new ArrayList<>();
    private @Nullable Completion quiet;

    HandlerRegistration(FaultRoom room, Device device, IommuDriver driver, DeviceFaultHandler handler) {
        this.room = room;
        this.device = device;
        this.driver = driver;
        this.handler = handler;
        this.lock = room.host().locking().mutex(LOCK_CLASS);
    }

    private <T extends @Nullable Object> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    List<PageRequest> pending() {
        return locked(() -> pending.stream().map(each -> each.request).toList());
    }

    /** Hands a fault to the handler; a request to be answered is noted first, so that the answer may come at once. */
    @Nullable
    Errno deliver(FaultEvent event) {
        if (!(event instanceof PageRequest request) || !request.isLast()) {
            return handler.onFault(device, event);
        }
        if (!room.take(device, Purpose.PENDING)) {
            return Errno.ENOMEM;
        }
        Pending noted = new Pending(request, room.options().clock().getAsLong());
        locked(() -> pending.add(noted));
        Errno refusal = handler.onFault(device, event);
        if (refusal == null || locked(() -> removeLocked(noted))) {
            return refusal;
        }
        room.host().log().warnOn(true, device + ": a fault handler answers a request and refuses it");
        return null;
    }

    /** Says whether it was there. */
    private boolean removeLocked(Pending each) {
        lock.assertHeld();
        if (!pending.remove(each)) {
            return false;
        }
        room.give(device, Purpose.PENDING);
        Completion waited = quiet;
        if (pending.isEmpty() && waited != null) {
            quiet = null;
            waited.complete();
        }
        return true;
    }

    void respond(PageResponse response) {
        locked(() -> {
            if (pending.isEmpty()) {
                room.printLimited(device + ": no pending page request, an answer is dropped");
                throw new IommuException(Errno.EINVAL, device + " waits for no answer");
            }
            Pending match = matchLocked(response);
            boolean carriesPasid = match.request.traits().responseNeedsPasid();
            PageResponse carried = carriesPasid || !response.hasPasid()
                    ? response
                    : new PageResponse(TranslationUnit.NO_SUBSTREAM, response.groupId(), response.code());
            try {
                driver.pageResponse(device, match.request, carried);
            } finally {
                removeLocked(match);
            }
            return true;
        });
    }

    private Pending matchLocked(PageResponse response) {
        for (Pending each : pending) {
            boolean samePasid = !each.request.traits().responseNeedsPasid()
                    || response.hasPasid() && response.pasid() == each.request.pasid();
            if (each.request.groupId() == response.groupId() && samePasid) {
                return each;
            }
        }
        throw new IommuException(Errno.EINVAL, device + " waits for no such answer: " + response);
    }

    void forgetAll() {
        locked(() -> {
            List.copyOf(pending).forEach(this::removeLocked);
            return true;
        });
    }

    /** Answers everything that waits. */
    void answerAll() {
        answerWhere(each -> true);
    }

    private boolean answerWhere(Predicate<Pending> which) {
        return locked(() -> {
            List<Pending> chosen = pending.stream().filter(which).toList();
            for (Pending each : chosen) {
                room.answer(device, driver, each.request, PageResponse.Code.INVALID);
                removeLocked(each);
            }
            return !chosen.isEmpty();
        });
    }

    /** Answers what has waited too long, where requests may. */
    boolean expire() {
        UnregisterPolicy policy = room.options().unregistering();
        if (policy.kind() != UnregisterPolicy.Kind.TIME_OUT) {
            return false;
        }
        long now = room.options().clock().getAsLong();
        return answerWhere(each -> now - each.since >= policy.nanos());
    }

    /** Makes nothing wait any more: {@code null} when that is so, else what to wait for. */
    @Nullable
    Completion settle(UnregisterPolicy policy) {
        if (policy.kind() == UnregisterPolicy.Kind.CLEAN) {
            answerAll();
        }
        return this.<@Nullable Completion>locked(() -> {
            if (pending.isEmpty()) {
                return null;
            }
            if (policy.kind() != UnregisterPolicy.Kind.BLOCK) {
                throw new IommuException(
                        Errno.EBUSY, device + " has " + pending.size() + " page requests that are not answered");
            }
            if (quiet == null) {
                quiet = room.host().locking().completion("answers to page requests of " + device);
            }
            return quiet;
        });
    }
}
