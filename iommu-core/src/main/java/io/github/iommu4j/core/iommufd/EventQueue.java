package io.github.iommu4j.core.iommufd;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.SpinLock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Events of a virtual IOMMU (Linux 6.15 and later, {@code struct iommufd_veventq}). Each record is a header of {@link
 * #HEADER_BYTES}, flags and sequence, and the event. When the queue is full one header without an event stands at its end and
 * says that events were lost; it takes the sequence of the latest.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread.
 */
public final class EventQueue {

    /** Bytes of a header. */
    public static final int HEADER_BYTES = 8;
    /** Flag of a header: events were lost, and none follows. */
    public static final int LOST_EVENTS = 1;

    private static final LockClass LOCK_CLASS = new LockClass("&veventq->common.lock");

    private static final class Event {
        final int flags;
        final int sequence;
        final byte[] data;

        Event(int flags, int sequence, byte[] data) {
            this.flags = flags;
            this.sequence = sequence;
            this.data = data;
        }
    }

    private final SpinLock lock;
    private final int depth;

    // Guarded by the lock.
    private final Deque<Event> events = new ArrayDeque<>();
    private int kept;
    private int sequence;

    EventQueue(Locking locking, int depth) {
        this.lock = locking.spinLock(LOCK_CLASS);
        this.depth = depth;
    }

    void add(byte[] data) {
        lock.lock();
        try {
            Event newest = events.peekLast();
            if (newest != null && newest.flags == LOST_EVENTS) {
                events.removeLast();
            }
            if (kept == depth) {
                events.add(new Event(LOST_EVENTS, sequence, new byte[0]));
            } else {
                events.add(new Event(0, sequence, data.clone()));
                kept++;
            }
            sequence = sequence + 1 & Integer.MAX_VALUE;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Reads whole records.
     *
     * @param position the file position: 0
     * @param to where to
     * @return bytes that were read; 0 when nothing waits or the first record does not fit
     * @throws IommuException {@code ESPIPE} for another position; {@code EFAULT} when the first record could not be copied; it
     *     waits again then
     */
    public int read(long position, UserBuffer to) {
        if (position != 0) {
            throw new IommuException(Errno.ESPIPE, "position " + position);
        }
        int done = 0;
        for (Event event = take(to.length()); event != null; event = take(to.length() - done)) {
            ByteBuffer record =
                    ByteBuffer.allocate(HEADER_BYTES + event.data.length).order(ByteOrder.LITTLE_ENDIAN);
            record.putInt(event.flags).putInt(event.sequence).put(event.data);
            try {
                to.write(done, record.array());
            } catch (IommuException fault) {
                putBack(event);
                if (done == 0) {
                    throw fault;
                }
                return done;
            }
            delivered(event);
            done += record.capacity();
        }
        return done;
    }

    private @Nullable Event take(int room) {
        lock.lock();
        try {
            Event oldest = events.peek();
            if (oldest == null || HEADER_BYTES + oldest.data.length > room) {
                return null;
            }
            events.remove();
            return oldest;
        } finally {
            lock.unlock();
        }
    }

    /** An event takes its place until it is with the reader. */
    private void delivered(Event event) {
        lock.lock();
        try {
            kept -= event.flags == LOST_EVENTS ? 0 : 1;
        } finally {
            lock.unlock();
        }
    }

    /** A header for lost events is not put before what came meanwhile, whose sequence tells the same. */
    private void putBack(Event event) {
        lock.lock();
        try {
            if (event.flags != LOST_EVENTS || events.isEmpty()) {
                events.addFirst(event);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Whether there is something to read.
     *
     * @return whether a record waits
     */
    public boolean isReadable() {
        lock.lock();
        try {
            return !events.isEmpty();
        } finally {
            lock.unlock();
        }
    }
}
