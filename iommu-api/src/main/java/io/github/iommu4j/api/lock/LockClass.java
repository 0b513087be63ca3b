package io.github.iommu4j.api.lock;

/**
 * The kind of a lock: all locks of a class obey one order. Immutable; equal when the names are.
 *
 * @param name the kernel's name, such as {@code &group->mutex}
 */
public record LockClass(String name) {

    @Override
    public String toString() {
        return name;
    }
}
