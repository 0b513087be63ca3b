package io.github.iommu4j.core.lockdep;

import java.util.ArrayList;
import java.util.List;

/** Something the validator found. A value: keeps nothing of the model alive. */
public sealed interface LockReport {

    /** Which report it is. */
    enum Kind {
        /** {@link Circular}. */
        CIRCULAR,
        /** {@link Recursive}. */
        RECURSIVE,
        /** {@link IrqOrder}. */
        IRQ_ORDER,
        /** {@link IrqInversion}. */
        IRQ_INVERSION,
        /** {@link InconsistentState}. */
        INCONSISTENT_STATE,
        /** {@link InvalidWaitContext}. */
        INVALID_WAIT_CONTEXT,
        /** {@link SleepInAtomicContext}. */
        SLEEP_IN_ATOMIC_CONTEXT,
        /** {@link NestLockNotTaken}. */
        NEST_LOCK_NOT_TAKEN,
        /** {@link BadUnlockBalance}. */
        BAD_UNLOCK_BALANCE,
        /** {@link PinnedLockReleased}. */
        PINNED_LOCK_RELEASED,
        /** {@link HeldLockFreed}. */
        HELD_LOCK_FREED,
        /** {@link HeldAtReturn}. */
        HELD_AT_RETURN,
        /** {@link LimitReached}. */
        LIMIT_REACHED
    }

    /**
     * Which report it is, to switch on.
     *
     * @return the kind
     */
    Kind kind();

    /**
     * Where it arose.
     *
     * @return the scene
     */
    Scene scene();

    /**
     * What is reported, as the kernel's banner says it.
     *
     * @return such as {@code possible circular locking dependency detected}
     */
    String title();

    /**
     * The classes it is about, in the order of the report.
     *
     * @return names
     */
    List<LockName> classes();

    /**
     * The whole report in the kernel's layout.
     *
     * @return lines, each ended by a line feed
     */
    default String toText() {
        return ReportText.of(this);
    }

    /**
     * The orders of classes the report is about.
     *
     * @return each class taken under another, along the report's chains; empty when it is about one class and no order
     */
    default List<LockOrder> orders() {
        return ReportGraph.orders(this);
    }

    /**
     * The classes and orders the report is about, for Graphviz.
     *
     * @return a directed graph in the dot language; the order or class that is new is red
     */
    default String toDot() {
        return ReportGraph.of(this);
    }

    /**
     * A step of a chain of classes.
     *
     * @param name the class
     * @param trace where it was taken under the class before it
     */
    record Link(LockName name, Trace trace) {}

    /**
     * Taking a lock closes a cycle of classes.
     *
     * @param scene where
     * @param taken what is being taken
     * @param held what is held already
     * @param chain the cycle, from {@code held}'s class (the highest number) down to {@code taken}'s (number 0)
     */
    record Circular(Scene scene, HeldView taken, HeldView held, List<Link> chain) implements LockReport {

        /** Copies the list. */
        public Circular {
            chain = List.copyOf(chain);
        }

        @Override
        public Kind kind() {
            return Kind.CIRCULAR;
        }

        @Override
        public String title() {
            return "possible circular locking dependency detected";
        }

        @Override
        public List<LockName> classes() {
            return chain.stream().map(Link::name).toList();
        }
    }

    /**
     * A task takes a lock of a class it holds, and nothing orders the two.
     *
     * @param scene where
     * @param taken what is being taken
     * @param held what is held already
     */
    record Recursive(Scene scene, HeldView taken, HeldView held) implements LockReport {

        @Override
        public Kind kind() {
            return Kind.RECURSIVE;
        }

        @Override
        public String title() {
            return "possible recursive locking detected";
        }

        @Override
        public List<LockName> classes() {
            return List.of(taken.name());
        }
    }

    /**
     * A class that interrupts take would come before one that is held with interrupts on.
     *
     * @param scene where
     * @param state {@code HARDIRQ} or {@code SOFTIRQ}, with {@code -READ} where readers are meant
     * @param taken what is being taken
     * @param held what is held already
     * @param safe from the class that interrupts take to {@code held}'s; the first link's trace is where an interrupt took
     *     it
     * @param unsafe from {@code taken}'s class to the one held with interrupts on; the last link's trace is where
     */
    record IrqOrder(Scene scene, String state, HeldView taken, HeldView held, List<Link> safe, List<Link> unsafe)
            implements LockReport {

        /** Copies the lists. */
        public IrqOrder {
            safe = List.copyOf(safe);
            unsafe = List.copyOf(unsafe);
        }

        @Override
        public Kind kind() {
            return Kind.IRQ_ORDER;
        }

        @Override
        public String title() {
            return state + "-safe -> " + state + "-unsafe lock order detected";
        }

        @Override
        public List<LockName> classes() {
            List<LockName> names = new ArrayList<>();
            safe.forEach(link -> names.add(link.name()));
            unsafe.forEach(link -> names.add(link.name()));
            return names;
        }
    }

    /**
     * A new use of a class makes a known order of two classes unsafe.
     *
     * @param scene where
     * @param state {@code HARDIRQ} or {@code SOFTIRQ}, with {@code -READ} where readers are meant
     * @param change the class's new use
     * @param lock what is being taken, or held while interrupts are switched on
     * @param path from {@code lock}'s class to the other; the last link's trace is where the other was used
     */
    record IrqInversion(Scene scene, String state, Change change, HeldView lock, List<Link> path)
            implements LockReport {

        /** What is new. */
        public enum Change {
            /** The class was taken in an interrupt; it comes before one held with that interrupt on. */
            BECAME_SAFE,
            /** The class was held with an interrupt on; it comes after one taken in that interrupt. */
            BECAME_UNSAFE
        }

        /** Copies the list. */
        public IrqInversion {
            path = List.copyOf(path);
        }

        @Override
        public Kind kind() {
            return Kind.IRQ_INVERSION;
        }

        @Override
        public String title() {
            return "possible irq lock inversion dependency detected";
        }

        @Override
        public List<LockName> classes() {
            return path.stream().map(Link::name).toList();
        }
    }

    /**
     * A class is taken in an interrupt and held with that interrupt on.
     *
     * @param scene where
     * @param lock what is being taken or held
     * @param before the use known so far, such as {@code SOFTIRQ-ON-W}
     * @param now the new use, such as {@code IN-SOFTIRQ-W}
     * @param known where the use known so far was
     */
    record InconsistentState(Scene scene, HeldView lock, String before, String now, Trace known) implements LockReport {

        @Override
        public Kind kind() {
            return Kind.INCONSISTENT_STATE;
        }

        @Override
        public String title() {
            return "inconsistent lock state";
        }

        @Override
        public List<LockName> classes() {
            return List.of(lock.name());
        }
    }

    /**
     * A lock may make its taker wait longer than is allowed here.
     *
     * @param scene where
     * @param taken what is being taken
     * @param needed what it needs, 0 to 5
     * @param allowed what the context and the locks held in it allow, 0 to 5
     */
    record InvalidWaitContext(Scene scene, HeldView taken, int needed, int allowed) implements LockReport {

        @Override
        public Kind kind() {
            return Kind.INVALID_WAIT_CONTEXT;
        }

        @Override
        public String title() {
            return "Invalid wait context";
        }

        @Override
        public List<LockName> classes() {
            return List.of(taken.name());
        }
    }

    /**
     * A task may sleep where it must not: in an interrupt, with one off, or under a spin lock.
     *
     * @param scene where
     * @param what what it may sleep for
     */
    record SleepInAtomicContext(Scene scene, String what) implements LockReport {

        @Override
        public Kind kind() {
            return Kind.SLEEP_IN_ATOMIC_CONTEXT;
        }

        @Override
        public String title() {
            return "sleeping function called from invalid context";
        }

        @Override
        public List<LockName> classes() {
            return scene.held().stream().map(HeldView::name).toList();
        }
    }

    /**
     * A lock is said to be ordered by another, which is not held.
     *
     * @param scene where
     * @param taken what is being taken
     * @param nestLock the other's name
     */
    record NestLockNotTaken(Scene scene, HeldView taken, String nestLock) implements LockReport {

        @Override
        public Kind kind() {
            return Kind.NEST_LOCK_NOT_TAKEN;
        }

        @Override
        public String title() {
            return "Nested lock was not taken";
        }

        @Override
        public List<LockName> classes() {
            return List.of(taken.name());
        }
    }

    /**
     * A task gives up what it does not hold, or not in this context.
     *
     * @param scene where
     * @param lock the lock's name
     */
    record BadUnlockBalance(Scene scene, String lock) implements LockReport {

        @Override
        public Kind kind() {
            return Kind.BAD_UNLOCK_BALANCE;
        }

        @Override
        public String title() {
            return "bad unlock balance detected!";
        }

        @Override
        public List<LockName> classes() {
            return List.of();
        }
    }

    /**
     * A lock is given up that somebody relied on staying held.
     *
     * @param scene where
     * @param lock what is given up
     */
    record PinnedLockReleased(Scene scene, HeldView lock) implements LockReport {

        @Override
        public Kind kind() {
            return Kind.PINNED_LOCK_RELEASED;
        }

        @Override
        public String title() {
            return "releasing a pinned lock";
        }

        @Override
        public List<LockName> classes() {
            return List.of(lock.name());
        }
    }

    /**
     * The memory of a lock is freed or made anew while the lock is held.
     *
     * @param scene where
     * @param lock what is held
     */
    record HeldLockFreed(Scene scene, HeldView lock) implements LockReport {

        @Override
        public Kind kind() {
            return Kind.HELD_LOCK_FREED;
        }

        @Override
        public String title() {
            return "held lock freed!";
        }

        @Override
        public List<LockName> classes() {
            return List.of(lock.name());
        }
    }

    /**
     * A call, an interrupt or a task ends with locks held.
     *
     * @param scene where, with the locks
     * @param from what ends
     */
    record HeldAtReturn(Scene scene, String from) implements LockReport {

        @Override
        public Kind kind() {
            return Kind.HELD_AT_RETURN;
        }

        @Override
        public String title() {
            return "lock held when returning from " + from + "!";
        }

        @Override
        public List<LockName> classes() {
            return scene.held().stream().map(HeldView::name).toList();
        }
    }

    /**
     * The validator can remember no more, and stops.
     *
     * @param scene where
     * @param limit which limit, such as {@code MAX_LOCK_DEPTH too low!}
     */
    record LimitReached(Scene scene, String limit) implements LockReport {

        @Override
        public Kind kind() {
            return Kind.LIMIT_REACHED;
        }

        @Override
        public String title() {
            return limit;
        }

        @Override
        public List<LockName> classes() {
            return List.of();
        }
    }
}
