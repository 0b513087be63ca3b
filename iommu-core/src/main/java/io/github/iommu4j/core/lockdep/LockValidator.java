package io.github.iommu4j.core.lockdep;

import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.SpinLock.IrqState;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A lock validator: told of every acquisition and release, it reports an order of locks that could deadlock when it is
 * first seen (Linux {@code lockdep}, rules of 6.1 to 6.12). One belongs to one model; nothing is shared between two.
 *
 * <p>Put around a model's locks by {@code core.lock.ValidatedLocking}; locks of one's own are annotated by {@link #map},
 * {@link #acquire} before waiting for the lock, and {@link #release} before giving it up.
 *
 * <p><b>Thread-safety:</b> every method may be called from any thread; a thread is a task unless {@link Builder#tasks}
 * says otherwise. A chain of locks that was seen before costs one probe of a hash table and no lock; a new one is validated
 * under the validator's own monitor.
 */
public final class LockValidator {

    /**
     * How much is remembered.
     *
     * @param classes classes with their subclasses
     * @param edges edges, each once
     * @param chains chains
     */
    public record Statistics(int classes, int edges, int chains) {}

    /** What a validator is made from. */
    public static final class Builder {
        private String release = "6.12.0";
        private ReportPolicy policy = ReportPolicy.THROW;
        private RawNesting nesting = RawNesting.UNCHECKED;
        private LockLimits limits = LockLimits.DEFAULT;
        private int traceDepth = 8;
        private Consumer<LockReport> sink = report -> {};
        private @Nullable Supplier<LockTask> tasks;

        private Builder() {}

        /**
         * The release that reports name.
         *
         * @param name such as {@code 6.12.0}
         * @return this
         */
        public Builder release(String name) {
            release = name;
            return this;
        }

        /**
         * What happens with a report; {@link ReportPolicy#THROW} by default.
         *
         * @param newPolicy the policy
         * @return this
         */
        public Builder policy(ReportPolicy newPolicy) {
            policy = newPolicy;
            return this;
        }

        /**
         * Whether raw and other spin locks are told apart; they are not by default.
         *
         * @param newNesting the choice
         * @return this
         */
        public Builder rawNesting(RawNesting newNesting) {
            nesting = newNesting;
            return this;
        }

        /**
         * How much is remembered; {@link LockLimits#DEFAULT} by default.
         *
         * @param newLimits the limits
         * @return this
         */
        public Builder limits(LockLimits newLimits) {
            limits = newLimits;
            return this;
        }

        /**
         * How many frames of the stack are kept for a new edge or use; 8 by default.
         *
         * @param frames 0 or more; 0 keeps none, so that reports are the same whatever calls what
         * @return this
         * @throws IllegalArgumentException when negative
         */
        public Builder traceDepth(int frames) {
            if (frames < 0) {
                throw new IllegalArgumentException("a trace of " + frames + " frames");
            }
            traceDepth = frames;
            return this;
        }

        /**
         * Is told of every report, whatever the policy, before it is thrown.
         *
         * @param newSink called on the task that caused the report
         * @return this
         */
        public Builder sink(Consumer<LockReport> newSink) {
            sink = newSink;
            return this;
        }

        /**
         * Says which task runs, where tasks are no threads.
         *
         * @param newTasks called at every acquisition and release
         * @return this
         */
        public Builder tasks(Supplier<LockTask> newTasks) {
            tasks = newTasks;
            return this;
        }

        /**
         * Makes the validator.
         *
         * @return a validator that has seen nothing
         */
        public LockValidator build() {
            return new LockValidator(this);
        }
    }

    private static final String NO_SUBCLASS = "looking up invalid subclass: ";

    private final ReportPolicy policy;
    private final RawNesting nesting;
    private final LockLimits limits;
    private final Consumer<LockReport> sink;
    private final @Nullable Supplier<LockTask> tasks;
    private final Reporter reporter;
    private final LockGraph graph;
    private final List<LockReport> reports = new CopyOnWriteArrayList<>();
    private final ThreadLocal<LockTask> ofThread = ThreadLocal.withInitial(LockValidator::taskOfThread);
    /** A hint, right or harmlessly old: most acquisitions come from the thread that acquired last. */
    private @Nullable LockTask lastTask;

    private volatile boolean enabled = true;

    private LockValidator(Builder builder) {
        policy = builder.policy;
        nesting = builder.nesting;
        limits = builder.limits;
        sink = builder.sink;
        tasks = builder.tasks;
        reporter = new Reporter(builder.release, builder.traceDepth, policy);
        graph = new LockGraph(limits, nesting, reporter);
    }

    /**
     * A validator that throws reports.
     *
     * @return a new validator
     */
    public static LockValidator throwing() {
        return builder().build();
    }

    /**
     * Describes a validator.
     *
     * @return a description to be completed
     */
    public static Builder builder() {
        return new Builder();
    }

    private static LockTask taskOfThread() {
        Thread thread = Thread.currentThread();
        return new LockTask(thread.getName());
    }

    private LockTask current() {
        if (tasks != null) {
            return tasks.get();
        }
        LockTask last = lastTask;
        if (last != null && last.thread == Thread.currentThread()) {
            return last;
        }
        LockTask task = ofThread.get();
        lastTask = task;
        return task;
    }

    /**
     * Describes a lock.
     *
     * @param lockClass its class; locks with equal classes are of one class
     * @param kind what it is
     * @return the validator's side of it
     */
    public LockMap map(LockClass lockClass, LockKind kind) {
        return new LockMap(lockClass, lockClass.name(), kind);
    }

    /**
     * Describes a lock whose class may share its name with others: the second class of a name is printed with {@code #2}.
     *
     * @param key what tells classes apart, by {@code equals}
     * @param name the name
     * @param kind what it is
     * @return the validator's side of it
     */
    public LockMap map(Object key, String name, LockKind kind) {
        return new LockMap(key, name, kind);
    }

    /**
     * Whether it still validates: {@code false} after the first report under {@link ReportPolicy#DISABLE_AFTER_FIRST}, and
     * after a limit was reached.
     *
     * @return {@code true} while it does
     */
    public boolean isEnabled() {
        return enabled;
    }

    /**
     * What was reported.
     *
     * @return the reports, oldest first
     */
    public List<LockReport> reports() {
        return List.copyOf(reports);
    }

    /**
     * How much is remembered.
     *
     * @return the numbers
     */
    public Statistics statistics() {
        return graph.statistics();
    }

    /**
     * Tells of every edge A → B: B was taken while A was held.
     *
     * @param visitor is given A and B
     */
    public void forEachEdge(BiConsumer<LockName, LockName> visitor) {
        graph.forEachEdge(visitor);
    }

    /**
     * A task takes a lock; called before it waits.
     *
     * @param lock which
     * @param how how
     * @throws LockReportError when that is wrong and the policy is to throw; the task does not hold the lock then
     */
    public void acquire(LockMap lock, Acquisition how) {
        if (!enabled) {
            return;
        }
        LockTask task = current();
        if (!task.busy) {
            acquire(task, lock, how, !task.hardirqsOn);
        }
    }

    private void acquire(LockTask task, LockMap lock, Acquisition how, boolean hardirqsOff) {
        ClassNode node = how.subclass() >= 0 && how.subclass() < LockMap.SUBCLASSES ? lock.node(how.subclass()) : null;
        if (node == null) {
            node = register(task, lock, how.subclass());
            if (node == null) {
                return;
            }
        }
        int depth = task.depth;
        if (depth >= limits.heldLocks()) {
            raise(reporter.limit(task, "MAX_LOCK_DEPTH too low!"));
            return;
        }
        HeldLock top = depth == 0 ? null : task.stack[depth - 1];
        if (how.nestLock() != null && top != null && top.node == node) {
            merge(task, top);
            return;
        }
        int irqContext = task.irqContext();
        HeldLock below = top != null && top.irqContext == irqContext ? top : null;
        HeldLock held = task.next();
        held.become(lock, node, how);
        held.irqContext = irqContext;
        held.hardirqsOff = hardirqsOff;
        held.references = how.nestLock() == null ? 0 : 1;
        held.pins = 0;
        held.chainBefore = below == null ? ChainCache.EMPTY_CHAIN : below.chain;
        held.chain = ChainCache.extend(held.chainBefore, node.id, how.mode().ordinal());
        int allowed = below == null ? task.contextWait().value(nesting) : below.allowedWait;
        held.allowedWait = node.innerWait == 0 ? allowed : Math.min(allowed, node.innerWait);
        if (isAcquirable(task, held, allowed) && !how.isSync()) {
            task.depth = depth + 1;
        }
    }

    /** Whether the task goes on and holds the lock: a report that is only recorded does not stop it. */
    private boolean isAcquirable(LockTask task, HeldLock held, int allowed) {
        Acquisition how = held.how;
        ClassNode node = held.lockClass();
        LockReport report = null;
        if (node.neededWait() > allowed && node.innerWait != 0 && !how.isTry()) {
            report = reporter.waitContext(task, held, allowed);
        }
        int uses = held.uses(task);
        if (report == null && (node.usage & uses) != uses) {
            report = graph.mark(task, held, uses);
        }
        if (report == null && how.nestLock() != null && !isHeld(task, how.nestLock())) {
            report = reporter.nestLockNotTaken(task, held, how.nestLock());
        }
        if (report == null && !how.isTry() && how.isChecked() && !graph.isKnown(held.chain)) {
            report = graph.validate(task, held);
        }
        return report == null || raise(report);
    }

    private @Nullable ClassNode register(LockTask task, LockMap lock, int subclass) {
        if (subclass < 0 || subclass >= LockMap.SUBCLASSES) {
            raise(reporter.limit(task, NO_SUBCLASS + subclass));
            return null;
        }
        ClassNode node = graph.register(lock, subclass);
        if (node == null) {
            raise(reporter.limit(task, "MAX_LOCKDEP_KEYS too low!"));
        }
        return node;
    }

    /** Locks of a class that are taken one after the other under a lock that orders them are one entry. */
    private void merge(LockTask task, HeldLock top) {
        top.references = Math.max(top.references, 1) + 1;
        if (top.references > LockLimits.REFERENCES) {
            raise(reporter.limit(task, "a held lock is counted more than " + LockLimits.REFERENCES + " times"));
        }
    }

    /** Says whether the task goes on. Reaching a limit ends validation whatever the policy. */
    private boolean raise(LockReport report) {
        reports.add(report);
        if (policy == ReportPolicy.DISABLE_AFTER_FIRST || report.kind() == LockReport.Kind.LIMIT_REACHED) {
            enabled = false;
        }
        LockTask task = current();
        task.busy = true;
        try {
            sink.accept(report);
        } finally {
            task.busy = false;
        }
        if (policy == ReportPolicy.THROW) {
            throw new LockReportError(report);
        }
        return enabled;
    }

    /**
     * A task gives a lock up, in any order; called before it does.
     *
     * @param lock which
     * @throws LockReportError when the task does not hold it in this context, or it is pinned, and the policy is to throw
     */
    public void release(LockMap lock) {
        if (!enabled) {
            return;
        }
        LockTask task = current();
        if (task.busy) {
            return;
        }
        int index = indexOf(task, lock);
        if (index < 0) {
            raise(reporter.badUnlock(task, lock));
            return;
        }
        HeldLock held = task.stack[index];
        if (held.pins > 0 && !raise(reporter.pinned(task, held))) {
            return;
        }
        if (held.references > 1) {
            held.references--;
            return;
        }
        if (index == task.depth - 1) {
            task.depth = index;
        } else {
            reacquireAbove(task, index, index + 1);
        }
    }

    /** The innermost entry for a lock within the running context, or -1. */
    private static int indexOf(LockTask task, LockMap lock) {
        int context = task.irqContext();
        for (int i = task.depth - 1; i >= 0 && task.stack[i].irqContext == context; i--) {
            if (task.stack[i].standsFor(lock)) {
                return i;
            }
        }
        return -1;
    }

    /** Takes the entries from one index on again, as if those below were all the task held. */
    private void reacquireAbove(LockTask task, int newDepth, int from) {
        int oldDepth = task.depth;
        HeldLock[] old = task.stack;
        HeldLock[] fresh = new HeldLock[old.length];
        System.arraycopy(old, 0, fresh, 0, newDepth);
        for (int i = newDepth; i < fresh.length; i++) {
            fresh[i] = new HeldLock();
        }
        task.stack = fresh;
        task.depth = newDepth;
        for (int i = from; i < oldDepth; i++) {
            HeldLock again = old[i];
            Acquisition how = again.how;
            if (how.mode() != again.mode) {
                how = new Acquisition(again.mode, how.subclass(), how.attempt(), how.checked(), how.nestLock());
            }
            int before = task.depth;
            acquire(task, again.lock(), how, again.hardirqsOff);
            if (task.depth > before) {
                task.stack[before].references = again.references;
                task.stack[before].pins = again.pins;
            }
        }
    }

    /**
     * A writer becomes a reader that waiting writers stop ({@code downgrade_write}).
     *
     * @param lock which
     * @throws LockReportError when the task does not hold it alone and the policy is to throw
     */
    public void downgrade(LockMap lock) {
        change(lock, held -> {
            if (held.mode != LockMode.EXCLUSIVE) {
                raise(reporter.badUnlock(current(), lock));
            }
            held.mode = LockMode.SHARED;
        });
    }

    /**
     * A lock that is held becomes one of another subclass ({@code lock_set_subclass}).
     *
     * @param lock which
     * @param subclass 0 to 7
     * @throws LockReportError when the task does not hold it, or the new order is wrong, and the policy is to throw
     */
    public void setSubclass(LockMap lock, int subclass) {
        change(lock, held -> held.how = held.how.nested(subclass));
    }

    private void change(LockMap lock, Consumer<HeldLock> change) {
        if (!enabled) {
            return;
        }
        LockTask task = current();
        int index = indexOf(task, lock);
        if (index < 0) {
            raise(reporter.badUnlock(task, lock));
            return;
        }
        change.accept(task.stack[index]);
        reacquireAbove(task, index, index);
    }

    /**
     * Waits until nobody holds a lock, and holds nothing afterwards ({@code synchronize_srcu}).
     *
     * @param lock which
     * @throws LockReportError when waiting for it here could deadlock and the policy is to throw
     */
    public void sync(LockMap lock) {
        acquire(lock, Acquisition.EXCLUSIVE.syncing());
    }

    /**
     * Somebody relies on a lock staying held; counted.
     *
     * @param lock which
     * @throws LockReportError when the task does not hold it and the policy is to throw
     */
    public void pin(LockMap lock) {
        pins(lock, 1);
    }

    /**
     * Undoes one {@link #pin}.
     *
     * @param lock which
     * @throws LockReportError when the task does not hold it and the policy is to throw
     */
    public void unpin(LockMap lock) {
        pins(lock, -1);
    }

    private void pins(LockMap lock, int change) {
        if (!enabled) {
            return;
        }
        LockTask task = current();
        int index = indexOf(task, lock);
        if (index < 0) {
            raise(reporter.badUnlock(task, lock));
        } else {
            task.stack[index].pins = Math.max(0, task.stack[index].pins + change);
        }
    }

    /**
     * Whether the running task holds a lock, in any context.
     *
     * @param lock which
     * @return {@code true} when it does; unknown, and therefore {@code false}, once validation ended
     */
    public boolean isHeld(LockMap lock) {
        return isHeld(current(), lock);
    }

    private static boolean isHeld(LockTask task, LockMap lock) {
        for (int i = 0; i < task.depth; i++) {
            if (task.stack[i].standsFor(lock)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Fails unless the running task holds a lock. Says nothing once validation ended.
     *
     * @param lock which
     * @throws AssertionError when it does not
     */
    public void assertHeld(LockMap lock) {
        if (enabled && !isHeld(lock)) {
            throw new AssertionError(lock.name() + " is not held");
        }
    }

    /**
     * Fails when the running task holds a lock. Says nothing once validation ended.
     *
     * @param lock which
     * @throws AssertionError when it does
     */
    public void assertNotHeld(LockMap lock) {
        if (enabled && isHeld(lock)) {
            throw new AssertionError(lock.name() + " is held");
        }
    }

    /**
     * The memory of a lock is freed, or made a new lock.
     *
     * @param lock which
     * @throws LockReportError when the running task holds it and the policy is to throw
     */
    public void free(LockMap lock) {
        if (!enabled) {
            return;
        }
        LockTask task = current();
        for (int i = 0; i < task.depth; i++) {
            if (task.stack[i].map == lock) {
                raise(reporter.freed(task, task.stack[i]));
                return;
            }
        }
    }

    /**
     * A call, a task or an interrupt ends: it must not hold anything.
     *
     * @param from what ends, such as {@code user space}
     * @throws LockReportError when it does and the policy is to throw
     */
    public void returns(String from) {
        if (!enabled) {
            return;
        }
        LockTask task = current();
        if (task.depth > 0 && task.stack[task.depth - 1].irqContext == task.irqContext()) {
            raise(reporter.heldAtReturn(task, from));
        }
    }

    /**
     * The running task may sleep here ({@code might_sleep}): not in an interrupt, with one off, or under a spin lock.
     *
     * @param what what it may sleep for, for the report
     * @throws LockReportError when it must not sleep here and the policy is to throw
     */
    public void mightSleep(String what) {
        if (!enabled) {
            return;
        }
        LockTask task = current();
        boolean atomic = task.context() != ExecutionContext.TASK || !task.hardirqsOn || !task.softirqsOn();
        if (atomic || task.depth > 0 && task.stack[task.depth - 1].allowedWait < WaitType.SLEEP.value(nesting)) {
            raise(reporter.sleep(task, what));
        }
    }

    /**
     * Switches hard interrupts off for the running task ({@code local_irq_save}).
     *
     * @return whether they were on
     */
    public IrqState hardirqsOff() {
        LockTask task = current();
        IrqState before = task.hardirqsOn ? IrqState.ENABLED : IrqState.DISABLED;
        task.hardirqsOn = false;
        return before;
    }

    /**
     * Puts hard interrupts back ({@code local_irq_restore}); where that switches them on, locks that are held are now held
     * with them on.
     *
     * @param state what {@link #hardirqsOff} returned
     * @throws LockReportError when one of them may not be and the policy is to throw
     */
    public void hardirqsRestore(IrqState state) {
        LockTask task = current();
        if (state == IrqState.DISABLED || task.hardirqsOn) {
            return;
        }
        task.hardirqsOn = true;
        markHeld(task, Usage.ENABLED);
        if (task.softirqsOn()) {
            markHeld(task, Usage.ENABLED << Usage.SOFTIRQ_SHIFT);
        }
    }

    /** Switches soft interrupts off for the running task ({@code local_bh_disable}); counted. */
    public void softirqsOff() {
        current().softirqsOff++;
    }

    /**
     * Undoes one {@link #softirqsOff}; the last one switches soft interrupts on.
     *
     * @throws LockReportError when a lock that is held may not be held with them on and the policy is to throw
     * @throws AssertionError when they are on
     */
    public void softirqsOn() {
        LockTask task = current();
        if (task.softirqsOff == 0) {
            throw new AssertionError("soft interrupts are switched on twice");
        }
        if (--task.softirqsOff == 0 && task.hardirqsOn) {
            markHeld(task, Usage.ENABLED << Usage.SOFTIRQ_SHIFT);
        }
    }

    private void markHeld(LockTask task, int bit) {
        for (int i = 0; i < task.depth && enabled; i++) {
            HeldLock held = task.stack[i];
            int use = held.mode == LockMode.EXCLUSIVE ? bit : bit << 1;
            if (held.how.isChecked() && (held.lockClass().usage & use) == 0) {
                LockReport report = graph.mark(task, held, use);
                if (report != null) {
                    raise(report);
                }
            }
        }
    }

    /**
     * Runs something in another context of the running task, as an interrupt would: hard ones with hard interrupts off,
     * soft ones with soft interrupts off.
     *
     * @param context the context; {@link ExecutionContext#TASK} just runs it
     * @param action what runs there
     * @throws LockReportError when it ends with locks held and the policy is to throw
     */
    public void runIn(ExecutionContext context, Runnable action) {
        switch (context) {
            case TASK -> action.run();
            case SOFTIRQ -> runInSoftirq(action);
            case HARDIRQ -> runInHardirq(LockTask.HardirqKind.HARD, action);
        }
    }

    private void runInSoftirq(Runnable action) {
        LockTask task = current();
        task.softirqDepth++;
        task.softirqsOff++;
        try {
            action.run();
            returns("a soft interrupt");
        } finally {
            task.softirqsOff--;
            task.softirqDepth--;
        }
    }

    /**
     * Runs something as a hard interrupt.
     *
     * @param kind whether the handler is a thread under PREEMPT_RT
     * @param action what runs there
     * @throws LockReportError when it ends with locks held and the policy is to throw
     */
    public void runInHardirq(LockTask.HardirqKind kind, Runnable action) {
        LockTask task = current();
        LockTask.HardirqKind outerKind = task.hardirqKind;
        boolean hardirqsWereOn = task.hardirqsOn;
        task.hardirqsOn = false;
        task.hardirqKind = kind;
        task.hardirqDepth++;
        try {
            action.run();
            returns("a hard interrupt");
        } finally {
            task.hardirqDepth--;
            task.hardirqKind = outerKind;
            task.hardirqsOn = hardirqsWereOn;
        }
    }
}
