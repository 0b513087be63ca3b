package io.github.iommu4j.testkit.explore;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * The continuations under virtual threads, of JDK 21 and later, where the JVM exports {@code jdk.internal.vm} to this
 * module: a change of task costs no thread at all.
 */
final class ContinuationCarrier implements Carrier {

    private record Frame(Object continuation) implements Coroutine {}

    private final MethodHandle create;
    private final MethodHandle resume;
    private final MethodHandle leave;
    private @Nullable Coroutine next;

    private ContinuationCarrier(MethodHandle create, MethodHandle resume, MethodHandle leave) {
        this.create = create;
        this.resume = resume;
        this.leave = leave;
    }

    /** A carrier, or {@code null} where continuations cannot be had. */
    static @Nullable ContinuationCarrier ifAvailable() {
        try {
            Class<?> scopeType = Class.forName("jdk.internal.vm.ContinuationScope");
            Class<?> type = Class.forName("jdk.internal.vm.Continuation");
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            Object scope = lookup.findConstructor(scopeType, MethodType.methodType(void.class, String.class))
                    .invoke("iommu4j exploration");
            MethodHandle create = lookup.findConstructor(
                            type, MethodType.methodType(void.class, scopeType, Runnable.class))
                    .bindTo(scope)
                    .asType(MethodType.methodType(Object.class, Runnable.class));
            MethodHandle resume = lookup.findVirtual(type, "run", MethodType.methodType(void.class))
                    .asType(MethodType.methodType(void.class, Object.class));
            MethodHandle leave = lookup.findStatic(type, "yield", MethodType.methodType(boolean.class, scopeType))
                    .bindTo(scope);
            return new ContinuationCarrier(create, resume, leave);
        } catch (Throwable unavailable) {
            return null;
        }
    }

    @Override
    public Coroutine create(String name, Runnable body) {
        try {
            return new Frame((Object) create.invokeExact(body));
        } catch (Throwable failure) {
            throw rethrown(failure);
        }
    }

    @Override
    public void run(Coroutine first) {
        next = first;
        while (next != null) {
            Frame frame = (Frame) next;
            next = null;
            try {
                resume.invokeExact(frame.continuation);
            } catch (Throwable failure) {
                throw rethrown(failure);
            }
        }
    }

    @Override
    public void transfer(Coroutine from, Coroutine to) {
        next = to;
        try {
            boolean left = (boolean) leave.invokeExact();
            if (!left) {
                throw new AssertionError("a task cannot be left here: it is in native code or holds a monitor");
            }
        } catch (Throwable failure) {
            throw rethrown(failure);
        }
    }

    @Override
    public void finish(Coroutine from, @Nullable Coroutine to) {
        next = to;
    }

    @Override
    public boolean canForget() {
        return true;
    }

    @Override
    public void close() {
        next = null;
    }

    private static RuntimeException rethrown(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        return failure instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(failure);
    }
}
