package io.github.iommu4j.testkit.errata;

import static io.github.iommu4j.testkit.errata.RaceExhibit.under;

import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.testkit.errata.Exhibit.Condition;
import io.github.iommu4j.testkit.explore.Shared;
import io.github.iommu4j.testkit.explore.Stage;
import java.util.List;
import java.util.Optional;

/** Firmware's description of a device, written by one processor while another probes the device. */
final class FwSpecRaceExhibits {

    private static final int NOT_LINKED = -1;
    private static final int ALL_IDS = 2;
    private static final String CONFIGURES = "of_iommu_configure";
    private static final String REGISTERS = "iommu_device_register";

    private FwSpecRaceExhibits() {}

    static List<Exhibit> exhibits() {
        return List.of(
                RaceExhibit.of(
                        "probe-2023-param-freed-under-firmware",
                        "November 2023, up to 6.6: of_iommu_configure allocates dev->iommu for the fwspec it is about to"
                                + " write. A registering IOMMU probes the same device, its driver fails for want of a"
                                + " fwspec, and the failed probe frees dev->iommu; the write goes through freed memory.",
                        "use after free: of_iommu_configure writes the fwspec",
                        "firmware's whole section holds iommu_probe_device_lock (6.7)",
                        FwSpecRaceExhibits::freeUnderFirmware),
                RaceExhibit.of(
                        "probe-2023-half-built-fwspec",
                        "November 2023, up to 6.6: of_iommu_configure has linked a fwspec but not added its ids. A"
                                + " registering IOMMU's driver sees it, takes it for whole, and probes with what there is.",
                        "probed on a half-built fwspec",
                        "firmware holds iommu_probe_device_lock until the fwspec is whole, and gives it up before the"
                                + " replay of the probe (6.7)",
                        FwSpecRaceExhibits::probeHalfBuilt),
                RaceExhibit.of(
                        "probe-2023-ops-of-freed-fwspec",
                        "November 2023, up to 6.6 (reconstructed): of_iommu_configure finds a fwspec from an earlier pass."
                                + " A registering IOMMU's probe of the device fails and frees it, and of_iommu_configure"
                                + " reads the ops of what is gone.",
                        "use after free: of_iommu_configure reads the fwspec's ops",
                        "the first look at the fwspec is under iommu_probe_device_lock, too (6.7)",
                        FwSpecRaceExhibits::readFreedOps));
    }

    /** What dev->iommu points to, with its fwspec. */
    private static final class Param {
        private final Shared<Boolean> live;
        private final Shared<Integer> ids;

        /** Made while the stage is set up, so that it has the same number in every run. */
        Param(Stage stage, String allocator) {
            live = stage.shared("memory allocated by " + allocator, true);
            ids = stage.shared("fwspec allocated by " + allocator, NOT_LINKED);
        }

        void use(String how) {
            if (!live.get()) {
                throw new AssertionError("use after free: " + how);
            }
        }
    }

    private static final class ProbedDevice {
        final Mutex probing;
        private final Shared<Optional<Param>> param;
        private final Shared<Integer> programmed;

        ProbedDevice(Stage stage, Optional<Param> known) {
            probing = stage.locking().mutex(ProbeRaceExhibits.PROBE_LOCK);
            param = stage.shared("dev->iommu", known);
            programmed = stage.shared("stream table", NOT_LINKED);
        }

        Param paramOr(Param fresh) {
            Optional<Param> known = param.get();
            if (known.isEmpty()) {
                param.set(Optional.of(fresh));
            }
            return known.orElse(fresh);
        }

        void free(Param freed) {
            param.set(Optional.empty());
            freed.live.set(false);
        }

        /** The driver's probe, once: it needs a fwspec and programs the ids that it has. */
        boolean probe(Param seen) {
            if (programmed.get() == NOT_LINKED && seen.ids.get() != NOT_LINKED) {
                programmed.set(seen.ids.get());
            }
            return programmed.get() != NOT_LINKED;
        }
    }

    private static void freeUnderFirmware(Stage stage, Condition condition) {
        ProbedDevice device = new ProbedDevice(stage, Optional.empty());
        Param firmwares = new Param(stage, CONFIGURES);
        Param probes = new Param(stage, REGISTERS);
        stage.task(
                CONFIGURES,
                () -> under(device.probing, condition, () -> {
                    Param param = device.paramOr(firmwares);
                    param.use(CONFIGURES + " writes the fwspec");
                    param.ids.set(ALL_IDS);
                }));
        stage.task(
                REGISTERS,
                () -> under(device.probing, () -> {
                    Param param = device.paramOr(probes);
                    if (!device.probe(param)) {
                        device.free(param);
                    }
                }));
    }

    private static void probeHalfBuilt(Stage stage, Condition condition) {
        Param param = new Param(stage, CONFIGURES);
        ProbedDevice device = new ProbedDevice(stage, Optional.of(param));
        stage.task(CONFIGURES, () -> {
            under(device.probing, condition, () -> {
                for (int ids = 0; ids <= ALL_IDS; ids++) {
                    param.ids.set(ids);
                }
            });
            under(device.probing, () -> device.probe(param));
        });
        stage.task(REGISTERS, () -> under(device.probing, () -> device.probe(param)));
        stage.atEnd("the hardware knows every id of the device", () -> {
            int known = device.programmed.get();
            if (known != ALL_IDS) {
                throw new AssertionError(
                        "the device is probed on a half-built fwspec, with " + known + " of its " + ALL_IDS + " ids");
            }
        });
    }

    private static void readFreedOps(Stage stage, Condition condition) {
        Param earlier = new Param(stage, "an earlier pass");
        ProbedDevice device = new ProbedDevice(stage, Optional.of(earlier));
        stage.task(
                CONFIGURES,
                () -> under(
                        device.probing,
                        condition,
                        () -> device.param
                                .get()
                                .ifPresent(known -> known.use(CONFIGURES + " reads the fwspec's ops"))));
        stage.task(REGISTERS, () -> under(device.probing, () -> device.free(earlier)));
    }
}
