package io.github.iommu4j.api.lock;

/** A reference count (Linux {@code refcount_t}). Going up from zero or below zero is a broken model. */
public interface RefCount {

    /** Takes a reference. */
    void get();

    /**
     * Takes a reference unless the count is zero.
     *
     * @return {@code true} when taken
     */
    boolean getUnlessZero();

    /**
     * Drops a reference.
     *
     * @return {@code true} when it was the last
     */
    boolean put();

    /**
     * The count.
     *
     * @return 0 or more
     */
    int value();
}
