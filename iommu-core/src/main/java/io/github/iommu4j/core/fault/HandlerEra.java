package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
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
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Linux 5.3 to 6.8: each device has a handler, and whoever reports a fault answers it when the handler does not take it. */
final class HandlerEra implements FaultEra {

    private static final LockClass PARAM_CLASS = new LockClass("&param->lock");

    private final FaultRoom room;
    private final Map<Device, State> states = new ConcurrentHashMap<>();

    HandlerEra(FaultRoom room) {
        this.room = room;
    }

    /** What is known of a device with an IOMMU (Linux {@code dev_iommu}). */
    private static final class State {
        final IommuDriver driver;
        final Mutex lock;
        // Changes under the lock; an answer reads it without, as the kernel does.
        volatile @Nullable HandlerRegistration registration;
        // Guarded by the lock.
        @Nullable
        IopfQueue queue;

        final List<PageRequest> partial = new ArrayList<>();
        boolean gone;

        State(IommuDriver driver, Mutex lock) {
            this.driver = driver;
            this.lock = lock;
        }

        <T extends @Nullable Object> T locked(Supplier<T> action) {
            lock.lock();
            try {
                return action.get();
            } finally {
                lock.unlock();
            }
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
        IopfQueue queue = state.<@Nullable IopfQueue>locked(() -> {
            state.gone = true;
            return state.queue;
        });
        if (queue != null) {
            queue.release(device);
        }
        states.remove(device);
        state.locked(() -> {
            HandlerRegistration registration = state.registration;
            if (registration != null) {
                registration.answerAll();
                forget(state, device);
            }
            return true;
        });
    }

    private State require(Device device, Errno errno) {
        State state = states.get(device);
        if (state == null) {
            throw new IommuException(errno, device + " has no IOMMU");
        }
        return state;
    }

    private static void requireThere(State state, Device device, Errno errno) {
        state.lock.assertHeld();
        if (state.gone) {
            throw new IommuException(errno, device + " loses its IOMMU");
        }
    }

    @Override
    public void register(Device device, DeviceFaultHandler handler) {
        State state = require(device, Errno.EINVAL);
        state.locked(() -> {
            requireThere(state, device, Errno.EINVAL);
            if (state.registration != null) {
                throw new IommuException(Errno.EBUSY, device + " has a fault handler");
            }
            if (!room.take(device, Purpose.PARAMETER)) {
                throw new IommuException(Errno.ENOMEM, "no memory for the fault handler of " + device);
            }
            state.registration = new HandlerRegistration(room, device, state.driver, handler);
            return true;
        });
    }

    @Override
    public void unregister(Device device) {
        State state = require(device, Errno.EINVAL);
        Completion quiet = unregisterOnce(device, state);
        while (quiet != null) {
            quiet.await();
            quiet = unregisterOnce(device, state);
        }
    }

    /** Lets the handler go, or says what to wait for before the next try. */
    private @Nullable Completion unregisterOnce(Device device, State state) {
        return state.<@Nullable Completion>locked(() -> {
            HandlerRegistration registration = state.registration;
            if (registration == null) {
                return null;
            }
            if (room.host().has(FaultErratum.UNREGISTER_FORGETS_PENDING)) {
                registration.forgetAll();
            }
            Completion quiet = registration.settle(room.options().unregistering());
            if (quiet == null) {
                forget(state, device);
            }
            return quiet;
        });
    }

    private void forget(State state, Device device) {
        state.lock.assertHeld();
        state.registration = null;
        room.give(device, Purpose.PARAMETER);
    }

    @Override
    public @Nullable Errno report(Device device, FaultEvent event) {
        State state = states.get(device);
        if (state == null) {
            return Errno.EINVAL;
        }
        return state.<@Nullable Errno>locked(() -> {
            HandlerRegistration registration = state.registration;
            return registration == null ? Errno.EINVAL : registration.deliver(event);
        });
    }

    @Override
    public void respond(Device device, ResponseRecord response) {
        State state = states.get(device);
        if (state == null || !state.driver.answersPageRequests()) {
            throw new IommuException(Errno.ENODEV, "nobody takes answers to page requests of " + device);
        }
        HandlerRegistration registration = state.registration;
        if (registration == null) {
            throw new IommuException(Errno.EINVAL, device + " has no fault handler");
        }
        PageResponse decoded = response.decode();
        registration.respond(decoded);
    }

    @Override
    public @Nullable Errno queue(Device device, FaultEvent event) {
        State state = states.get(device);
        if (state == null) {
            return Errno.ENODEV;
        }
        state.lock.assertHeld();
        if (!(event instanceof PageRequest request)) {
            return Errno.EOPNOTSUPP;
        }
        IopfQueue queue = state.queue;
        if (queue == null) {
            return Errno.ENODEV;
        }
        if (!request.isLast()) {
            return PartialRequests.add(room, device, state.partial, request);
        }
        List<PageRequest> group = PartialRequests.takeGroup(state.partial, request.groupId());
        if (!room.take(device, Purpose.GROUP)) {
            room.giveAll(device, group, Purpose.PARTIAL);
            return Errno.ENOMEM;
        }
        int partials = group.size();
        group.add(request);
        queue.queue(device, List.copyOf(group), code -> answer(device, request, partials, code));
        return null;
    }

    private void answer(Device device, PageRequest last, int partials, PageResponse.Code code) {
        try {
            respond(device, ResponseRecord.of(FaultRoom.responseTo(last, code)));
        } catch (IommuException late) {
            room.printLimited(device + ": an answer came too late: " + late.getMessage());
        } finally {
            room.give(device, Purpose.GROUP);
            for (int i = 0; i < partials; i++) {
                room.give(device, Purpose.PARTIAL);
            }
        }
    }

    @Override
    public List<PageRequest> pending(Device device) {
        State state = states.get(device);
        HandlerRegistration registration = state == null ? null : state.registration;
        return registration == null ? List.of() : registration.pending();
    }

    @Override
    public List<PageRequest> partial(Device device) {
        State state = states.get(device);
        return state == null ? List.of() : state.locked(() -> List.copyOf(state.partial));
    }

    @Override
    public boolean expire() {
        boolean any = false;
        for (State state : states.values()) {
            HandlerRegistration registration = state.registration;
            any |= registration != null && registration.expire();
        }
        return any;
    }

    @Override
    public void addToLocked(IopfQueue queue, Device device) {
        State state = require(device, Errno.ENODEV);
        state.locked(() -> {
            requireThere(state, device, Errno.ENODEV);
            if (state.queue != null) {
                throw new IommuException(Errno.EBUSY, device + " is in " + state.queue);
            }
            if (!room.take(device, Purpose.PARAMETER)) {
                throw new IommuException(Errno.ENOMEM, "no memory to queue page requests of " + device);
            }
            state.queue = queue;
            return true;
        });
    }

    @Override
    public void removeFromLocked(IopfQueue queue, Device device) {
        State state = states.get(device);
        if (state == null) {
            throw new IommuException(Errno.EINVAL, device + " has no IOMMU");
        }
        state.locked(() -> {
            if (state.queue != queue) {
                throw new IommuException(Errno.EINVAL, device + " is not in " + queue);
            }
            PartialRequests.dropAll(room, device, state.partial);
            state.queue = null;
            room.give(device, Purpose.PARAMETER);
            return true;
        });
    }

    @Override
    public void dropPartialsLocked(IopfQueue queue, Device device) {
        State state = states.get(device);
        if (state != null) {
            state.locked(() -> {
                PartialRequests.dropAll(room, device, state.partial);
                return true;
            });
        }
    }

    @Override
    public void flush(Device device) {
        State state = require(device, Errno.ENODEV);
        state.locked(() -> {
            IopfQueue queue = state.queue;
            if (queue == null) {
                throw new IommuException(Errno.ENODEV, device + " is in no queue");
            }
            queue.flush();
            return true;
        });
    }
}
