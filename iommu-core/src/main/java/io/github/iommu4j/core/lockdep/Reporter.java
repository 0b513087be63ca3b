package io.github.iommu4j.core.lockdep;

import io.github.iommu4j.core.lockdep.LockReport.IrqInversion.Change;
import io.github.iommu4j.core.lockdep.LockReport.Link;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes reports. */
final class Reporter {

    /** A conflict across classes that a new edge would make. */
    record IrqConflict(HeldLock taken, HeldLock held, Path safe, Path unsafe) {}

    private final String release;
    private final int traceDepth;
    private final ReportPolicy policy;

    Reporter(String release, int traceDepth, ReportPolicy policy) {
        this.release = release;
        this.traceDepth = traceDepth;
        this.policy = policy;
    }

    /** Whether a chain that was reported is as good as known: otherwise it is reported whenever it comes. */
    boolean isOncePerChain() {
        return policy != ReportPolicy.THROW;
    }

    Trace trace() {
        return Trace.capture(traceDepth);
    }

    Scene scene(LockTask task) {
        List<HeldView> held = new ArrayList<>(task.depth);
        for (int i = 0; i < task.depth; i++) {
            held.add(task.stack[i].describe());
        }
        return new Scene(release, task.name(), task.context(), held, trace());
    }

    LockReport recursive(LockTask task, HeldLock taken, HeldLock held) {
        return new LockReport.Recursive(scene(task), taken.describe(), held.describe());
    }

    LockReport circular(LockTask task, HeldLock taken, HeldLock held, Path path) {
        Scene scene = scene(task);
        List<Link> chain = new ArrayList<>();
        chain.add(new Link(taken.lockClass().describe(), scene.stack()));
        path.edges().forEach(edge -> chain.add(new Link(edge.to.describe(), edge.trace)));
        Collections.reverse(chain);
        return new LockReport.Circular(scene, taken.describe(), held.describe(), chain);
    }

    LockReport irqOrder(LockTask task, IrqConflict conflict) {
        ClassNode safeClass = conflict.safe.end();
        ClassNode unsafeClass = conflict.unsafe.end();
        int safeBit = firstConflict(safeClass.usage & Usage.ALL_USED_IN, unsafeClass.usage & Usage.ALL_ENABLED);
        int unsafeBit = Integer.lowestOneBit(Usage.opposite(safeBit) & unsafeClass.usage);
        List<Link> safe = new ArrayList<>();
        safe.add(new Link(safeClass.describe(), orNone(safeClass.usageTrace(safeBit))));
        List<Edge> backwards = new ArrayList<>(conflict.safe.edges());
        Collections.reverse(backwards);
        backwards.forEach(edge -> safe.add(new Link(edge.to.describe(), edge.trace)));
        List<Link> unsafe = new ArrayList<>();
        Scene scene = scene(task);
        unsafe.add(new Link(conflict.taken.lockClass().describe(), scene.stack()));
        conflict.unsafe.edges().forEach(edge -> unsafe.add(new Link(edge.to.describe(), edge.trace)));
        unsafe.set(unsafe.size() - 1, new Link(unsafeClass.describe(), orNone(unsafeClass.usageTrace(unsafeBit))));
        return new LockReport.IrqOrder(
                scene, Usage.stateAndMode(safeBit), conflict.taken.describe(), conflict.held.describe(), safe, unsafe);
    }

    private static int firstConflict(int usedIn, int enabled) {
        for (int rest = usedIn; rest != 0; rest &= rest - 1) {
            int bit = Integer.lowestOneBit(rest);
            if ((Usage.opposite(bit) & enabled) != 0) {
                return bit;
            }
        }
        throw new AssertionError("the ends of an unsafe order do not conflict");
    }

    LockReport inconsistent(LockTask task, HeldLock lock, int before, int now) {
        return new LockReport.InconsistentState(
                scene(task),
                lock.describe(),
                Usage.name(before),
                Usage.name(now),
                orNone(lock.lockClass().usageTrace(before)));
    }

    LockReport irqInversion(LockTask task, HeldLock lock, int bit, Path path) {
        int other = Integer.lowestOneBit(path.end().usage & Usage.opposite(bit));
        boolean forwards = Usage.isUsedIn(bit);
        List<Link> links = new ArrayList<>();
        Scene scene = scene(task);
        links.add(new Link(lock.lockClass().describe(), scene.stack()));
        for (Edge edge : path.edges()) {
            links.add(new Link((forwards ? edge.to : edge.from).describe(), edge.trace));
        }
        links.set(
                links.size() - 1,
                new Link(path.end().describe(), orNone(path.end().usageTrace(other))));
        return new LockReport.IrqInversion(
                scene,
                Usage.stateAndMode(other),
                forwards ? Change.BECAME_SAFE : Change.BECAME_UNSAFE,
                lock.describe(),
                links);
    }

    LockReport waitContext(LockTask task, HeldLock taken, int allowed) {
        return new LockReport.InvalidWaitContext(
                scene(task), taken.describe(), taken.lockClass().neededWait(), allowed);
    }

    LockReport sleep(LockTask task, String what) {
        return new LockReport.SleepInAtomicContext(scene(task), what);
    }

    LockReport nestLockNotTaken(LockTask task, HeldLock taken, LockMap nestLock) {
        return new LockReport.NestLockNotTaken(scene(task), taken.describe(), nestLock.name());
    }

    LockReport badUnlock(LockTask task, LockMap lock) {
        return new LockReport.BadUnlockBalance(scene(task), lock.name());
    }

    LockReport pinned(LockTask task, HeldLock lock) {
        return new LockReport.PinnedLockReleased(scene(task), lock.describe());
    }

    LockReport freed(LockTask task, HeldLock lock) {
        return new LockReport.HeldLockFreed(scene(task), lock.describe());
    }

    LockReport heldAtReturn(LockTask task, String from) {
        return new LockReport.HeldAtReturn(scene(task), from);
    }

    LockReport limit(LockTask task, String limit) {
        return new LockReport.LimitReached(scene(task), limit);
    }

    private static Trace orNone(@Nullable Trace trace) {
        return trace == null ? Trace.NONE : trace;
    }
}
