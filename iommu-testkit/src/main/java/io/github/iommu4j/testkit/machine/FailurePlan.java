package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Makes the nth call of a driver fail, and counts the calls. Thread-safe.
 *
 * <p>Calls that the kernel contract does not let fail (detach, free, release) are counted under their own names and
 * never fail.
 */
public final class FailurePlan {

    private int calls;
    private int failing = Integer.MAX_VALUE;
    private int failingUntil;
    private Predicate<String> failingCalls = call -> false;
    private Errno errno = Errno.ENOMEM;
    private final List<String> log = new ArrayList<>();

    /** A plan in which nothing fails. */
    public FailurePlan() {}

    /**
     * Lets one call fail from now on.
     *
     * @param call how many calls from now succeed before the one that fails, 0 for the next
     * @param newErrno with which errno
     */
    public synchronized void failCall(int call, Errno newErrno) {
        failCalls(call, 1, newErrno);
    }

    /**
     * Lets calls in a row fail from now on.
     *
     * @param call how many calls from now succeed before the first that fails, 0 for the next
     * @param count how many fail
     * @param newErrno with which errno
     */
    public synchronized void failCalls(int call, int count, Errno newErrno) {
        failing = calls + call;
        failingUntil = failing + count;
        errno = newErrno;
    }

    /**
     * Lets every call fail from a certain one on, until {@link #failNothing}.
     *
     * @param call how many calls from now succeed, 0 for none
     * @param newErrno with which errno
     */
    public synchronized void failEveryCallFrom(int call, Errno newErrno) {
        failing = calls + call;
        failingUntil = Integer.MAX_VALUE;
        errno = newErrno;
    }

    /**
     * Lets certain calls fail, until {@link #failNothing}.
     *
     * @param calls chooses calls by what {@link #log} says of them
     * @param newErrno with which errno
     */
    public synchronized void failWhen(Predicate<String> calls, Errno newErrno) {
        failingCalls = calls;
        errno = newErrno;
    }

    /** Lets everything succeed again. */
    public synchronized void failNothing() {
        failing = Integer.MAX_VALUE;
        failingCalls = call -> false;
    }

    /**
     * How many calls were made that may fail.
     *
     * @return the count since the plan was made
     */
    public synchronized int calls() {
        return calls;
    }

    /**
     * The calls made.
     *
     * @return their names with their arguments, oldest first
     */
    public synchronized List<String> log() {
        return List.copyOf(log);
    }

    /** Empties {@link #log}. */
    public synchronized void forget() {
        log.clear();
    }

    /** A call that may fail. */
    synchronized void mayFail(String call) {
        log.add(call);
        int number = calls++;
        if (number >= failing && number < failingUntil || failingCalls.test(call)) {
            throw new IommuException(errno, "planned failure of " + call);
        }
    }

    /** A call that must not fail. */
    synchronized void note(String call) {
        log.add(call);
    }
}
