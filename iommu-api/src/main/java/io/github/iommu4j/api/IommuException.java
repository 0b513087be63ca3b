package io.github.iommu4j.api;

/**
 * A refused request: the kernel's error number and a sentence that names the value and the rule. What was refused has
 * changed nothing, unless the method that throws says otherwise. Immutable.
 */
public final class IommuException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Errno errno;

    /**
     * Makes a refusal.
     *
     * @param errno the kernel's error number
     * @param message what was refused, with the offending values, and why
     */
    public IommuException(Errno errno, String message) {
        super(errno + ": " + message);
        this.errno = errno;
    }

    /**
     * The kernel's error number.
     *
     * @return the errno
     */
    public Errno errno() {
        return errno;
    }
}
