package io.github.iommu4j.core.lockdep;

import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.api.lock.SpinLock.IrqState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The verdicts that the kernel's own self-test of its validator expects, expanded to single cases. */
final class Selftest {

    /** What the validator must do. */
    enum Verdict {
        REPORT,
        SILENT
    }

    /**
     * One case.
     *
     * @param group rows that belong together
     * @param name what is done
     * @param column the kind of lock
     * @param nesting whether raw spin locks are told apart
     * @param verdict what must come of it
     * @param script what is done, on a validator that has seen nothing
     */
    record Case(String group, String name, String column, RawNesting nesting, Verdict verdict, Consumer<Stage> script) {

        @Override
        public String toString() {
            return group + ": " + name + " " + column;
        }
    }

    /** A column of the table: how a case's locks are taken. */
    enum Column {
        SPIN(LockKind.SPIN, LockMode.EXCLUSIVE),
        WLOCK(LockKind.RW_LOCK, LockMode.EXCLUSIVE),
        RLOCK(LockKind.RW_LOCK, LockMode.RECURSIVE),
        MUTEX(LockKind.MUTEX, LockMode.EXCLUSIVE),
        WSEM(LockKind.RW_SEMAPHORE, LockMode.EXCLUSIVE),
        RSEM(LockKind.RW_SEMAPHORE, LockMode.SHARED),
        RTMUTEX(LockKind.RT_MUTEX, LockMode.EXCLUSIVE);

        final LockKind kind;
        private final LockMode mode;

        Column(LockKind kind, LockMode mode) {
            this.kind = kind;
            this.mode = mode;
        }

        Acquisition how() {
            return switch (mode) {
                case EXCLUSIVE -> Acquisition.EXCLUSIVE;
                case SHARED -> Acquisition.SHARED;
                case RECURSIVE -> Acquisition.RECURSIVE;
            };
        }
    }

    /** A validator and locks by name; a digit after the letter makes another lock of the same class. */
    static final class Stage {
        final LockValidator validator;
        final LockKind kind;
        final Acquisition how;
        private final Map<String, LockMap> locks = new HashMap<>();

        Stage(LockValidator validator, LockKind kind, Acquisition how) {
            this.validator = validator;
            this.kind = kind;
            this.how = how;
        }

        LockMap lock(String name) {
            return lock(name, kind);
        }

        LockMap lock(String name, LockKind lockKind) {
            String className = name.substring(0, 1);
            return locks.computeIfAbsent(name, key -> validator.map(className, className, lockKind));
        }

        /** L, U: the column's way; W, R, r: writer, recursive reader, plain reader. Letters of locks follow. */
        void take(String name) {
            validator.acquire(lock(name), how);
        }

        void write(String name) {
            validator.acquire(lock(name), Acquisition.EXCLUSIVE);
        }

        void read(String name) {
            validator.acquire(lock(name), readerOf(kind));
        }

        void give(String name) {
            validator.release(lock(name));
        }

        /** Each pair: take the first, take the second, give both up. */
        void pairs(String... pairs) {
            for (String pair : pairs) {
                take(pair.substring(0, 1));
                take(pair.substring(1));
                give(pair.substring(1));
                give(pair.substring(0, 1));
            }
        }

        void hardirqsOff(Runnable action) {
            IrqState state = validator.hardirqsOff();
            action.run();
            validator.hardirqsRestore(state);
        }
    }

    static Acquisition readerOf(LockKind kind) {
        return kind == LockKind.RW_SEMAPHORE ? Acquisition.SHARED : Acquisition.RECURSIVE;
    }

    private final List<Case> cases = new ArrayList<>();

    private Selftest() {}

    static List<Case> cases() {
        Selftest table = new Selftest();
        table.cycles();
        table.readMixes();
        table.triangles();
        table.interrupts();
        table.readRecursion();
        table.queuedReaders();
        table.waitContexts();
        table.nesting();
        table.reclaim();
        table.specials();
        return table.cases;
    }

    private void add(String group, String name, Column column, Verdict verdict, Consumer<Stage> script) {
        cases.add(new Case(group, name, column.name(), RawNesting.UNCHECKED, verdict, stage -> script.accept(stage)));
    }

    private static Verdict of(boolean reported) {
        return reported ? Verdict.REPORT : Verdict.SILENT;
    }

    private void cycles() {
        for (Column column : Column.values()) {
            Verdict readers = of(column != Column.RLOCK);
            add("cycle", "A-A", column, readers, stage -> {
                stage.take("X1");
                stage.take("X2");
            });
            String[][] orders = {
                {"AB", "BA"},
                {"AB", "BC", "CA"},
                {"AB", "CA", "BC"},
                {"AB", "BC", "CD", "DA"},
                {"AB", "CD", "BD", "DA"},
                {"AB", "CD", "BC", "DA"}
            };
            for (String[] order : orders) {
                add("cycle", String.join("-", order), column, readers, stage -> stage.pairs(order));
            }
            add("balance", "double unlock", column, Verdict.REPORT, stage -> {
                stage.take("A");
                stage.give("A");
                stage.give("A");
            });
            add("lifetime", "initialise held", column, Verdict.REPORT, stage -> {
                stage.take("A");
                stage.validator.free(stage.lock("A"));
            });
        }
    }

    private void readMixes() {
        for (Column column : new Column[] {Column.RLOCK, Column.RSEM}) {
            Verdict recursive = of(column == Column.RSEM);
            add("read mix", "recursive read", column, recursive, stage -> {
                stage.read("X1");
                stage.read("X1");
            });
            add("read mix", "recursive read 2", column, recursive, stage -> {
                stage.read("X1");
                stage.read("X2");
            });
            add("read mix", "read-write", column, Verdict.REPORT, stage -> {
                stage.read("X1");
                stage.write("X2");
            });
            add("read mix", "write-read", column, Verdict.REPORT, stage -> {
                stage.write("X1");
                stage.read("X2");
            });
            add("read mix", "ABBA 1", column, Verdict.REPORT, stage -> {
                around(stage, "R", "A", "L", "B");
                around(stage, "L", "B", "W", "A");
            });
            add("read mix", "ABBA 2", column, recursive, stage -> {
                around(stage, "R", "A", "L", "B");
                around(stage, "L", "B", "R", "A");
            });
            add("read mix", "ABBA 3", column, Verdict.REPORT, stage -> {
                around(stage, "W", "A", "L", "B");
                around(stage, "L", "B", "W", "A");
            });
        }
        add("read mix", "chain cached ABBA", Column.RLOCK, Verdict.REPORT, stage -> {
            around(stage, "R", "A", "L", "B");
            around(stage, "L", "B", "R", "A");
            around(stage, "L", "B", "W", "A");
        });
    }

    /** Takes one lock and another in it; L takes B as the spin lock it is in these cases. */
    private static void around(Stage stage, String outerHow, String outer, String innerHow, String inner) {
        each(stage, outerHow, outer);
        each(stage, innerHow, inner);
        release(stage, innerHow, inner);
        release(stage, outerHow, outer);
    }

    private static LockMap map(Stage stage, String how, String name) {
        boolean plain = how.equals("L");
        boolean sleeps = stage.kind == LockKind.RW_SEMAPHORE;
        return plain ? stage.lock(name, sleeps ? LockKind.MUTEX : LockKind.SPIN) : stage.lock(name);
    }

    private static void each(Stage stage, String how, String name) {
        Acquisition acquisition = switch (how) {
            case "R" -> readerOf(stage.kind);
            case "r" -> Acquisition.SHARED;
            default -> Acquisition.EXCLUSIVE;
        };
        stage.validator.acquire(map(stage, how, name), acquisition);
    }

    private static void release(Stage stage, String how, String name) {
        stage.validator.release(map(stage, how, name));
    }

    private void triangles() {
        triangle("W1R2 W2R3 W3R1", new String[] {"WXRY", "WYRZ", "WZRX"}, Verdict.REPORT);
        triangle("W1W2 R2R3 W3R1", new String[] {"WXWY", "RYRZ", "WZRX"}, Verdict.REPORT);
        triangle("W1W2 R2R3 R3W1", new String[] {"WXWY", "RYRZ", "RZWX"}, Verdict.SILENT);
        triangle("W1R2 R2R3 W3W1", new String[] {"WXRY", "RYRZ", "WZWX"}, Verdict.SILENT);
    }

    private void triangle(String name, String[] steps, Verdict verdict) {
        for (int[] order : permutations(3)) {
            add("triangle", name + " in order " + orderName(order), Column.RLOCK, verdict, stage -> {
                for (int i : order) {
                    String step = steps[i];
                    around(stage, step.substring(0, 1), step.substring(1, 2), step.substring(2, 3), step.substring(3));
                }
            });
        }
    }

    static List<int[]> permutations(int count) {
        List<int[]> all = new ArrayList<>();
        permute(new int[count], 0, 0, all);
        return all;
    }

    private static void permute(int[] chosen, int length, int used, List<int[]> all) {
        if (length == chosen.length) {
            all.add(chosen.clone());
            return;
        }
        for (int i = 0; i < chosen.length; i++) {
            if ((used >>> i & 1) == 0) {
                chosen[length] = i;
                permute(chosen, length + 1, used | 1 << i, all);
            }
        }
    }

    private static String orderName(int[] order) {
        StringBuilder name = new StringBuilder();
        for (int i : order) {
            name.append(i + 1);
        }
        return name.toString();
    }

    /** Each event in every order. */
    private void permuted(String name, Column column, Verdict verdict, List<Consumer<Stage>> events) {
        for (int[] order : permutations(events.size())) {
            add("irq", name + " in order " + orderName(order), column, verdict, stage -> {
                for (int i : order) {
                    events.get(i).accept(stage);
                }
            });
        }
    }

    private static Consumer<Stage> in(ExecutionContext context, Consumer<Stage> event) {
        return stage -> stage.validator.runIn(context, () -> event.accept(stage));
    }

    private static Consumer<Stage> off(Consumer<Stage> event) {
        return stage -> stage.hardirqsOff(() -> event.accept(stage));
    }

    private static Consumer<Stage> taking(String... names) {
        return stage -> {
            for (String name : names) {
                stage.take(name);
            }
            for (int i = names.length - 1; i >= 0; i--) {
                stage.give(names[i]);
            }
        };
    }

    private void interrupts() {
        for (ExecutionContext irq : new ExecutionContext[] {ExecutionContext.HARDIRQ, ExecutionContext.SOFTIRQ}) {
            for (Column column : new Column[] {Column.SPIN, Column.WLOCK, Column.RLOCK}) {
                Verdict verdict = of(column != Column.RLOCK);
                permuted(irq + " safe A, A with it on", column, verdict, List.of(in(irq, taking("A")), taking("A")));
                permuted(irq + " safe A, switched on under A", column, verdict, List.of(in(irq, taking("A")), stage -> {
                    IrqState state = stage.validator.hardirqsOff();
                    stage.take("A");
                    stage.validator.hardirqsRestore(state);
                    stage.give("A");
                }));
                permuted(
                        irq + " safe A, A -> B with it on",
                        column,
                        verdict,
                        List.of(taking("A", "B"), taking("B"), in(irq, taking("A"))));
                permuted(
                        irq + " safe A, A -> B, B with it on",
                        column,
                        verdict,
                        List.of(off(taking("A", "B")), taking("B"), in(irq, taking("A"))));
                permuted(
                        irq + " inversion",
                        column,
                        verdict,
                        List.of(
                                off(stage -> {
                                    stage.write("A");
                                    stage.take("B");
                                    stage.give("B");
                                    stage.give("A");
                                }),
                                taking("B"),
                                in(irq, stage -> {
                                    stage.read("A");
                                    stage.give("A");
                                })));
            }
        }
        for (Column column : new Column[] {Column.SPIN, Column.WLOCK, Column.RLOCK}) {
            permuted(
                    "softirq safe A, hard ones switched on under A",
                    column,
                    of(column != Column.RLOCK),
                    List.of(in(ExecutionContext.SOFTIRQ, taking("A")), stage -> {
                        IrqState state = stage.validator.hardirqsOff();
                        stage.take("A");
                        stage.validator.hardirqsRestore(state);
                        stage.give("A");
                    }));
        }
    }

    private void readRecursion() {
        for (ExecutionContext irq : new ExecutionContext[] {ExecutionContext.HARDIRQ, ExecutionContext.SOFTIRQ}) {
            for (Column column : new Column[] {Column.WLOCK, Column.RLOCK}) {
                Verdict verdict = of(column == Column.WLOCK);
                Consumer<Stage> readsWithIrqsOn = stage -> {
                    stage.read("A");
                    stage.give("A");
                };
                permuted(
                        irq + " read recursion 1",
                        column,
                        verdict,
                        List.of(
                                off(stage -> {
                                    stage.write("A");
                                    stage.give("A");
                                }),
                                readsWithIrqsOn,
                                in(irq, stage -> {
                                    stage.take("A");
                                    each(stage, "L", "B");
                                    release(stage, "L", "B");
                                    stage.give("A");
                                })));
                permuted(
                        irq + " read recursion 2",
                        column,
                        verdict,
                        List.of(
                                off(stage -> {
                                    each(stage, "L", "B");
                                    stage.take("A");
                                    stage.give("A");
                                    release(stage, "L", "B");
                                }),
                                readsWithIrqsOn,
                                in(irq, stage -> {
                                    each(stage, "L", "B");
                                    release(stage, "L", "B");
                                })));
                permuted(
                        irq + " read recursion 3",
                        column,
                        verdict,
                        List.of(
                                off(stage -> {
                                    stage.write("B");
                                    stage.take("A");
                                    stage.give("A");
                                    stage.give("B");
                                }),
                                readsWithIrqsOn,
                                in(irq, stage -> {
                                    stage.read("B");
                                    stage.give("B");
                                })));
            }
        }
    }

    private void queuedReaders() {
        add("queued readers", "RE_Er", Column.WLOCK, Verdict.REPORT, stage -> {
            in(ExecutionContext.HARDIRQ, inner -> around(inner, "R", "A", "L", "B"))
                    .accept(stage);
            off(inner -> around(inner, "L", "B", "r", "A")).accept(stage);
        });
        add("queued readers", "ER_rE", Column.WLOCK, Verdict.SILENT, stage -> {
            in(ExecutionContext.HARDIRQ, inner -> around(inner, "L", "B", "R", "A"))
                    .accept(stage);
            off(inner -> around(inner, "r", "A", "L", "B")).accept(stage);
        });
        add("queued readers", "inversion", Column.WLOCK, Verdict.REPORT, stage -> {
            in(ExecutionContext.HARDIRQ, inner -> {
                        each(inner, "L", "B");
                        release(inner, "L", "B");
                    })
                    .accept(stage);
            off(inner -> around(inner, "L", "B", "r", "A")).accept(stage);
            each(stage, "r", "A");
            release(stage, "r", "A");
        });
    }

    /** Where the outer part of a wait-context case runs. */
    private record Outer(String name, String verdicts, Consumer<Stage> begin, Consumer<Stage> end) {}

    private void waitContexts() {
        LockKind[] inner = {LockKind.RCU, LockKind.RAW_SPIN, LockKind.SPIN, LockKind.MUTEX};
        Outer[] locks = {
            held(LockKind.RCU, "SSSF"),
            held(LockKind.RCU_BH, "SSSF"),
            held(LockKind.RCU_SCHED, "SSFF"),
            held(LockKind.RAW_SPIN, "SSFF"),
            held(LockKind.SPIN, "SSSF"),
            held(LockKind.MUTEX, "SSSS")
        };
        for (Outer outer : locks) {
            for (int i = 0; i < inner.length; i++) {
                LockKind kind = inner[i];
                wait(outer.name, kind, outer.verdicts.charAt(i), stage -> {
                    outer.begin.accept(stage);
                    takeAndGive(stage, kind);
                    outer.end.accept(stage);
                });
            }
        }
        for (int i = 0; i < inner.length; i++) {
            LockKind kind = inner[i];
            wait(
                    "threaded hardirq",
                    kind,
                    "SSSF".charAt(i),
                    stage -> stage.validator.runInHardirq(
                            LockTask.HardirqKind.THREADED, () -> takeAndGive(stage, kind)));
            wait(
                    "hardirq",
                    kind,
                    "SSFF".charAt(i),
                    stage -> stage.validator.runIn(ExecutionContext.HARDIRQ, () -> takeAndGive(stage, kind)));
            wait(
                    "softirq",
                    kind,
                    "SSSF".charAt(i),
                    stage -> stage.validator.runIn(ExecutionContext.SOFTIRQ, () -> takeAndGive(stage, kind)));
        }
    }

    private void wait(String outer, LockKind kind, char verdict, Consumer<Stage> script) {
        cases.add(new Case("wait context", kind + " in " + outer, "", RawNesting.CHECKED, of(verdict == 'F'), script));
    }

    private static Outer held(LockKind kind, String verdicts) {
        return new Outer(
                kind.name(),
                verdicts,
                stage -> stage.validator.acquire(stage.lock("O", kind), howOf(kind)),
                stage -> stage.validator.release(stage.lock("O", kind)));
    }

    private static Acquisition howOf(LockKind kind) {
        return switch (kind) {
            case RCU, RCU_BH, RCU_SCHED -> Acquisition.RCU_READ;
            default -> Acquisition.EXCLUSIVE;
        };
    }

    private static void takeAndGive(Stage stage, LockKind kind) {
        stage.validator.acquire(stage.lock("I", kind), howOf(kind));
        stage.validator.release(stage.lock("I", kind));
    }

    /** The nesting cases of the ww_mutex group that are about nesting only. */
    private void nesting() {
        add("nesting", "nest lock not held", Column.SPIN, Verdict.REPORT, stage -> {
            LockMap outer = stage.lock("O", LockKind.MUTEX);
            stage.validator.acquire(stage.lock("A"), Acquisition.EXCLUSIVE.under(outer));
        });
        add("nesting", "nest lock held", Column.SPIN, Verdict.SILENT, stage -> {
            LockMap outer = stage.lock("O", LockKind.MUTEX);
            stage.validator.acquire(outer, Acquisition.EXCLUSIVE);
            for (int i = 0; i < 3; i++) {
                stage.validator.acquire(stage.lock("A" + i), Acquisition.EXCLUSIVE.under(outer));
            }
            for (int i = 0; i < 3; i++) {
                stage.give("A" + i);
            }
            stage.validator.release(outer);
        });
    }

    /** Memory reclaim as a pseudo lock: a sleeping allocation waits for it unless its scope says it may not reclaim. */
    private void reclaim() {
        add("reclaim", "allocation that may not reclaim", Column.MUTEX, Verdict.SILENT, stage -> {
            LockMap reclaim = stage.lock("F", LockKind.MAP);
            stage.validator.acquire(reclaim, Acquisition.EXCLUSIVE);
            stage.validator.release(reclaim);
        });
        add("reclaim", "allocation that may reclaim, in reclaim", Column.MUTEX, Verdict.REPORT, stage -> {
            LockMap reclaim = stage.lock("F", LockKind.MAP);
            stage.validator.acquire(reclaim, Acquisition.EXCLUSIVE);
            stage.validator.acquire(reclaim, Acquisition.EXCLUSIVE);
        });
    }

    private void specials() {
        add("local lock", "inversion 2", Column.SPIN, Verdict.SILENT, Selftest::localInversion2);
        add("local lock", "inversion 3A", Column.SPIN, Verdict.SILENT, Selftest::localInversion3A);
        add("local lock", "inversion 3B", Column.SPIN, Verdict.REPORT, stage -> {
            stage.hardirqsOff(() -> nested(stage, stage.lock("A"), local(stage)));
            stage.hardirqsOff(() -> nested(stage, local(stage), stage.lock("B")));
            stage.validator.runIn(ExecutionContext.HARDIRQ, () -> single(stage, stage.lock("A")));
            stage.hardirqsOff(() -> nested(stage, stage.lock("A"), stage.lock("B")));
            single(stage, stage.lock("B"));
        });
        add("special", "hardirq-unsafe and softirq-safe", Column.SPIN, Verdict.REPORT, stage -> {
            LockMap mutex = stage.lock("M", LockKind.MUTEX);
            LockMap[] locks = {stage.lock("A"), stage.lock("B"), stage.lock("C"), stage.lock("D")};
            stage.validator.runIn(ExecutionContext.SOFTIRQ, () -> single(stage, locks[3]));
            stage.validator.runIn(ExecutionContext.HARDIRQ, () -> nested(stage, locks[0], locks[1]));
            nested(stage, mutex, locks[2]);
            stage.validator.softirqsOff();
            nested(stage, locks[2], locks[3]);
            stage.validator.softirqsOn();
            stage.hardirqsOff(() -> nested(stage, locks[1], locks[2]));
        });
    }

    private static LockMap local(Stage stage) {
        return stage.lock("L", LockKind.LOCAL);
    }

    private static void localInversion2(Stage stage) {
        stage.hardirqsOff(() -> nested(stage, stage.lock("A"), local(stage)));
        stage.validator.runIn(ExecutionContext.HARDIRQ, () -> single(stage, stage.lock("A")));
        stage.hardirqsOff(() -> single(stage, local(stage)));
        single(stage, local(stage));
    }

    private static void localInversion3A(Stage stage) {
        nested(stage, local(stage), stage.lock("B"));
        stage.hardirqsOff(() -> nested(stage, stage.lock("A"), local(stage)));
        stage.validator.runIn(ExecutionContext.HARDIRQ, () -> single(stage, stage.lock("A")));
    }

    private static void single(Stage stage, LockMap lock) {
        stage.validator.acquire(lock, Acquisition.EXCLUSIVE);
        stage.validator.release(lock);
    }

    private static void nested(Stage stage, LockMap outer, LockMap inner) {
        stage.validator.acquire(outer, Acquisition.EXCLUSIVE);
        stage.validator.acquire(inner, Acquisition.EXCLUSIVE);
        stage.validator.release(inner);
        stage.validator.release(outer);
    }
}
