package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.oracle.MachineEntry;
import io.github.iommu4j.lab.oracle.Snapshot;
import io.github.iommu4j.testkit.machine.TurnLocking;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One boot of our kernel: operations are done one after the other, each as a task of its own, so that those that block
 * stay behind and return later.
 *
 * <p>Confined to one thread.
 */
final class Session implements AutoCloseable {

    /** A call that has not returned. */
    private static final class Call {
        private final int row;
        private final AtomicReference<@Nullable Outcome> outcome = new AtomicReference<>();

        Call(int row) {
            this.row = row;
        }
    }

    /** How a call ended: an answer, a reason why there is no model of it, or what our model did wrong. */
    record Outcome(
            @Nullable Answer answer,
            @Nullable String outsideModel,
            @Nullable Throwable failure) {}

    /**
     * A call that returned late.
     *
     * @param row the row that began it
     * @param outcome how it ended
     */
    record Late(int row, Outcome outcome) {}

    /**
     * What one operation led to.
     *
     * @param outcome how it ended, or {@code null} when it blocks
     * @param late older calls that returned meanwhile, in the order of their rows
     * @param messages what the kernel wrote
     * @param snapshot the state afterwards, or {@code null} when it cannot be read
     */
    record Step(
            @Nullable Outcome outcome,
            List<Late> late,
            List<KernelLog.Line> messages,
            @Nullable Snapshot snapshot) {}

    private final TurnLocking turns = new TurnLocking();
    private final KernelMachine machine;
    private final Harness harness;
    private final SnapshotTaker snapshots;
    private final List<Call> pending = new ArrayList<>();

    private Session(MachineEntry entry) throws CaptureException {
        machine = KernelMachine.boot(entry, turns);
        harness = new Harness(machine);
        snapshots = new SnapshotTaker(machine, harness);
        machine.machine().core().log().drain();
    }

    static Session boot(MachineEntry entry) throws CaptureException {
        return new Session(entry);
    }

    KernelMachine machine() {
        return machine;
    }

    Harness harness() {
        return harness;
    }

    int pendingCalls() {
        return pending.size();
    }

    /** Does one operation. */
    Step perform(int row, String operation, List<String> arguments) {
        harness.groups().rememberGroups();
        Call call = new Call(row);
        turns.start(row + " " + operation, () -> call.outcome.set(attempt(operation, arguments)));
        List<Late> late = new ArrayList<>();
        for (Call older : List.copyOf(pending)) {
            Outcome outcome = older.outcome.get();
            if (outcome != null) {
                late.add(new Late(older.row, outcome));
                pending.remove(older);
            }
        }
        Outcome outcome = call.outcome.get();
        if (outcome == null) {
            pending.add(call);
        }
        List<KernelLog.Line> messages = machine.machine().core().log().drain();
        return new Step(outcome, late, messages, snapshot());
    }

    private Outcome attempt(String operation, List<String> arguments) {
        try {
            return new Outcome(harness.perform(operation, arguments), null, null);
        } catch (Operation.OutsideModelException outside) {
            return new Outcome(null, outside.reason(), null);
        } catch (Arguments.UnreadableException unreadable) {
            return new Outcome(
                    null, "operations that are not in the oracle's notation: " + unreadable.getMessage(), null);
        } catch (RuntimeException | AssertionError failure) {
            return new Outcome(null, null, failure);
        }
    }

    /** The state now, or {@code null} when reading it would block. */
    @Nullable
    Snapshot snapshot() {
        if (pending.isEmpty()) {
            return takeWithoutTask();
        }
        AtomicReference<@Nullable Snapshot> taken = new AtomicReference<>();
        turns.start("snapshot", () -> taken.set(snapshots.take(SnapshotTaker.Overrides.UNREADABLE)));
        return taken.get();
    }

    /** With no call pending nothing is locked; a lock that was left locked fails instead of waiting. */
    private @Nullable Snapshot takeWithoutTask() {
        try {
            return snapshots.take(SnapshotTaker.Overrides.READABLE);
        } catch (AssertionError locked) {
            return null;
        }
    }

    @Override
    public void close() {
        turns.close();
    }
}
