package io.github.iommu4j.core.lockdep;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A class: a key with a subclass, what was seen of it, and its edges. Changed under the graph's monitor only. */
final class ClassNode {

    final int id;
    final String name;
    final int version;
    final int subclass;
    final LockKind kind;
    /** What taking the lock needs, and what it allows under it; 0 when not checked. */
    final int outerWait;

    final int innerWait;
    final List<Edge> after = new ArrayList<>();
    final List<Edge> before = new ArrayList<>();
    final @Nullable Trace[] usageTraces = new @Nullable Trace[Usage.IRQ_BITS + 2];

    /** Only ever gains bits, so that a stale read costs no more than a look under the monitor. */
    volatile int usage;
    /** The search that came here last. */
    int visit;

    ClassNode(int id, LockMap map, int version, int subclass, RawNesting nesting) {
        this.id = id;
        this.name = map.name();
        this.version = version;
        this.subclass = subclass;
        this.kind = map.kind();
        this.outerWait = kind.outer().value(nesting);
        this.innerWait = kind.inner().value(nesting);
    }

    /** What a taker's surroundings must allow: the outer type, or the inner where there is none. */
    int neededWait() {
        return outerWait == 0 ? innerWait : outerWait;
    }

    @Nullable
    Trace usageTrace(int bit) {
        return usageTraces[Integer.numberOfTrailingZeros(bit)];
    }

    LockName describe() {
        return new LockName(
                name, version, subclass, Usage.characters(usage), outerWait == 0 ? innerWait : outerWait, innerWait);
    }

    @Override
    public String toString() {
        return describe().toString();
    }
}
