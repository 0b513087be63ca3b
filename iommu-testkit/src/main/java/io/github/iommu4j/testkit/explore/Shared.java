package io.github.iommu4j.testkit.explore;

import io.github.iommu4j.testkit.explore.Operation.Effect;

/**
 * A variable that explored tasks share without locks.
 *
 * @param <T> the type of its values
 */
public final class Shared<T> {

    private final Execution execution;
    private final Operation read;
    private final Operation write;
    private T value;

    Shared(Execution execution, String name, T value) {
        this.execution = execution;
        this.value = value;
        int object = execution.newObject();
        read = Operation.of(object, Effect.READS, "read " + name);
        write = Operation.of(object, Effect.CHANGES, "write " + name);
    }

    /**
     * Reads it.
     *
     * @return the value
     */
    public T get() {
        execution.point(read);
        return value;
    }

    /**
     * Writes it.
     *
     * @param newValue the value
     */
    public void set(T newValue) {
        execution.point(write);
        value = newValue;
    }

    /**
     * Writes it if it still holds what is expected ({@code cmpxchg}).
     *
     * @param expected what it must hold, by identity or {@code equals}
     * @param newValue the value
     * @return whether it was written
     */
    public boolean compareAndSet(T expected, T newValue) {
        execution.point(write);
        if (value != expected && !value.equals(expected)) {
            return false;
        }
        value = newValue;
        return true;
    }
}
