package io.github.iommu4j.testkit.lock;

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

/**
 * Plain locks of one task that remember which class was taken while which was held. A subclass other than 0 stands behind
 * the name of its class, as in {@code &buffer->lock/1}. Trying to take a lock follows nothing: whoever tries does not wait.
 *
 * <p>Not thread-safe: all locks are taken by one task.
 */
public final class RecordingLocking implements Locking {

    private final PlainLocking plain = new PlainLocking();
    private final List<String> held = new ArrayList<>();
    private final Map<String, Set<String>> followers = new TreeMap<>();

    /** No lock was taken yet. */
    public RecordingLocking() {}

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

    private <T> T recorded(Class<T> type, T lock, String lockClass) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> {
            if (method.getName().startsWith("lock")) {
                take(args == null || args[0].equals(0) ? lockClass : lockClass + "/" + args[0]);
            } else if (method.getName().startsWith("unlock")) {
                giveUp(lockClass);
            }
            try {
                Object answer = method.invoke(lock, args);
                if (Boolean.TRUE.equals(answer)) {
                    held.add(lockClass);
                }
                return answer;
            } catch (InvocationTargetException e) {
                throw e.getCause() == null ? e : e.getCause();
            }
        }));
    }

    private void take(String name) {
        held.forEach(outer ->
                followers.computeIfAbsent(outer, key -> new TreeSet<>()).add(name));
        held.add(name);
    }

    /** Of several of one class, the one taken last. */
    private void giveUp(String lockClass) {
        for (int i = held.size() - 1; i >= 0; i--) {
            if (held.get(i).equals(lockClass) || held.get(i).startsWith(lockClass + "/")) {
                held.remove(i);
                return;
            }
        }
        throw new AssertionError(lockClass + " is given up and was not taken");
    }

    /**
     * Whether one class was taken while another was held.
     *
     * @param outer the class held
     * @param inner the class taken
     * @return {@code true} when that happened, however long ago
     */
    public boolean follows(String outer, String inner) {
        return followers.getOrDefault(outer, Set.of()).contains(inner);
    }

    /**
     * The classes from which a way leads back to themselves.
     *
     * @return names; empty when there is an order
     */
    public Set<String> cycle() {
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
