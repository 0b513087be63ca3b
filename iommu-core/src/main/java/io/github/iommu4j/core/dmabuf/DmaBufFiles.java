package io.github.iommu4j.core.dmabuf;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.SpinLock;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A process's file descriptors (Linux {@code struct files_struct}), as far as buffers need them.
 *
 * <p><b>Thread-safety:</b> every method may be called from any thread.
 */
public final class DmaBufFiles {

    /** What becomes of a descriptor when the process starts another program. */
    public enum OnExec {
        /** It stays. */
        KEEP,
        /** It is closed ({@code O_CLOEXEC}). */
        CLOSE
    }

    private static final LockClass FILE_LOCK = new LockClass("&newf->file_lock");

    /** A descriptor: reserved, with a buffer, or with a file that is none. */
    private record Slot(
            OnExec onExec, boolean open, @Nullable DmaBuf buffer) {}

    private final int limit;
    private final SpinLock fileLock;
    /** Guarded by {@link #fileLock}. */
    private final NavigableMap<Integer, Slot> slots = new TreeMap<>();

    /**
     * A process without files.
     *
     * @param locking where locks come from
     * @param limit how many descriptors it may have ({@code RLIMIT_NOFILE}), 0 or more
     */
    public DmaBufFiles(Locking locking, int limit) {
        this.limit = limit;
        this.fileLock = locking.spinLock(FILE_LOCK);
    }

    /**
     * Reserves the lowest free number ({@code get_unused_fd_flags}).
     *
     * @param onExec what becomes of it when the process starts another program
     * @return the descriptor, which is not open yet
     * @throws IommuException {@code EMFILE} when the process has too many
     */
    public int reserve(OnExec onExec) {
        return put(new Slot(onExec, false, null));
    }

    private int put(Slot slot) {
        fileLock.lock();
        try {
            int fd = 0;
            while (slots.containsKey(fd)) {
                fd++;
            }
            if (fd >= limit) {
                throw new IommuException(
                        Errno.EMFILE, "the process has " + slots.size() + " files, its limit is " + limit);
            }
            slots.put(fd, slot);
            return fd;
        } finally {
            fileLock.unlock();
        }
    }

    /**
     * Opens a reserved descriptor ({@code fd_install}).
     *
     * @param fd what {@link #reserve} returned
     * @param buffer the buffer, whose reference goes from the caller to the descriptor
     * @throws AssertionError when the descriptor is not reserved
     */
    public void install(int fd, DmaBuf buffer) {
        fileLock.lock();
        try {
            Slot slot = slots.get(fd);
            if (slot == null || slot.open()) {
                throw new AssertionError("descriptor " + fd + " is not reserved");
            }
            slots.put(fd, new Slot(slot.onExec(), true, buffer));
        } finally {
            fileLock.unlock();
        }
    }

    /**
     * Gives a reserved descriptor back unopened ({@code put_unused_fd}).
     *
     * @param fd what {@link #reserve} returned
     * @throws AssertionError when the descriptor is not reserved
     */
    public void unreserve(int fd) {
        fileLock.lock();
        try {
            Slot slot = slots.remove(fd);
            if (slot == null || slot.open()) {
                throw new AssertionError("descriptor " + fd + " is not reserved");
            }
        } finally {
            fileLock.unlock();
        }
    }

    /**
     * Opens a descriptor for a buffer ({@code dma_buf_fd}).
     *
     * @param buffer the buffer, whose reference goes from the caller to the descriptor
     * @param onExec what becomes of it when the process starts another program
     * @return the descriptor
     * @throws IommuException {@code EMFILE} when the process has too many; the reference stays with the caller
     */
    public int open(DmaBuf buffer, OnExec onExec) {
        return put(new Slot(onExec, true, buffer));
    }

    /**
     * Opens a descriptor for something that is no buffer.
     *
     * @return the descriptor
     * @throws IommuException {@code EMFILE} when the process has too many
     */
    public int openOther() {
        return put(new Slot(OnExec.KEEP, true, null));
    }

    /**
     * The buffer of a descriptor ({@code dma_buf_get}).
     *
     * @param fd a descriptor
     * @return the buffer, with a reference for the caller
     * @throws IommuException {@code EBADF} when it is not open, {@code EINVAL} when it is no buffer's
     */
    public DmaBuf get(int fd) {
        fileLock.lock();
        try {
            Slot slot = slots.get(fd);
            if (slot == null || !slot.open()) {
                throw new IommuException(Errno.EBADF, "descriptor " + fd + " is not open");
            }
            if (slot.buffer() == null) {
                throw new IommuException(Errno.EINVAL, "descriptor " + fd + " is no DMA-BUF");
            }
            slot.buffer().get();
            return slot.buffer();
        } finally {
            fileLock.unlock();
        }
    }

    /**
     * Closes a descriptor.
     *
     * @param fd a descriptor
     * @throws IommuException {@code EBADF} when it is not open
     */
    public void close(int fd) {
        DmaBuf buffer;
        fileLock.lock();
        try {
            Slot slot = slots.get(fd);
            if (slot == null || !slot.open()) {
                throw new IommuException(Errno.EBADF, "descriptor " + fd + " is not open");
            }
            slots.remove(fd);
            buffer = slot.buffer();
        } finally {
            fileLock.unlock();
        }
        // The last reference may sleep.
        if (buffer != null) {
            buffer.put();
        }
    }

    /** Closes what is marked for that, as when the process starts another program ({@code do_close_on_exec}). */
    public void exec() {
        closeWhere(OnExec.CLOSE);
    }

    /** Closes everything, as when the process ends. */
    public void exit() {
        closeWhere(OnExec.CLOSE);
        closeWhere(OnExec.KEEP);
    }

    private void closeWhere(OnExec onExec) {
        List<DmaBuf> closed = new ArrayList<>();
        fileLock.lock();
        try {
            slots.values().removeIf(slot -> {
                boolean goes = slot.open() && slot.onExec() == onExec;
                if (goes) {
                    Optional.ofNullable(slot.buffer()).ifPresent(closed::add);
                }
                return goes;
            });
        } finally {
            fileLock.unlock();
        }
        closed.forEach(DmaBuf::put);
    }

    /**
     * How many descriptors are taken, reserved ones included.
     *
     * @return 0 or more
     */
    public int count() {
        fileLock.lock();
        try {
            return slots.size();
        } finally {
            fileLock.unlock();
        }
    }
}
