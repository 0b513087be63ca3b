package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.lock.RefCount;
import io.github.iommu4j.core.fault.FaultMemory.Purpose;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A device that is in a queue, with its requests (Linux {@code iommu_fault_param}, 6.9 and later). The queue holds one
 * reference, and so do every report that runs and every group that is not answered.
 */
final class FaultParam {

    private static final LockClass LOCK_CLASS = new LockClass("&fault_param->lock");

    private final FaultRoom room;
    private final Device device;
    private final IommuDriver driver;
    private final IopfQueue queue;
    private final Mutex lock;
    private final RefCount users;

    // Guarded by the lock.
    private final List<PageRequest> partial = new ArrayList<>();
    private final List<PendingGroup> groups = new ArrayList<>();
    private boolean left;

    FaultParam(FaultRoom room, Device device, IommuDriver driver, IopfQueue queue) {
        this.room = room;
        this.device = device;
        this.driver = driver;
        this.queue = queue;
        this.lock = room.host().locking().mutex(LOCK_CLASS);
        this.users = room.host().locking().refCount("fault parameters of " + device.name());
    }

    Device device() {
        return device;
    }

    IopfQueue queue() {
        return queue;
    }

    RefCount users() {
        return users;
    }

    /** Drops a reference; the last one takes what a late report has left. */
    void put() {
        if (users.put()) {
            dropPartials();
            room.give(device, Purpose.PARAMETER);
        }
    }

    private <T extends @Nullable Object> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    Errno addPartial(PageRequest request) {
        return this.<@Nullable Errno>locked(
                () -> left ? Errno.EINVAL : PartialRequests.add(room, device, partial, request));
    }

    void dropPartials() {
        locked(() -> {
            PartialRequests.dropAll(room, device, partial);
            return true;
        });
    }

    List<PageRequest> pending() {
        return locked(() -> groups.stream().map(PendingGroup::last).toList());
    }

    List<PageRequest> partial() {
        return locked(() -> List.copyOf(partial));
    }

    /**
     * Makes a group of a last request and those before it. Without memory it has the last one only, to be answered; {@code null}
     * when the device has left its queue while the request was on its way.
     */
    @Nullable
    PendingGroup newGroup(IommuDomain domain, PageRequest last) {
        return this.<@Nullable PendingGroup>locked(() -> {
            if (left) {
                return null;
            }
            List<PageRequest> requests = PartialRequests.takeGroup(partial, last.groupId());
            boolean whole = room.take(device, Purpose.GROUP);
            if (!whole) {
                room.giveAll(device, requests, Purpose.PARTIAL);
                requests.clear();
            }
            requests.add(last);
            PendingGroup group = new PendingGroup(this, domain, requests, whole);
            groups.add(group);
            return group;
        });
    }

    /** Answers a group if it still waits, and lets it go; says whether it had been let go before. */
    void respond(PendingGroup group, Code code) {
        boolean again = locked(() -> {
            if (groups.remove(group)) {
                room.answer(device, driver, group.last(), code);
            }
            return group.letGo();
        });
        if (again) {
            room.host().log().warnOn(true, device + ": a group of page requests is answered twice");
            return;
        }
        if (group.isWhole()) {
            room.give(device, Purpose.GROUP);
            for (int i = 1; i < group.requests().size(); i++) {
                room.give(device, Purpose.PARTIAL);
            }
        }
        put();
    }

    boolean isPending(PendingGroup group) {
        return locked(() -> groups.contains(group));
    }

    /** The device leaves: what waits is answered, and groups that are being handled will not be. */
    void answerAll() {
        locked(() -> {
            PartialRequests.dropAll(room, device, partial);
            groups.forEach(group -> room.answer(device, driver, group.last(), Code.INVALID));
            groups.clear();
            left = true;
            return true;
        });
    }
}
