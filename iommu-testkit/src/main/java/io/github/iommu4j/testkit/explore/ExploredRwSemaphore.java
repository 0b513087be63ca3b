package io.github.iommu4j.testkit.explore;

import io.github.iommu4j.api.lock.RwSemaphore;
import io.github.iommu4j.testkit.explore.Operation.Effect;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A reader-writer lock among explored tasks. A writer that has come and waits stops new readers, as in the kernel; so
 * coming and being let in are two steps of a writer.
 */
final class ExploredRwSemaphore implements RwSemaphore {

    private final Execution execution;
    private final String name;
    private final Operation read;
    private final Operation come;
    private final Operation write;
    private final Operation attempt;
    private final Operation give;
    private final List<Task> readers = new ArrayList<>();
    private final List<Task> waitingWriters = new ArrayList<>();
    private @Nullable Task writer;
    private int readersOutside;
    private boolean writerOutside;

    ExploredRwSemaphore(Execution execution, String name) {
        this.execution = execution;
        this.name = name;
        int object = execution.newObject();
        read = new Operation(
                object,
                Effect.CHANGES,
                "read-lock " + name,
                () -> writer == null && waitingWriters.isEmpty(),
                this::stops);
        come = Operation.of(object, Effect.CHANGES, "come to write-lock " + name);
        write = new Operation(object, Effect.CHANGES, "write-lock " + name, this::isFree, this::holder);
        attempt = Operation.of(object, Effect.CHANGES, "try " + name);
        give = Operation.of(object, Effect.CHANGES, "unlock " + name);
    }

    private boolean isFree() {
        return writer == null && readers.isEmpty();
    }

    private @Nullable Task holder() {
        return writer != null || readers.isEmpty() ? writer : readers.get(0);
    }

    private @Nullable Task stops() {
        return writer != null || waitingWriters.isEmpty() ? writer : waitingWriters.get(0);
    }

    @Override
    public void lockRead() {
        Task self = execution.current();
        if (self == null) {
            if (writer != null || writerOutside) {
                throw new Execution.Busy();
            }
            readersOutside++;
            return;
        }
        execution.point(read);
        admit(self);
    }

    private void admit(Task self) {
        readers.add(self);
        self.held.add(name);
    }

    @Override
    public boolean tryLockRead() {
        execution.point(attempt);
        if (writer != null || writerOutside || !waitingWriters.isEmpty()) {
            return false;
        }
        Task self = execution.current();
        if (self == null) {
            readersOutside++;
        } else {
            admit(self);
        }
        return true;
    }

    @Override
    public void unlockRead() {
        Task self = execution.current();
        boolean holds = self == null ? readersOutside > 0 : readers.contains(self);
        if (!holds && !execution.isEnding()) {
            throw new AssertionError("the task gives up reading " + name + ", which it does not hold");
        }
        if (self == null) {
            readersOutside--;
            return;
        }
        execution.point(give);
        readers.remove(self);
        self.held.remove(name);
    }

    @Override
    public void lockWrite() {
        Task self = execution.current();
        if (self == null) {
            if (!isFree() || writerOutside || readersOutside > 0) {
                throw new Execution.Busy();
            }
            writerOutside = true;
            return;
        }
        if (!execution.isEnding() && (writer == self || readers.contains(self))) {
            throw new AssertionError("deadlock: the task takes " + name + ", which it already holds");
        }
        execution.point(come);
        if (!isFree()) {
            waitingWriters.add(self);
            try {
                execution.point(write);
            } finally {
                waitingWriters.remove(self);
            }
        }
        writer = self;
        self.held.add(name);
    }

    @Override
    public boolean tryLockWrite() {
        execution.point(attempt);
        if (!isFree() || writerOutside || readersOutside > 0) {
            return false;
        }
        Task self = execution.current();
        if (self == null) {
            writerOutside = true;
        } else {
            writer = self;
            self.held.add(name);
        }
        return true;
    }

    @Override
    public void unlockWrite() {
        if (!execution.isEnding()) {
            assertHeldForWrite();
        }
        Task self = execution.current();
        if (self == null) {
            writerOutside = false;
            return;
        }
        execution.point(give);
        writer = null;
        self.held.remove(name);
    }

    @Override
    public void downgrade() {
        assertHeldForWrite();
        Task self = execution.current();
        if (self == null) {
            writerOutside = false;
            readersOutside++;
            return;
        }
        execution.point(give);
        writer = null;
        readers.add(self);
    }

    @Override
    public void assertHeld() {
        Task self = execution.current();
        boolean holds = self == null ? writerOutside || readersOutside > 0 : writer == self || readers.contains(self);
        if (!holds) {
            throw new AssertionError(name + " is not held");
        }
    }

    @Override
    public void assertHeldForWrite() {
        Task self = execution.current();
        if (self == null ? !writerOutside : writer != self) {
            throw new AssertionError(name + " is not held for writing");
        }
    }

    @Override
    public String toString() {
        return "rw semaphore " + name;
    }
}
