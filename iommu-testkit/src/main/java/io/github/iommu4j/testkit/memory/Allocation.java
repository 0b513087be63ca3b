package io.github.iommu4j.testkit.memory;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.reflect.Method;

/** Measures what a piece of work allocates, so that a test can say that it allocates nothing. */
public final class Allocation {

    /** Bytes that the measurement itself may allocate: work that allocates nothing stays below. */
    public static final long NOISE = 4096;

    /** Up to JDK 17 the fifteenth call of a method through reflection builds an accessor, which is not the work's. */
    private static final int CALLS_BEFORE_ACCESSOR = 15;

    private Allocation() {}

    /**
     * Does some work twice and measures the second time, when classes are loaded.
     *
     * @param work what is done, in this thread
     * @return bytes allocated by this thread meanwhile
     * @throws ReflectiveOperationException when the runtime has no such measurement
     */
    public static long of(Runnable work) throws ReflectiveOperationException {
        work.run();
        for (int call = 0; call <= CALLS_BEFORE_ACCESSOR; call++) {
            allocatedBytes();
        }
        long before = allocatedBytes();
        work.run();
        return allocatedBytes() - before;
    }

    /** Through reflection: a module that has nothing to do with management does not require it for a test. */
    private static long allocatedBytes() throws ReflectiveOperationException {
        assumeTrue(
                ModuleLayer.boot().findModule("jdk.management").isPresent(),
                "skipped: this runtime was started without jdk.management");
        Object threads = Class.forName("java.lang.management.ManagementFactory")
                .getMethod("getThreadMXBean")
                .invoke(null);
        Method bytes =
                Class.forName("com.sun.management.ThreadMXBean").getMethod("getThreadAllocatedBytes", long.class);
        return (long) bytes.invoke(threads, Thread.currentThread().getId());
    }
}
