package io.github.iommu4j.core.lockdep;

import io.github.iommu4j.core.lockdep.PathSearch.Direction;
import io.github.iommu4j.core.lockdep.PathSearch.QueueFullException;
import io.github.iommu4j.core.lockdep.PathSearch.Root;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Classes, their edges, and what a new chain or a new use would break.
 *
 * <p><b>Thread-safety:</b> everything but {@link #isKnown} runs under a monitor of its own, which is taken last of all locks.
 */
final class LockGraph {

    private record ClassKey(Object key, int subclass) {}

    private final LockLimits limits;
    private final RawNesting nesting;
    private final Reporter reports;
    private final ReentrantLock monitor = new ReentrantLock();
    private final Map<ClassKey, ClassNode> classes = new HashMap<>();
    private final Map<String, List<Object>> keysByName = new HashMap<>();
    private final ChainCache chains = new ChainCache();
    private final PathSearch search;
    private int edges;

    LockGraph(LockLimits limits, RawNesting nesting, Reporter reports) {
        this.limits = limits;
        this.nesting = nesting;
        this.reports = reports;
        this.search = new PathSearch(limits.searchQueue());
    }

    /** The class of a lock, or {@code null} when there are too many. */
    @Nullable
    ClassNode register(LockMap map, int subclass) {
        monitor.lock();
        try {
            ClassKey key = new ClassKey(map.key(), subclass);
            ClassNode node = classes.get(key);
            if (node == null) {
                if (classes.size() >= limits.classes()) {
                    return null;
                }
                node = new ClassNode(classes.size(), map, versionOf(map), subclass, nesting);
                classes.put(key, node);
            }
            map.remember(subclass, node);
            return node;
        } finally {
            monitor.unlock();
        }
    }

    /** 1 for the first key with a name, 2 for the second, and so on. */
    private int versionOf(LockMap map) {
        List<Object> keys = keysByName.computeIfAbsent(map.name(), name -> new ArrayList<>());
        int index = keys.indexOf(map.key());
        if (index < 0) {
            keys.add(map.key());
            return keys.size();
        }
        return index + 1;
    }

    boolean isKnown(long chain) {
        return chains.contains(chain);
    }

    /** Validates a chain that is new, and adds its edges. */
    @Nullable
    LockReport validate(LockTask task, HeldLock next) {
        monitor.lock();
        try {
            if (chains.contains(next.chain)) {
                return null;
            }
            if (chains.size() >= limits.chains()) {
                return reports.limit(task, "MAX_LOCKDEP_CHAINS too low!");
            }
            LockReport report = validateNew(task, next);
            if (report == null || reports.isOncePerChain()) {
                chains.add(next.chain);
            }
            return report;
        } catch (QueueFullException full) {
            return reports.limit(task, "the queue of a lock graph search is too short!");
        } finally {
            monitor.unlock();
        }
    }

    private @Nullable LockReport validateNew(LockTask task, HeldLock next) throws QueueFullException {
        boolean orderedByNestLock = false;
        for (int i = 0; i < task.depth; i++) {
            HeldLock held = task.stack[i];
            orderedByNestLock |= next.how.nestLock() != null && held.map == next.how.nestLock();
            boolean compatible = next.mode == LockMode.RECURSIVE && held.mode != LockMode.EXCLUSIVE;
            if (held.node != next.node || compatible) {
                continue;
            }
            return orderedByNestLock ? null : reports.recursive(task, next, held);
        }
        return addEdges(task, next);
    }

    /** From the nearest lock that was waited for, and from those nearer that were only tried. */
    private @Nullable LockReport addEdges(LockTask task, HeldLock next) throws QueueFullException {
        for (int i = task.depth - 1; i >= 0; i--) {
            HeldLock held = task.stack[i];
            if (held.irqContext != next.irqContext) {
                return null;
            }
            if (held.how.isChecked()) {
                LockReport report = addEdge(task, i, next);
                if (report != null) {
                    return report;
                }
            }
            if (!held.how.isTry()) {
                return null;
            }
        }
        return null;
    }

    private @Nullable LockReport addEdge(LockTask task, int index, HeldLock next) throws QueueFullException {
        HeldLock held = task.stack[index];
        ClassNode goal = held.lockClass();
        boolean exclusive = held.mode == LockMode.EXCLUSIVE;
        Path cycle = search.find(
                Root.forwards(next),
                Direction.FORWARDS,
                null,
                (node, readersOnly) -> node == goal && (exclusive || !readersOnly));
        if (cycle != null) {
            return cycle.edges().isEmpty()
                    ? reports.recursive(task, next, held)
                    : reports.circular(task, next, held, cycle);
        }
        LockReport unsafe = checkInterrupts(task, held, next);
        if (unsafe != null) {
            return unsafe;
        }
        Edge edge = edgeBetween(goal, next.lockClass());
        if (edge == null) {
            edges += 2;
            if (edges > limits.edges()) {
                return reports.limit(task, "MAX_LOCKDEP_ENTRIES too low!");
            }
            edge = new Edge(goal, next.lockClass(), reports.trace());
            goal.after.add(edge);
            next.lockClass().before.add(edge);
        }
        edge.add(held.mode, next.mode, task.depth - index);
        return null;
    }

    private static @Nullable Edge edgeBetween(ClassNode from, ClassNode to) {
        for (Edge edge : from.after) {
            if (edge.to == to) {
                return edge;
            }
        }
        return null;
    }

    /** Would the edge lead from a class that interrupts take to one that is held with them on? */
    private @Nullable LockReport checkInterrupts(LockTask task, HeldLock held, HeldLock next)
            throws QueueFullException {
        int[] seen = new int[1];
        search.find(Root.backwards(held), Direction.BACKWARDS, LockKind.LOCAL, (node, readersOnly) -> {
            seen[0] |= counted(node, readersOnly);
            return false;
        });
        int usedIn = seen[0] & Usage.ALL_USED_IN;
        if (usedIn == 0) {
            return null;
        }
        int conflicting = Usage.opposite(usedIn);
        Path unsafe = search.find(
                Root.forwards(next),
                Direction.FORWARDS,
                LockKind.LOCAL,
                (node, readersOnly) -> (counted(node, readersOnly) & conflicting) != 0);
        if (unsafe == null) {
            return null;
        }
        int conflictingBack = Usage.opposite(unsafe.end().usage & Usage.ALL_ENABLED);
        Path safe = search.find(
                Root.backwards(held),
                Direction.BACKWARDS,
                LockKind.LOCAL,
                (node, readersOnly) -> (counted(node, readersOnly) & conflictingBack) != 0);
        return safe == null ? null : reports.irqOrder(task, new Reporter.IrqConflict(next, held, safe, unsafe));
    }

    private static int counted(ClassNode node, boolean readersOnly) {
        return readersOnly ? node.usage & Usage.WRITERS : node.usage & (1 << Usage.IRQ_BITS) - 1;
    }

    /** Remembers uses of a class, one bit after the other, until one breaks something. */
    @Nullable
    LockReport mark(LockTask task, HeldLock lock, int bits) {
        monitor.lock();
        try {
            int missing = bits & ~lock.lockClass().usage;
            LockReport report = markEach(task, lock, missing & Usage.ALL_USED_IN);
            return report == null ? markEach(task, lock, missing & ~Usage.ALL_USED_IN) : report;
        } catch (QueueFullException full) {
            return reports.limit(task, "the queue of a lock graph search is too short!");
        } finally {
            monitor.unlock();
        }
    }

    private @Nullable LockReport markEach(LockTask task, HeldLock lock, int bits) throws QueueFullException {
        ClassNode node = lock.lockClass();
        for (int rest = bits; rest != 0; rest &= rest - 1) {
            int bit = Integer.lowestOneBit(rest);
            node.usage |= bit;
            node.usageTraces[Integer.numberOfTrailingZeros(bit)] = reports.trace();
            LockReport report = bit >= Usage.USED ? null : checkUse(task, lock, bit);
            if (report != null) {
                return report;
            }
        }
        return null;
    }

    private @Nullable LockReport checkUse(LockTask task, HeldLock lock, int bit) throws QueueFullException {
        ClassNode node = lock.lockClass();
        int onClass = node.usage & Usage.exclusive(bit);
        if (onClass != 0) {
            return reports.inconsistent(task, lock, Integer.lowestOneBit(onClass), bit);
        }
        int conflicting = Usage.opposite(bit);
        boolean forwards = Usage.isUsedIn(bit);
        Path path = search.find(
                forwards ? Root.forwards(lock) : Root.backwards(lock),
                forwards ? Direction.FORWARDS : Direction.BACKWARDS,
                LockKind.LOCAL,
                (other, readersOnly) -> (counted(other, readersOnly) & conflicting) != 0);
        return path == null ? null : reports.irqInversion(task, lock, bit, path);
    }

    /** Classes, edges in one direction, and chains: how much is remembered. */
    LockValidator.Statistics statistics() {
        monitor.lock();
        try {
            return new LockValidator.Statistics(classes.size(), edges / 2, chains.size());
        } finally {
            monitor.unlock();
        }
    }

    /** Tells of every edge, in the order in which they were found. */
    void forEachEdge(BiConsumer<LockName, LockName> visitor) {
        List<Edge> all = new ArrayList<>();
        monitor.lock();
        try {
            classes.values().stream()
                    .sorted(Comparator.comparingInt(node -> node.id))
                    .forEach(node -> all.addAll(node.after));
        } finally {
            monitor.unlock();
        }
        all.forEach(edge -> visitor.accept(edge.from.describe(), edge.to.describe()));
    }
}
