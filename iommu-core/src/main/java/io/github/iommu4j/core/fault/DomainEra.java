package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.api.fault.DeviceFaultHandler;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.PageResponse;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.core.fault.FaultMemory.Purpose;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Linux 6.9 and later: page requests go to the handler of the attached domain, and the core answers those nobody takes. */
final class DomainEra implements FaultEra {

    private static final LockClass PARAM_CLASS = new LockClass("&param->lock");
    private static final String GONE = " (up to 6.8)";

    private final FaultRoom room;
    private final Map<Device, State> states = new ConcurrentHashMap<>();

    DomainEra(FaultRoom room) {
        this.room = room;
    }

    /** What is known of a device with an IOMMU (Linux {@code dev_iommu}). */
    private static final class State {
        final IommuDriver driver;
        final Mutex lock;
        // Changes under the lock; a report reads it without and takes a reference.
        volatile @Nullable FaultParam param;
        // Guarded by the lock.
        boolean gone;

        State(IommuDriver driver, Mutex lock) {
            this.driver = driver;
            this.lock = lock;
        }

        /** The parameters with a reference, or {@code null} when there are none or they are about to go. */
        @Nullable
        FaultParam get() {
            FaultParam found = param;
            return found != null && found.users().getUnlessZero() ? found : null;
        }
    }

    @Override
    public void added(Device device, IommuDriver driver) {
        states.put(device, new State(driver, room.host().locking().mutex(PARAM_CLASS)));
    }

    @Override
    public void released(Device device) {
        State state = states.get(device);
        if (state == null) {
            return;
        }
        state.lock.lock();
        state.gone = true;
        FaultParam param = state.param;
        state.lock.unlock();
        if (param != null) {
            param.queue().release(device);
        }
        states.remove(device);
    }

    @Override
    public void register(Device device, DeviceFaultHandler handler) {
        throw FaultRoom.noSuchCall("iommu_register_device_fault_handler", GONE);
    }

    @Override
    public void unregister(Device device) {
        throw FaultRoom.noSuchCall("iommu_unregister_device_fault_handler", GONE);
    }

    @Override
    public void respond(Device device, ResponseRecord response) {
        throw FaultRoom.noSuchCall("iommu_page_response", GONE);
    }

    @Override
    public @Nullable Errno queue(Device device, FaultEvent event) {
        throw FaultRoom.noSuchCall("iommu_queue_iopf", GONE);
    }

    @Override
    public @Nullable Errno report(Device device, FaultEvent event) {
        State state = states.get(device);
        if (!(event instanceof PageRequest request)) {
            return Errno.EOPNOTSUPP;
        }
        if (state == null) {
            return Errno.EINVAL;
        }
        FaultHost.Target target = room.host().target(device, request.pasid());
        if (target == null) {
            return refuse(state, device, request);
        }
        FaultParam param = state.get();
        if (param == null) {
            Errno refusal = refuse(state, device, request);
            room.host().log().warnOn(true, device + " asks for a page and is in no iopf queue");
            return refusal;
        }
        if (!request.isLast()) {
            Errno refusal = param.addPartial(request);
            if (!room.host().has(FaultErratum.PARTIAL_REQUEST_FALLS_THROUGH)) {
                param.put();
                return refusal;
            }
        }
        PendingGroup group = param.newGroup(target.domain(), request);
        if (group == null) {
            param.put();
            return refuse(state, device, request);
        }
        handle(group, target);
        return null;
    }

    /** Answers a request that is nobody's. One that is neither the last nor has private data wants no answer. */
    private Errno refuse(State state, Device device, PageRequest request) {
        boolean silent = room.host().has(FaultErratum.UNPREPARED_DEVICE_GETS_NO_ANSWER) && state.param == null;
        boolean wantsAnswer =
                request.isLast() || !request.traits().privateData().isEmpty();
        if (wantsAnswer && !silent) {
            room.answer(device, state.driver, request, PageResponse.Code.INVALID);
        }
        return Errno.EINVAL;
    }

    /** Hands a whole group to the domain's handler, without locks; answers it when the handler does not take it. */
    private void handle(PendingGroup group, FaultHost.Target target) {
        Errno refusal = group.isWhole() ? target.handler().onGroup(group) : Errno.ENOMEM;
        if (refusal != null) {
            int pasid = group.last().pasid();
            room.printLimited(group.device() + ": iopf with pasid " + pasid + " aborted: " + refusal);
            group.respond(PageResponse.Code.FAILURE);
        }
    }

    @Override
    public List<PageRequest> pending(Device device) {
        State state = states.get(device);
        FaultParam param = state == null ? null : state.param;
        return param == null ? List.of() : param.pending();
    }

    @Override
    public List<PageRequest> partial(Device device) {
        State state = states.get(device);
        FaultParam param = state == null ? null : state.param;
        return param == null ? List.of() : param.partial();
    }

    @Override
    public boolean expire() {
        return false;
    }

    @Override
    public void addToLocked(IopfQueue queue, Device device) {
        State state = states.get(device);
        if (state == null || !state.driver.answersPageRequests()) {
            throw new IommuException(Errno.ENODEV, "nobody takes answers to page requests of " + device);
        }
        state.lock.lock();
        try {
            if (state.gone) {
                throw new IommuException(Errno.ENODEV, device + " loses its IOMMU");
            }
            if (state.param != null) {
                throw new IommuException(Errno.EBUSY, device + " is in an iopf queue");
            }
            if (!room.take(device, Purpose.PARAMETER)) {
                throw new IommuException(Errno.ENOMEM, "no memory to queue page requests of " + device);
            }
            state.param = new FaultParam(room, device, state.driver, queue);
        } finally {
            state.lock.unlock();
        }
    }

    @Override
    public void removeFromLocked(IopfQueue queue, Device device) {
        State state = states.get(device);
        if (state == null) {
            room.host().log().warnOn(true, device + " has no IOMMU and is taken out of " + queue);
            return;
        }
        state.lock.lock();
        try {
            FaultParam param = state.param;
            if (param == null || param.queue() != queue) {
                room.host().log().warnOn(true, device + " is not in " + queue);
                return;
            }
            param.answerAll();
            state.param = null;
            param.put();
        } finally {
            state.lock.unlock();
        }
    }

    @Override
    public void dropPartialsLocked(IopfQueue queue, Device device) {
        State state = states.get(device);
        FaultParam param = state == null ? null : state.param;
        if (param != null) {
            param.dropPartials();
        }
    }

    @Override
    public void flush(Device device) {
        State state = states.get(device);
        FaultParam param = state == null ? null : state.get();
        if (param == null) {
            room.host().log().warnOn(true, device + " is in no iopf queue and is flushed");
            throw new IommuException(Errno.ENODEV, device + " is in no iopf queue");
        }
        try {
            param.queue().flush();
        } finally {
            param.put();
        }
    }
}
