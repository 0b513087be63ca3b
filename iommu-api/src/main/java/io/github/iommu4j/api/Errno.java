package io.github.iommu4j.api;

/** The kernel's error numbers that this library answers with (Linux {@code asm-generic} numbering). */
public enum Errno {
    /** Operation not permitted: somebody else owns the DMA. */
    EPERM(1),
    /** No such file, node or mapping. */
    ENOENT(2),
    /** Input/output error. */
    EIO(5),
    /** No such device or address. */
    ENXIO(6),
    /** Not an open file of the right kind. */
    EBADF(9),
    /** Try again. */
    EAGAIN(11),
    /** Out of memory, or over the limit of locked memory. */
    ENOMEM(12),
    /** A capability is missing. */
    EACCES(13),
    /** An address of the caller's is not readable or writable. */
    EFAULT(14),
    /** In use. */
    EBUSY(16),
    /** Something is mapped or registered there. */
    EEXIST(17),
    /** No such device, or the device is not this driver's. */
    ENODEV(19),
    /** An argument breaks a rule. */
    EINVAL(22),
    /** The system has too many open files. */
    ENFILE(23),
    /** The process has too many open files. */
    EMFILE(24),
    /** The call does not exist here. */
    ENOTTY(25),
    /** A limit is reached. */
    ENOSPC(28),
    /** Not a file with a position. */
    ESPIPE(29),
    /** A number is out of range. */
    ERANGE(34),
    /** Nobody handles this. */
    ENOSYS(38),
    /** A number does not fit. */
    EOVERFLOW(75),
    /** An open file of the wrong kind. */
    EBADFD(77),
    /** The operation is not supported. */
    EOPNOTSUPP(95),
    /** The address is in use. */
    EADDRINUSE(98),
    /** Timed out. */
    ETIMEDOUT(110),
    /** A supplier is not there yet: probe again later. Never shown to user space. */
    EPROBE_DEFER(517);

    private final int number;

    Errno(int number) {
        this.number = number;
    }

    /**
     * The kernel's number.
     *
     * @return a positive number
     */
    public int number() {
        return number;
    }
}
