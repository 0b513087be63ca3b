package io.github.iommu4j.testkit.vfio;

import io.github.iommu4j.api.lock.Completion;
import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.lock.RefCount;
import io.github.iommu4j.api.lock.RwSemaphore;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.core.lock.PlainLocking;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Plain locks of one task that remember which class was taken while which was held. */
final class RecordingLocking implements Locking {

    private final PlainLocking plain = new PlainLocking();
    private final List<String> held = new ArrayList<>();
    private final Map<String, Set<String>> followers = new TreeMap<>();

    @Override
    public Mutex mutex(LockClass lockClass) {
        return recorded(Mutex.class, plain.mutex(lockClass), lockClass.name());
    }

    @Override
    public RwSemaphore rwSemaphore(LockClass lockClass) {
        return recorded(RwSemaphore.class, plain.rwSemaphore(lockClass), lockClass.name());
    }

    @Override
    public SpinLock spinLock(LockClass lockClass) {
        return recorded(SpinLock.class, plain.spinLock(lockClass), lockClass.name());
    }

    @Override
    public Completion completion(String name) {
        return plain.completion(name);
    }

    @Override
    public RefCount refCount(String name) {
        return plain.refCount(name);
    }

    @Override
    public void runIn(ExecutionContext context, Runnable action) {
        plain.runIn(context, action);
    }

    private <T> T recorded(Class<T> type, T lock, String name) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> {
            if (method.getName().startsWith("lock")) {
                held.forEach(outer ->
                        followers.computeIfAbsent(outer, key -> new TreeSet<>()).add(name));
                held.add(name);
            } else if (method.getName().startsWith("unlock")) {
                held.remove(held.lastIndexOf(name));
            }
            try {
                return method.invoke(lock, args);
            } catch (InvocationTargetException e) {
                throw e.getCause() == null ? e : e.getCause();
            }
        }));
    }

    /** Whether one class was taken while another was held. */
    boolean follows(String outer, String inner) {
        return followers.getOrDefault(outer, Set.of()).contains(inner);
    }

    /** The classes from which a way leads back to themselves. */
    Set<String> cycle() {
        Set<String> cyclic = new TreeSet<>();
        for (String start : followers.keySet()) {
            Set<String> reached = new TreeSet<>();
            reach(start, reached);
            if (reached.contains(start)) {
                cyclic.add(start);
            }
        }
        return cyclic;
    }

    private void reach(String from, Set<String> reached) {
        for (String next : followers.getOrDefault(from, Set.of())) {
            if (reached.add(next)) {
                reach(next, reached);
            }
        }
    }
}
