package io.github.iommu4j.core.lockdep;

/**
 * One class was taken while another was held.
 *
 * <p>An edge has up to four kinds. The first letter is how the held lock was held, Exclusive or Shared; the second how the
 * other was taken, as a Recursive reader or Not. Seen against its direction, the letters change places.
 */
final class Edge {

    static final int SR = 1;
    static final int ER = 2;
    static final int SN = 4;
    static final int EN = 8;

    final ClassNode from;
    final ClassNode to;
    final Trace trace;
    int kinds;
    int kindsBackwards;
    /** How many locks lie between at the least, plus one. */
    int distance;

    Edge(ClassNode from, ClassNode to, Trace trace) {
        this.from = from;
        this.to = to;
        this.trace = trace;
    }

    void add(LockMode held, LockMode taken, int newDistance) {
        int exclusive = held == LockMode.EXCLUSIVE ? 1 : 0;
        int notRecursive = taken == LockMode.RECURSIVE ? 0 : 1;
        kinds |= 1 << (exclusive + 2 * notRecursive);
        kindsBackwards |= 1 << (notRecursive + 2 * exclusive);
        distance = distance == 0 ? newDistance : Math.min(distance, newDistance);
    }
}
