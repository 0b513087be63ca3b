package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The masters behind a unit, by StreamID and by device. Guarded by {@code &smmu->streams_mutex}. */
final class StreamMap {

    private static final LockClass LOCK = new LockClass("&smmu->streams_mutex");

    private final SmmuUnit unit;
    private final Mutex mutex;
    // Guarded by the mutex.
    private final Map<Integer, Master> bySid = new TreeMap<>();
    private final Map<Device, Master> byDevice = new ConcurrentHashMap<>();

    StreamMap(SmmuUnit unit) {
        this.unit = unit;
        this.mutex = unit.host().kernel().locking().mutex(LOCK);
    }

    /**
     * Takes a master's streams; what it names twice counts once.
     *
     * @throws IommuException {@code ERANGE} for a StreamID that the table does not reach; {@code EINVAL} when it is another
     *     device's; {@code ENOMEM}. Nothing is taken then
     */
    void insert(Master master) {
        mutex.lock();
        try {
            for (int sid : master.streamIds()) {
                unit.streamTable().prepare(sid);
                Master other = bySid.putIfAbsent(sid, master);
                if (other != null && other != master) {
                    unit.host()
                            .kernel()
                            .log()
                            .print(
                                    KernelLog.Level.WARNING,
                                    master.device().name() + ": stream " + Integer.toUnsignedString(sid)
                                            + " already in tree");
                    throw new IommuException(
                            Errno.EINVAL,
                            "stream " + Integer.toUnsignedString(sid) + " of "
                                    + master.device().name() + " is "
                                    + other.device().name() + "'s");
                }
            }
            byDevice.put(master.device(), master);
        } catch (IommuException refusal) {
            bySid.values().removeIf(each -> each == master);
            throw refusal;
        } finally {
            mutex.unlock();
        }
    }

    void remove(Master master) {
        mutex.lock();
        try {
            bySid.values().removeIf(each -> each == master);
            byDevice.remove(master.device());
        } finally {
            mutex.unlock();
        }
    }

    /** Whose stream it is, which stays so as long as the caller holds the mutex. */
    @Nullable
    Master findLocked(int sid) {
        mutex.assertHeld();
        return bySid.get(sid);
    }

    @Nullable
    Master find(Device device) {
        return byDevice.get(device);
    }

    int count() {
        return byDevice.size();
    }

    Mutex mutex() {
        return mutex;
    }
}
