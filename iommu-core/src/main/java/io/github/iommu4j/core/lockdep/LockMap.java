package io.github.iommu4j.core.lockdep;

import org.jspecify.annotations.Nullable;

/**
 * The validator's side of one lock (Linux {@code struct lockdep_map}): which class it belongs to. Made by {@link
 * LockValidator#map}.
 *
 * <p><b>Thread-safety:</b> may be used from any thread.
 */
public final class LockMap {

    /** Subclasses of a class. */
    static final int SUBCLASSES = 8;

    private final Object key;
    private final String name;
    private final LockKind kind;
    /** Filled as subclasses are first used; a class is the same object for every lock with its key. */
    private final @Nullable ClassNode[] nodes = new @Nullable ClassNode[SUBCLASSES];

    LockMap(Object key, String name, LockKind kind) {
        this.key = key;
        this.name = name;
        this.kind = kind;
    }

    Object key() {
        return key;
    }

    /**
     * The name that reports print.
     *
     * @return such as {@code &group->mutex}
     */
    public String name() {
        return name;
    }

    /**
     * What the lock is.
     *
     * @return the kind it was made with
     */
    public LockKind kind() {
        return kind;
    }

    @Nullable
    ClassNode node(int subclass) {
        return nodes[subclass];
    }

    void remember(int subclass, ClassNode node) {
        nodes[subclass] = node;
    }

    @Override
    public String toString() {
        return kind + " " + name;
    }
}
