package io.github.iommu4j.core.iommufd;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.IopfGroup;
import io.github.iommu4j.api.fault.IopfHandler;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A fault queue of iommufd: a file from which a process reads the page requests of domains that were made with it, and to which
 * it writes the answers (Linux 6.11 and later, {@code struct iommufd_fault}).
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread. Lock order: {@code &fault->mutex}, then {@code
 * &fault_param->lock}.
 */
public final class FaultQueue {

    /** Bytes of an answer: cookie and code, {@code struct iommu_hwpt_page_response}. */
    public static final int RESPONSE_BYTES = 8;
    /** {@link #poll}: there is something to read. */
    public static final int READABLE = 1;
    /** {@link #poll}: answers can be written, always. */
    public static final int WRITABLE = 4;

    private static final LockClass LOCK_CLASS = new LockClass("&fault->mutex");

    private final Mutex lock;
    private final ToIntFunction<Device> deviceIds;
    private final Runnable readable;

    // Guarded by the lock.
    private final Deque<IopfGroup> waiting = new ArrayDeque<>();
    private final Map<Integer, IopfGroup> read = new TreeMap<>();

    /**
     * Makes a queue (IOMMU_FAULT_QUEUE_ALLOC).
     *
     * @param flags 0
     * @param locking where its lock comes from
     * @param deviceIds devices' numbers in iommufd
     * @param readable called when there is something to read, without locks
     * @throws IommuException {@code EOPNOTSUPP} for flags
     */
    public FaultQueue(int flags, Locking locking, ToIntFunction<Device> deviceIds, Runnable readable) {
        if (flags != 0) {
            throw new IommuException(Errno.EOPNOTSUPP, "flags " + flags + " of a fault queue");
        }
        this.lock = locking.mutex(LOCK_CLASS);
        this.deviceIds = deviceIds;
        this.readable = readable;
    }

    /**
     * The handler for the domains whose requests come here.
     *
     * @return for {@code IommuCore.setIopfHandler}
     */
    public IopfHandler handler() {
        return this::take;
    }

    private @Nullable Errno take(IopfGroup group) {
        lock.lock();
        try {
            waiting.add(group);
        } finally {
            lock.unlock();
        }
        readable.run();
        return null;
    }

    /**
     * Reads page requests, whole groups only: a group comes when all its records fit, with one cookie that the answer names.
     *
     * @param position the file position: 0
     * @param to where to
     * @return bytes that were read; 0 when no group waits or the first does not fit
     * @throws IommuException {@code ESPIPE} for another position, or a length that is no multiple of {@link
     *     PageFaultRecord#BYTES}; {@code EFAULT} when nothing could be copied; the group waits again then
     */
    public int read(long position, UserBuffer to) {
        requireWhole(position, to.length(), PageFaultRecord.BYTES);
        lock.lock();
        try {
            int done = 0;
            while (!waiting.isEmpty()
                    && waiting.element().requests().size() * PageFaultRecord.BYTES <= to.length() - done) {
                try {
                    done = readGroupLocked(to, done);
                } catch (IommuException fault) {
                    if (done == 0) {
                        throw fault;
                    }
                    return done;
                }
            }
            return done;
        } finally {
            lock.unlock();
        }
    }

    /** Copies the first group after what was copied; where that fails it waits again. */
    private int readGroupLocked(UserBuffer to, int done) {
        lock.assertHeld();
        IopfGroup group = waiting.remove();
        int cookie = freeCookieLocked();
        int at = done;
        try {
            for (PageRequest request : group.requests()) {
                to.write(
                        at,
                        PageFaultRecord.of(request, deviceIds.applyAsInt(group.device()), cookie)
                                .toBytes());
                at += PageFaultRecord.BYTES;
            }
        } catch (IommuException fault) {
            waiting.addFirst(group);
            throw fault;
        }
        read.put(cookie, group);
        return at;
    }

    /** The lowest number from 1 that names no group. */
    private int freeCookieLocked() {
        lock.assertHeld();
        int cookie = 1;
        while (read.containsKey(cookie)) {
            cookie++;
        }
        return cookie;
    }

    /**
     * Writes answers.
     *
     * @param position the file position: 0
     * @param from answers of {@link #RESPONSE_BYTES} each
     * @return bytes of the answers that were taken; those before a wrong one are
     * @throws IommuException {@code ESPIPE} for another position, or a length that is no multiple of {@link #RESPONSE_BYTES};
     *     for the first answer {@code EFAULT}, {@code EINVAL} for a code other than success and invalid, or for a cookie that
     *     names nothing
     */
    public int write(long position, UserBuffer from) {
        requireWhole(position, from.length(), RESPONSE_BYTES);
        lock.lock();
        try {
            int done = 0;
            while (done < from.length()) {
                try {
                    answerLocked(from.read(done, RESPONSE_BYTES));
                } catch (IommuException refusal) {
                    if (done == 0) {
                        throw refusal;
                    }
                    return done;
                }
                done += RESPONSE_BYTES;
            }
            return done;
        } finally {
            lock.unlock();
        }
    }

    private void answerLocked(byte[] record) {
        lock.assertHeld();
        ByteBuffer bytes = ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);
        int cookie = bytes.getInt(0);
        int code = bytes.getInt(4);
        if (code != Code.SUCCESS.ordinal() && code != Code.INVALID.ordinal()) {
            throw new IommuException(Errno.EINVAL, "an answer with code " + Integer.toUnsignedString(code));
        }
        IopfGroup group = read.remove(cookie);
        if (group == null) {
            throw new IommuException(Errno.EINVAL, "no page requests have cookie " + Integer.toUnsignedString(cookie));
        }
        group.respond(code == 0 ? Code.SUCCESS : Code.INVALID);
    }

    private static void requireWhole(long position, int length, int record) {
        if (position != 0 || length % record != 0) {
            throw new IommuException(
                    Errno.ESPIPE, "position " + position + ", " + length + " bytes of records of " + record);
        }
    }

    /**
     * What could be done without waiting.
     *
     * @return {@link #WRITABLE}, and {@link #READABLE} when a group waits
     */
    public int poll() {
        lock.lock();
        try {
            return waiting.isEmpty() ? WRITABLE : WRITABLE | READABLE;
        } finally {
            lock.unlock();
        }
    }

    /**
     * A domain was detached from a device: what the device asked for there is answered {@code INVALID}.
     *
     * @param device the device
     * @param domain the domain
     */
    public void detached(Device device, IommuDomain domain) {
        answerWhere(group -> group.device() == device && group.domain() == domain);
    }

    /** The queue goes: everything is answered {@code INVALID}. */
    public void destroy() {
        answerWhere(group -> true);
    }

    private void answerWhere(Predicate<IopfGroup> which) {
        lock.lock();
        try {
            List<IopfGroup> chosen = new ArrayList<>();
            waiting.stream().filter(which).forEach(chosen::add);
            read.values().stream().filter(which).forEach(chosen::add);
            waiting.removeAll(chosen);
            read.values().removeAll(chosen);
            chosen.forEach(group -> group.respond(Code.INVALID));
        } finally {
            lock.unlock();
        }
    }
}
