package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.IopfHandler;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Page requests of some devices on their way to a handler (Linux {@code struct iopf_queue}). Requests are put aside until the
 * last of their group comes; the group is then handled later, by {@link #step}.
 *
 * <p>Up to 6.8 a device's requests come here by the handler {@link DeviceFaults#queueing}; later a device has to be in a queue
 * to have page requests at all, and a domain may use {@link #handler}.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread; {@link #step} also from several at once. Lock order:
 * {@code &queue->lock}, {@code &param->lock}, {@code &fault_param->lock}.
 */
public final class IopfQueue {

    private static final LockClass LOCK_CLASS = new LockClass("&queue->lock");

    private final String name;
    private final FaultEra era;
    private final PageRequestHandler pages;
    private final Mutex lock;
    private final WorkQueue work;

    // Guarded by the lock.
    private final List<Device> devices = new ArrayList<>();

    IopfQueue(String name, FaultRoom room, FaultEra era, PageRequestHandler pages) {
        this.name = name;
        this.era = era;
        this.pages = pages;
        this.lock = room.host().locking().mutex(LOCK_CLASS);
        this.work = new WorkQueue(room.host().locking());
    }

    /**
     * Lets a device in (Linux {@code iopf_queue_add_device}).
     *
     * @param device a device with an IOMMU, in no queue
     * @throws io.github.iommu4j.api.IommuException {@code ENODEV} when it has no IOMMU or, from 6.9, its driver takes no answers; {@code EBUSY} when it
     *     is in a queue; {@code ENOMEM}
     */
    public void add(Device device) {
        lock.lock();
        try {
            era.addToLocked(this, device);
            devices.add(device);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets a device go (Linux {@code iopf_queue_remove_device}). Requests that wait for the last of their group are dropped; up to
     * 6.8 that is all, from 6.9 every group that is not answered is answered {@code INVALID}. The device must ask for nothing
     * more, and the queue be flushed.
     *
     * @param device a device of this queue
     * @throws io.github.iommu4j.api.IommuException {@code EINVAL} up to 6.8 when it is in no queue or another; later that is a warning
     */
    public void remove(Device device) {
        lock.lock();
        try {
            era.removeFromLocked(this, device);
            devices.remove(device);
        } finally {
            lock.unlock();
        }
    }

    /** Drops every request that waits for the last of its group: the hardware's queue has lost some (Linux {@code iopf_queue_discard_partial}). */
    public void discardPartial() {
        lock.lock();
        try {
            devices.forEach(device -> era.dropPartialsLocked(this, device));
        } finally {
            lock.unlock();
        }
    }

    /**
     * Handles the oldest group that waits.
     *
     * @return whether there was one
     */
    public boolean step() {
        return work.step();
    }

    /**
     * How many groups wait to be handled.
     *
     * @return 0 or more
     */
    public int waiting() {
        return work.size();
    }

    /** Lets every device go (Linux {@code iopf_queue_free}) and does what work there is. */
    public void free() {
        devices().forEach(this::release);
        work.flush();
    }

    /**
     * The devices of the queue.
     *
     * @return a snapshot
     */
    public List<Device> devices() {
        lock.lock();
        try {
            return List.copyOf(devices);
        } finally {
            lock.unlock();
        }
    }

    /**
     * A handler for domains that has this queue's work handle their groups (6.9 and later).
     *
     * @return a handler for {@code IommuCore.setIopfHandler}
     */
    public IopfHandler handler() {
        return group -> {
            queue(group.device(), group.requests(), group::respond);
            return null;
        };
    }

    /** Handles a group later; its first failure is the answer. */
    void queue(Device device, List<PageRequest> requests, Consumer<Code> answer) {
        work.add(() -> answer.accept(outcome(device, requests)));
    }

    private Code outcome(Device device, List<PageRequest> requests) {
        for (PageRequest request : requests) {
            Code code = pages.handle(device, request);
            if (code != Code.SUCCESS) {
                return code;
            }
        }
        return Code.SUCCESS;
    }

    void flush() {
        work.flush();
    }

    /** Lets a device go if it is here. */
    void release(Device device) {
        lock.lock();
        try {
            if (devices.remove(device)) {
                era.removeFromLocked(this, device);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        return "iopf queue " + name;
    }
}
