package io.github.iommu4j.core.lockdep;

import org.jspecify.annotations.Nullable;

/** One entry of a task's stack of held locks; entries are used again and again. Confined to its task. */
final class HeldLock {

    @Nullable
    LockMap map;

    @Nullable
    ClassNode node;

    Acquisition how = Acquisition.EXCLUSIVE;
    LockMode mode = LockMode.EXCLUSIVE;
    /** 1 in a soft interrupt, 2 in a hard one, and both. */
    int irqContext;

    boolean hardirqsOff;
    /** How many acquisitions under a nest lock this entry stands for; 0 for one without. */
    int references;

    int pins;
    long chainBefore;
    long chain;
    /** The least that this lock and those below it in the same context allow. */
    int allowedWait;

    /** Loops take the same locks at the same depths: references that are there already are not written again. */
    @SuppressWarnings("ReferenceEquality")
    void become(LockMap newMap, ClassNode newNode, Acquisition newHow) {
        if (map != newMap) {
            map = newMap;
            node = newNode;
        }
        if (how != newHow) {
            how = newHow;
            node = newNode;
        }
        if (mode != newHow.mode()) {
            mode = newHow.mode();
        }
    }

    /** What taking the lock here shows of its class, see {@link Usage}. */
    int uses(LockTask task) {
        int shift = mode == LockMode.EXCLUSIVE ? 0 : 1;
        int uses = Usage.USED << shift;
        if (!how.isChecked()) {
            return uses;
        }
        if (!how.isTry()) {
            uses |= task.hardirqDepth > 0 ? Usage.USED_IN << shift : 0;
            uses |= task.softirqDepth > 0 ? Usage.USED_IN << shift + Usage.SOFTIRQ_SHIFT : 0;
        }
        if (!hardirqsOff && !how.isSync()) {
            uses |= Usage.ENABLED << shift;
            uses |= task.softirqsOn() ? Usage.ENABLED << shift + Usage.SOFTIRQ_SHIFT : 0;
        }
        return uses;
    }

    LockMap lock() {
        LockMap held = map;
        if (held == null) {
            throw new AssertionError("an empty entry of a task's stack is used");
        }
        return held;
    }

    ClassNode lockClass() {
        ClassNode held = node;
        if (held == null) {
            throw new AssertionError("an empty entry of a task's stack is used");
        }
        return held;
    }

    /** Whether this entry stands for a lock: itself, or its class when acquisitions were merged. */
    boolean standsFor(LockMap other) {
        return map == other || references > 0 && node != null && node == other.node(node.subclass);
    }

    HeldView describe() {
        return new HeldView(lockClass().describe(), lock().name(), mode, how.attempt());
    }
}
