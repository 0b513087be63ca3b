package io.github.iommu4j.bench.lock;

import com.google.common.util.concurrent.CycleDetectingLockFactory;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.lock.ValidatedLocking;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Takes a number of locks one in the other and gives them up, uncontended: ours beside the JDK's and Guava's. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(2)
public class NestedLocks {

    /** How many locks are held at the most. */
    @Param({"1", "3", "5", "10", "20"})
    public int depth;

    private Lock[] reentrant = new Lock[0];
    private Lock[] guava = new Lock[0];
    private Mutex[] plain = new Mutex[0];
    private Mutex[] validated = new Mutex[0];

    /** For JMH. */
    public NestedLocks() {}

    /** Makes the locks, each of a class of its own. */
    @Setup
    public void makeLocks() {
        reentrant = new Lock[depth];
        guava = new Lock[depth];
        CycleDetectingLockFactory factory =
                CycleDetectingLockFactory.newInstance(CycleDetectingLockFactory.Policies.THROW);
        for (int i = 0; i < depth; i++) {
            reentrant[i] = new ReentrantLock();
            guava[i] = factory.newReentrantLock("lock" + i);
        }
        plain = mutexes(new PlainLocking());
        validated = mutexes(ValidatedLocking.over(new PlainLocking()));
    }

    private Mutex[] mutexes(Locking locking) {
        Mutex[] mutexes = new Mutex[depth];
        for (int i = 0; i < depth; i++) {
            mutexes[i] = locking.mutex(new LockClass("lock" + i));
        }
        return mutexes;
    }

    /** The floor: the JDK's lock. */
    @Benchmark
    public void reentrantLock() {
        nest(reentrant);
    }

    /** Guava's lock that detects cycles. */
    @Benchmark
    public void guavaCycleDetecting() {
        nest(guava);
    }

    private static void nest(Lock[] locks) {
        for (Lock lock : locks) {
            lock.lock();
        }
        for (int i = locks.length - 1; i >= 0; i--) {
            locks[i].unlock();
        }
    }

    /** Ours, plain. */
    @Benchmark
    public void plainMutex() {
        nest(plain);
    }

    /** Ours, validated. */
    @Benchmark
    public void validatedMutex() {
        nest(validated);
    }

    private static void nest(Mutex[] mutexes) {
        for (Mutex mutex : mutexes) {
            mutex.lock();
        }
        for (int i = mutexes.length - 1; i >= 0; i--) {
            mutexes[i].unlock();
        }
    }
}
