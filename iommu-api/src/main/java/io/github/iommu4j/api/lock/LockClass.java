package io.github.iommu4j.api.lock;

/**
 * The kind of a lock: all locks of a class obey one order. Immutable; equal when the names and the checking are.
 *
 * @param name the kernel's name, such as {@code &group->mutex}
 * @param validation whether a lock validator checks the order
 */
public record LockClass(String name, Validation validation) {

    /** Whether a lock validator checks the order of a class. */
    public enum Validation {
        /** It does. */
        FULL,
        /** It only remembers who holds what: for {@code &dev->mutex}, whose order is that of a tree of devices. */
        NONE
    }

    /**
     * A class whose order is validated.
     *
     * @param name the kernel's name
     */
    public LockClass(String name) {
        this(name, Validation.FULL);
    }

    @Override
    public String toString() {
        return name;
    }
}
