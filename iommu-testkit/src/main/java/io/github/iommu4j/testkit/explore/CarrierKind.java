package io.github.iommu4j.testkit.explore;

import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** What carries tasks. All kinds give the same results; they differ in speed. */
public enum CarrierKind {
    /** The fastest that this JVM has. */
    FASTEST,
    /** Platform threads, handed over one at a time: any JVM. */
    THREADS,
    /** Virtual threads: JDK 21 and later. */
    VIRTUAL_THREADS,
    /**
     * Continuations: JDK 21 and later, started with {@code --add-exports
     * java.base/jdk.internal.vm=io.github.iommu4j.testkit} (or {@code ALL-UNNAMED} on the class path).
     */
    CONTINUATIONS;

    /**
     * Whether this JVM has it.
     *
     * @return {@code true} when it can be asked for
     */
    public boolean isAvailable() {
        return switch (this) {
            case FASTEST, THREADS -> true;
            case VIRTUAL_THREADS -> virtualThreads() != null;
            case CONTINUATIONS -> ContinuationCarrier.ifAvailable() != null;
        };
    }

    Carrier open() {
        return switch (this) {
            case FASTEST -> fastest();
            case THREADS -> new ThreadCarrier(CarrierKind::platformThread);
            case VIRTUAL_THREADS -> new ThreadCarrier(required(virtualThreads()));
            case CONTINUATIONS -> required(ContinuationCarrier.ifAvailable());
        };
    }

    private static Carrier fastest() {
        ContinuationCarrier continuations = ContinuationCarrier.ifAvailable();
        if (continuations != null) {
            return continuations;
        }
        return virtualThreads() == null ? THREADS.open() : VIRTUAL_THREADS.open();
    }

    private <T> T required(@Nullable T found) {
        if (found == null) {
            throw new IllegalArgumentException("this JVM has no " + this + " for explorations");
        }
        return found;
    }

    private static Thread platformThread(Runnable body) {
        Thread thread = new Thread(body, "explored task");
        thread.setDaemon(true);
        return thread;
    }

    private static @Nullable ThreadFactory virtualThreads() {
        try {
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            Class<?> type = Class.forName("java.lang.Thread$Builder");
            return (ThreadFactory) type.getMethod("factory").invoke(builder);
        } catch (ClassNotFoundException | NoSuchMethodException | IllegalAccessException absent) {
            return null;
        } catch (InvocationTargetException refused) {
            return null;
        }
    }
}
