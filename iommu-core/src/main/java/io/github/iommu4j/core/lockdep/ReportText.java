package io.github.iommu4j.core.lockdep;

import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.core.lockdep.LockReport.Circular;
import io.github.iommu4j.core.lockdep.LockReport.InconsistentState;
import io.github.iommu4j.core.lockdep.LockReport.InvalidWaitContext;
import io.github.iommu4j.core.lockdep.LockReport.IrqInversion;
import io.github.iommu4j.core.lockdep.LockReport.IrqOrder;
import io.github.iommu4j.core.lockdep.LockReport.Link;
import io.github.iommu4j.core.lockdep.LockReport.Recursive;
import java.util.List;
import java.util.Locale;

/** Writes reports in the layout in which the kernel prints them. */
final class ReportText {

    private static final int CPU1_COLUMN = 31;

    private final LockReport report;
    private final StringBuilder text = new StringBuilder(2048);

    private ReportText(LockReport report) {
        this.report = report;
    }

    static String of(LockReport report) {
        return new ReportText(report).write();
    }

    private String write() {
        banner();
        switch (report.kind()) {
            case CIRCULAR -> circular((Circular) report);
            case RECURSIVE -> recursive((Recursive) report);
            case IRQ_ORDER -> irqOrder((IrqOrder) report);
            case IRQ_INVERSION -> irqInversion((IrqInversion) report);
            case INCONSISTENT_STATE -> inconsistent((InconsistentState) report);
            case INVALID_WAIT_CONTEXT -> waitContext((InvalidWaitContext) report);
            case SLEEP_IN_ATOMIC_CONTEXT -> line("%s [%s] may sleep for %s.", task(), context(), sleptFor());
            case NEST_LOCK_NOT_TAKEN -> nestLock((LockReport.NestLockNotTaken) report);
            case BAD_UNLOCK_BALANCE -> line("%s is trying to release lock (%s) at:", task(), unlocked());
            case PINNED_LOCK_RELEASED ->
                line(
                        "%s releases a lock that is pinned:\n%s",
                        task(), report.classes().get(0));
            case HELD_LOCK_FREED -> line("%s is freeing memory with a lock still held there:\n%s", task(), freed());
            case HELD_AT_RETURN -> line("%s is leaving the kernel with locks still held!", task());
            case LIMIT_REACHED -> line("turning off the locking correctness validator.");
        }
        heldLocks();
        backtrace();
        return text.toString();
    }

    private void banner() {
        String title = switch (report.kind()) {
            case INVALID_WAIT_CONTEXT -> "[ BUG: " + report.title() + " ]";
            case SLEEP_IN_ATOMIC_CONTEXT -> "BUG: " + report.title();
            default -> "WARNING: " + report.title();
        };
        int width = Math.max(title.length(), report.scene().release().length() + " Not tainted".length());
        line("%s", "=".repeat(width));
        line("%s", title);
        line("%s Not tainted", report.scene().release());
        line("%s", "-".repeat(width));
    }

    private String task() {
        return report.scene().task();
    }

    private ExecutionContext context() {
        return report.scene().context();
    }

    private String sleptFor() {
        return ((LockReport.SleepInAtomicContext) report).what();
    }

    private String unlocked() {
        return ((LockReport.BadUnlockBalance) report).lock();
    }

    private HeldView freed() {
        return ((LockReport.HeldLockFreed) report).lock();
    }

    private void circular(Circular circular) {
        line("%s is trying to acquire lock:", task());
        line("%s", circular.taken());
        line("");
        line("but task is already holding lock:");
        line("%s", circular.held());
        line("");
        line("which lock already depends on the new lock.");
        line("");
        line("the existing dependency chain (in reverse order) is:");
        int number = circular.chain().size();
        for (Link link : circular.chain()) {
            line("");
            line("-> #%d %s:", --number, link.name());
            link.trace().appendTo(text);
        }
        line("");
        otherInfo();
        List<Link> chain = circular.chain();
        String held = chain.get(0).name().plain();
        String parent = chain.get(1).name().plain();
        String taken = chain.get(chain.size() - 1).name().plain();
        if (chain.size() > 2) {
            line("Chain exists of:");
            line("  %s --> %s --> %s", taken, parent, held);
            line("");
        }
        scenario();
        cpu0("%s(%s);", verb(circular.held()), held);
        cpu1("lock(%s);", parent);
        cpu1("lock(%s);", held);
        cpu0("%s(%s);", verb(circular.taken()), taken);
        deadlock();
    }

    private static String verb(HeldView lock) {
        if (lock.attempt() == Acquisition.Attempt.SYNC) {
            return "sync";
        }
        return lock.mode() == LockMode.EXCLUSIVE ? "lock" : "rlock";
    }

    private void recursive(Recursive recursive) {
        line("%s is trying to acquire lock:", task());
        line("%s", recursive.taken());
        line("");
        line("but task is already holding lock:");
        line("%s", recursive.held());
        line("");
        otherInfo();
        line(" Possible unsafe locking scenario:");
        line("");
        line("       CPU0");
        line("       ----");
        cpu0("lock(%s);", recursive.held().name().plain());
        cpu0("lock(%s);", recursive.taken().name().plain());
        deadlock();
        line(" May be due to missing lock nesting notation");
        line("");
    }

    private void irqOrder(IrqOrder order) {
        String state = order.state();
        line("%s [%s] is trying to acquire:", task(), order.scene().context());
        line("%s", order.taken());
        line("");
        line("and this task is already holding:");
        line("%s", order.held());
        line("which would create a new lock dependency:");
        line(" %s -> %s", order.held(), order.taken());
        line("");
        line("but this new dependency connects a %s-irq-safe lock:", state);
        line(" %s", order.safe().get(0).name());
        line("... which became %s-irq-safe at:", state);
        order.safe().get(0).trace().appendTo(text);
        line("");
        Link unsafe = order.unsafe().get(order.unsafe().size() - 1);
        line("to a %s-irq-unsafe lock:", state);
        line(" %s", unsafe.name());
        line("... which became %s-irq-unsafe at:", state);
        unsafe.trace().appendTo(text);
        line("");
        otherInfo();
        String first = order.safe().get(0).name().plain();
        String middle = order.taken().name().plain();
        String last = unsafe.name().plain();
        if (!middle.equals(last)) {
            line("Chain exists of:");
            line("  %s --> %s --> %s", first, middle, last);
            line("");
        }
        line(" Possible interrupt unsafe locking scenario:");
        line("");
        columns();
        cpu0("lock(%s);", last);
        cpu1("local_irq_disable();");
        cpu1("lock(%s);", first);
        cpu1("lock(%s);", middle);
        cpu0("<Interrupt>");
        cpu0("  lock(%s);", first);
        deadlock();
        dependencies("the dependencies between " + state + "-irq-safe lock and the holding lock:", order.safe());
        dependencies(
                "the dependencies between the lock to be acquired and " + state + "-irq-unsafe lock:", order.unsafe());
    }

    private void dependencies(String title, List<Link> links) {
        line("%s", title);
        for (Link link : links) {
            line("-> %s", link.name());
            link.trace().appendTo(text);
        }
        line("");
    }

    private void irqInversion(IrqInversion inversion) {
        boolean safe = inversion.change() == IrqInversion.Change.BECAME_SAFE;
        Link other = inversion.path().get(inversion.path().size() - 1);
        line(
                "%s [%s] just changed the state of lock:",
                task(), inversion.scene().context());
        line("%s", inversion.lock());
        if (safe) {
            line("but this lock took another, %s-unsafe lock in the past:", inversion.state());
        } else {
            line("but this lock was taken by another, %s-safe lock in the past:", inversion.state());
        }
        line(" %s", other.name());
        line("");
        line("and interrupts could create inverse lock ordering between them.");
        line("");
        otherInfo();
        line(" Possible interrupt unsafe locking scenario:");
        line("");
        columns();
        String inner = (safe ? other.name() : inversion.lock().name()).plain();
        String outer = (safe ? inversion.lock().name() : other.name()).plain();
        cpu0("lock(%s);", inner);
        cpu1("local_irq_disable();");
        cpu1("lock(%s);", outer);
        cpu1("lock(%s);", inner);
        cpu0("<Interrupt>");
        cpu0("  lock(%s);", outer);
        deadlock();
        dependencies("the shortest dependencies between 2nd lock and 1st lock:", inversion.path());
    }

    private void inconsistent(InconsistentState state) {
        line("inconsistent {%s} -> {%s} usage.", state.before(), state.now());
        line("%s [%s] takes:", task(), state.scene().context());
        line("%s", state.lock());
        line("{%s} state was registered at:", state.before());
        state.known().appendTo(text);
        line("");
        otherInfo();
        line(" Possible unsafe locking scenario:");
        line("");
        line("       CPU0");
        line("       ----");
        cpu0("lock(%s);", state.lock().name().plain());
        cpu0("<Interrupt>");
        cpu0("  lock(%s);", state.lock().name().plain());
        deadlock();
    }

    private void waitContext(InvalidWaitContext wait) {
        line("%s is trying to lock:", task());
        line("%s", wait.taken());
        line("");
        otherInfo();
        line("context-{%d:%d}", wait.allowed(), wait.allowed());
        line("");
    }

    private void nestLock(LockReport.NestLockNotTaken nest) {
        line("%s is trying to lock:", task());
        line("%s", nest.taken());
        line("");
        line("but this task is not holding:");
        line("%s", nest.nestLock());
        line("");
    }

    private void otherInfo() {
        line("other info that might help us debug this:");
        line("");
    }

    private void scenario() {
        line(" Possible unsafe locking scenario:");
        line("");
        columns();
    }

    private void columns() {
        line("       CPU0                    CPU1");
        line("       ----                    ----");
    }

    private void cpu0(String format, Object... arguments) {
        line("  " + format, arguments);
    }

    private void cpu1(String format, Object... arguments) {
        line(" ".repeat(CPU1_COLUMN) + format, arguments);
    }

    private void deadlock() {
        line("");
        line(" *** DEADLOCK ***");
        line("");
    }

    private void heldLocks() {
        List<HeldView> held = report.scene().held();
        if (held.isEmpty()) {
            line("no locks held by %s.", task());
        } else {
            line("%d lock%s held by %s:", held.size(), held.size() == 1 ? "" : "s", task());
        }
        for (int i = 0; i < held.size(); i++) {
            line(" #%d: %s", i, held.get(i));
        }
    }

    private void backtrace() {
        if (!report.scene().stack().frames().isEmpty()) {
            line("");
            line("stack backtrace:");
            report.scene().stack().appendTo(text);
        }
    }

    private void line(String format, Object... arguments) {
        text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }
}
