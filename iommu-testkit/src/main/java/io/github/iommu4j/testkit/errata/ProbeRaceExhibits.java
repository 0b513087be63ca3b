package io.github.iommu4j.testkit.errata;

import static io.github.iommu4j.testkit.errata.RaceExhibit.under;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.testkit.errata.Exhibit.Condition;
import io.github.iommu4j.testkit.explore.Shared;
import io.github.iommu4j.testkit.explore.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What went wrong while nothing, or the wrong lock, kept probes of devices apart. */
final class ProbeRaceExhibits {

    static final LockClass PROBE_LOCK = new LockClass("iommu_probe_device_lock");
    private static final LockClass DEVICE_LOCK = new LockClass("&dev->mutex", LockClass.Validation.NONE);
    private static final String NO_LIST = "no list";

    private ProbeRaceExhibits() {}

    static List<Exhibit> exhibits() {
        return List.of(
                RaceExhibit.of(
                        "probe-2022-param-allocated-twice",
                        "2022, up to 6.1: a registering IOMMU's walk of the bus and the replay from a client driver's bind"
                                + " both see dev->iommu empty, and both allocate it. The first one is lost with what a"
                                + " driver has already put into it.",
                        "dev->iommu is allocated twice",
                        "one global mutex is held around the probe, from the look to the store (6.2)",
                        ProbeRaceExhibits::allocateTwice),
                RaceExhibit.of(
                        "probe-2022-group-queued-twice",
                        "2022, up to 6.1: two IOMMUs register and probe two devices of one group. Both see that the group"
                                + " has no default domain and is on no list, and both add its list node to their own.",
                        "the group is on 2 lists",
                        "test and addition are one section under the group's mutex (6.2)",
                        ProbeRaceExhibits::queueTwice),
                RaceExhibit.of(
                        "probe-2022-group-unlinked-early",
                        "2022, up to 6.1: bus_iommu_probe takes a group off its list and only then takes the group's mutex."
                                + " Whoever probes another device of the group in between sees it on no list and without"
                                + " a default domain, and queues it again.",
                        "the group is set up 2 times",
                        "the group is taken off its list under its mutex (6.2)",
                        ProbeRaceExhibits::unlinkEarly),
                RaceExhibit.of(
                        "probe-2023-two-walks-deadlock",
                        "August 2023, a proposal (reconstructed): two IOMMUs probe asynchronously, each with its own"
                                + " device's lock held, and the walk of each takes the other's. Leaving out one's own device"
                                + " does not help; &dev->mutex is not validated, so the only symptom is a boot that hangs.",
                        "DEADLOCK",
                        "a walk locks no hardware's device: mainline took one global mutex",
                        ProbeRaceExhibits::walkTwice),
                RaceExhibit.of(
                        "probe-2023-foreign-device-unlocked",
                        "August 2023, the trap of the same proposal: the variant for callers that hold a device's lock"
                                + " asserts it, but drivers configure DMA for devices of others (a6xx_gmu, venus, host1x) and"
                                + " hold no lock of theirs. Seen on a Qualcomm RB5 as a warning at device.h:1012.",
                        "&dev->mutex is not held",
                        "the caller holds the lock of the device it configures; mainline dropped the assertion instead",
                        ProbeRaceExhibits::configureForeign));
    }

    private static void allocateTwice(Stage stage, Condition condition) {
        Mutex probing = stage.locking().mutex(PROBE_LOCK);
        Shared<String> param = stage.shared("dev->iommu", "");
        List<String> allocated = new ArrayList<>();
        for (String caller : List.of("bus_iommu_probe", "iommu_probe_device")) {
            stage.task(
                    caller,
                    () -> under(probing, condition, () -> {
                        if (param.get().isEmpty()) {
                            allocated.add(caller);
                            param.set(caller);
                        }
                    }));
        }
        stage.atEnd("alloc_once", () -> {
            if (allocated.size() != 1) {
                allocated.remove(param.get());
                throw new AssertionError("dev->iommu is allocated twice, what " + allocated + " allocated is lost");
            }
        });
    }

    /** A group on its way to a default domain. */
    private static final class QueuedGroup {
        final Mutex mutex;
        private final Shared<Boolean> hasDefault;
        private final Shared<String> entry;
        private final Set<String> lists = new TreeSet<>();
        private int setUps;

        QueuedGroup(Stage stage) {
            mutex = stage.locking().mutex(new LockClass("&group->mutex"));
            hasDefault = stage.shared("group->default_domain", false);
            entry = stage.shared("group->entry", NO_LIST);
        }

        boolean queue(String list) {
            boolean wanted = !hasDefault.get() && entry.get().equals(NO_LIST);
            if (wanted) {
                entry.set(list);
                lists.add(list);
            }
            return wanted;
        }

        /** What bus_iommu_probe does with a group on its list. */
        void finish(String list, Condition condition) {
            if (condition == Condition.AS_IT_WAS) {
                unlink(list);
                under(mutex, this::setUp);
            } else {
                under(mutex, () -> {
                    unlink(list);
                    setUp();
                });
            }
        }

        private void unlink(String list) {
            entry.set(NO_LIST);
            lists.remove(list);
        }

        private void setUp() {
            hasDefault.set(true);
            setUps++;
        }
    }

    private static void queueTwice(Stage stage, Condition condition) {
        QueuedGroup group = new QueuedGroup(stage);
        for (String iommu : List.of("smmu0", "smmu1")) {
            stage.task(iommu + " registers", () -> under(group.mutex, condition, () -> group.queue(iommu)));
        }
        stage.invariant("group_on_one_list", () -> {
            if (group.lists.size() > 1) {
                throw new AssertionError("the group is on " + group.lists.size() + " lists, those of " + group.lists);
            }
        });
    }

    private static void unlinkEarly(Stage stage, Condition condition) {
        QueuedGroup group = new QueuedGroup(stage);
        group.queue("smmu0");
        stage.task("smmu0 sets its groups up", () -> group.finish("smmu0", condition));
        stage.task("smmu1 registers", () -> {
            boolean[] queued = new boolean[1];
            under(group.mutex, () -> queued[0] = group.queue("smmu1"));
            if (queued[0]) {
                group.finish("smmu1", condition);
            }
        });
        stage.atEnd("a group gets its default domain once", () -> {
            if (group.setUps != 1) {
                throw new AssertionError("the group is set up " + group.setUps + " times");
            }
        });
    }

    private static void walkTwice(Stage stage, Condition condition) {
        Locking locking = stage.validatedLocking();
        Mutex probing = locking.mutex(PROBE_LOCK);
        List<Mutex> devices = List.of(locking.mutex(DEVICE_LOCK), locking.mutex(DEVICE_LOCK));
        for (int i = 0; i < devices.size(); i++) {
            Mutex own = devices.get(i);
            stage.task(
                    "smmu" + i + " is bound",
                    () -> under(own, () -> {
                        for (Mutex visited : devices) {
                            if (visited != own) {
                                under(condition == Condition.AS_IT_WAS ? visited : probing, () -> {});
                            }
                        }
                    }));
        }
    }

    private static void configureForeign(Stage stage, Condition condition) {
        Mutex device = stage.locking().mutex(DEVICE_LOCK);
        stage.task("of_dma_configure", () -> under(device, condition, device::assertHeld));
    }
}
