package io.github.iommu4j.testkit.explore;

import org.jspecify.annotations.Nullable;

/**
 * Runs tasks one at a time. Everything happens in the thread that called {@link #run} or in coroutines it is waiting for,
 * so that tasks see each other's memory as if one thread did everything.
 */
interface Carrier extends AutoCloseable {

    /**
     * Makes a coroutine that does not run yet.
     *
     * @param name for debuggers
     * @param body what it does; must end with {@link #finish}
     * @return the coroutine
     */
    Coroutine create(String name, Runnable body);

    /**
     * Runs a coroutine, and what it hands over to, until one finishes into nothing.
     *
     * @param first where to begin
     */
    void run(Coroutine first);

    /**
     * Leaves the running coroutine for another; returns when that, or any other, comes back.
     *
     * @param from the running one
     * @param to where to go on
     */
    void transfer(Coroutine from, Coroutine to);

    /**
     * The last thing a body does.
     *
     * @param from the running one
     * @param to where to go on; {@code null} to return from {@link #run}
     */
    void finish(Coroutine from, @Nullable Coroutine to);

    /** Whether a coroutine that was left can be forgotten; otherwise it has to be led to its end. */
    boolean canForget();

    @Override
    void close();
}
