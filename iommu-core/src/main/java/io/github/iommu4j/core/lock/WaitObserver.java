package io.github.iommu4j.core.lock;

/**
 * Is told when a task is about to wait and when it goes on: how a harness learns that a call blocks, without timing.
 *
 * <p>Called on the waiting thread. Must not take a lock of the model.
 */
public interface WaitObserver {

    /**
     * The running task cannot go on now.
     *
     * @param what the lock class or completion it waits for
     */
    void waits(String what);

    /**
     * The running task has what it waited for.
     *
     * @param what the lock class or completion
     */
    void resumes(String what);
}
