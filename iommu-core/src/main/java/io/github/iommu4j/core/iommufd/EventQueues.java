package io.github.iommu4j.core.iommufd;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The event queues of one virtual IOMMU, at most one of each type (Linux 6.15 and later, IOMMU_VEVENTQ_ALLOC).
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread.
 */
public final class EventQueues {

    /** The type that no queue may have. */
    public static final int DEFAULT_TYPE = 0;

    private static final LockClass LOCK_CLASS = new LockClass("&viommu->veventqs_rwsem");

    private final Locking locking;
    private final Mutex lock;

    // Guarded by the lock.
    private final Map<Integer, EventQueue> byType = new HashMap<>();

    /**
     * A virtual IOMMU without event queues.
     *
     * @param locking where locks come from
     */
    public EventQueues(Locking locking) {
        this.locking = locking;
        this.lock = locking.mutex(LOCK_CLASS);
    }

    /**
     * Makes a queue.
     *
     * @param type what kind of events, not {@link #DEFAULT_TYPE}
     * @param depth how many events are kept, unsigned
     * @param flags 0
     * @return the queue
     * @throws IommuException in this order: {@code EOPNOTSUPP} for flags or the default type; {@code EINVAL} for depth 0; {@code
     *     EEXIST} when there is one of the type
     */
    public EventQueue allocate(int type, int depth, int flags) {
        if (flags != 0 || type == DEFAULT_TYPE) {
            throw new IommuException(Errno.EOPNOTSUPP, "an event queue of type " + type + " with flags " + flags);
        }
        if (depth == 0) {
            throw new IommuException(Errno.EINVAL, "an event queue of depth 0");
        }
        lock.lock();
        try {
            if (byType.containsKey(type)) {
                throw new IommuException(Errno.EEXIST, "there is an event queue of type " + type);
            }
            EventQueue queue = new EventQueue(locking, depth);
            byType.put(type, queue);
            return queue;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Reports an event to the queue of its type.
     *
     * @param type what kind of event
     * @param data the event
     * @return {@code null} when it was kept or counted as lost; {@code EOPNOTSUPP} without a queue of the type
     */
    public @Nullable Errno report(int type, byte[] data) {
        lock.lock();
        try {
            EventQueue queue = byType.get(type);
            if (queue == null) {
                return Errno.EOPNOTSUPP;
            }
            queue.add(data);
            return null;
        } finally {
            lock.unlock();
        }
    }
}
