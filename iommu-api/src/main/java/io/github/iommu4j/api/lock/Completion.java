package io.github.iommu4j.api.lock;

/** Something one task waits for and another brings about (Linux {@code struct completion}). */
public interface Completion {

    /** Waits until {@link #complete()} was called, however long ago. */
    void await();

    /**
     * Whether it is done.
     *
     * @return {@code true} once {@link #complete()} was called
     */
    boolean isDone();

    /** Lets every waiter, present and future, go on. */
    void complete();
}
