package io.github.iommu4j.core.lockdep;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the shortest strong path: breadth first, over edges that can make somebody wait. After an edge whose second
 * lock was only taken by recursive readers, an edge whose first lock was only held by readers makes nobody wait.
 *
 * <p>Each class is visited once a search, as in the kernel: a class that is first reached over an edge that does not count
 * is not tried again. Confined to the graph's monitor.
 */
final class PathSearch {

    /** Which way edges are followed. */
    enum Direction {
        FORWARDS,
        BACKWARDS
    }

    /** What is looked for. */
    @FunctionalInterface
    interface Match {

        /**
         * Looks at a class.
         *
         * @param node the class
         * @param readersOnly whether the way here ends with recursive readers only
         * @return {@code true} to end the search here
         */
        boolean test(ClassNode node, boolean readersOnly);
    }

    /**
     * Where a search begins.
     *
     * @param node the class
     * @param readersOnly forwards: it is taken by a recursive reader; backwards: it is held by any reader
     */
    record Root(ClassNode node, boolean readersOnly) {

        static Root forwards(HeldLock taken) {
            return new Root(taken.lockClass(), taken.mode == LockMode.RECURSIVE);
        }

        static Root backwards(HeldLock held) {
            return new Root(held.lockClass(), held.mode != LockMode.EXCLUSIVE);
        }
    }

    /** The queue of lists is full. */
    static final class QueueFullException extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /** The parent of the root's own edges. */
    private static final int ROOT = -1;

    private final int longestQueue;
    private int visit;
    private Edge[] edges = new Edge[64];
    private int[] parents = new int[64];
    private boolean[] readersOnly = new boolean[64];
    private boolean[] firstOfList = new boolean[64];
    private int tail;
    private int waitingLists;

    PathSearch(int longestQueue) {
        this.longestQueue = longestQueue;
    }

    /**
     * Searches.
     *
     * @param root where to begin; it is looked at, too
     * @param direction which way
     * @param skipped a kind of lock whose classes are passed over, or {@code null}
     * @param match what is looked for
     * @return the shortest path, or {@code null}
     * @throws QueueFullException when the graph is too broad for the queue
     */
    @Nullable
    Path find(Root root, Direction direction, @Nullable LockKind skipped, Match match) throws QueueFullException {
        visit++;
        tail = 0;
        waitingLists = 0;
        root.node.visit = visit;
        if (root.node.kind == skipped) {
            return null;
        }
        if (match.test(root.node, root.readersOnly)) {
            return new Path(List.of(), root.node);
        }
        enqueue(root.node, direction, ROOT);
        for (int head = 0; head < tail; head++) {
            waitingLists -= firstOfList[head] ? 1 : 0;
            ClassNode node = direction == Direction.FORWARDS ? edges[head].to : edges[head].from;
            if (node.visit == visit) {
                continue;
            }
            node.visit = visit;
            boolean afterReaders = parents[head] == ROOT ? root.readersOnly : readersOnly[parents[head]];
            int kinds = direction == Direction.FORWARDS ? edges[head].kinds : edges[head].kindsBackwards;
            if (afterReaders) {
                kinds &= Edge.ER | Edge.EN;
            }
            if (kinds == 0 || node.kind == skipped) {
                continue;
            }
            readersOnly[head] = (kinds & (Edge.SN | Edge.EN)) == 0;
            if (match.test(node, readersOnly[head])) {
                return new Path(pathTo(head), node);
            }
            enqueue(node, direction, head);
        }
        return null;
    }

    private void enqueue(ClassNode node, Direction direction, int parent) throws QueueFullException {
        List<Edge> list = direction == Direction.FORWARDS ? node.after : node.before;
        if (list.isEmpty()) {
            return;
        }
        if (++waitingLists > longestQueue) {
            throw new QueueFullException();
        }
        while (tail + list.size() > edges.length) {
            edges = Arrays.copyOf(edges, 2 * edges.length);
            parents = Arrays.copyOf(parents, edges.length);
            readersOnly = Arrays.copyOf(readersOnly, edges.length);
            firstOfList = Arrays.copyOf(firstOfList, edges.length);
        }
        for (int i = 0; i < list.size(); i++) {
            edges[tail] = list.get(i);
            parents[tail] = parent;
            firstOfList[tail++] = i == 0;
        }
    }

    private List<Edge> pathTo(int index) {
        List<Edge> path = new ArrayList<>();
        for (int i = index; i != ROOT; i = parents[i]) {
            path.add(edges[i]);
        }
        Collections.reverse(path);
        return path;
    }
}
