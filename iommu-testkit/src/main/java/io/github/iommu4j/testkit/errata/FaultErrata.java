package io.github.iommu4j.testkit.errata;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.FaultEvent.Traits;
import io.github.iommu4j.api.fault.PageResponse;
import io.github.iommu4j.core.fault.DeviceFaults;
import io.github.iommu4j.core.fault.FaultErratum;
import io.github.iommu4j.core.fault.IopfQueue;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.fault.FaultLedger;
import io.github.iommu4j.testkit.machine.MockHost;
import java.util.List;
import java.util.Set;

/** The mistakes of the kernel's fault reporting, each with steps that show it. */
public final class FaultErrata {

    private static final String LEDGER = "the ledger of page requests and answers";

    private FaultErrata() {}

    /**
     * All mistakes.
     *
     * @return one case for each constant of {@link FaultErratum}, in its order
     */
    public static List<ErratumCase> cases() {
        return List.of(
                new ErratumCase(
                        FaultErratum.UNREGISTER_FORGETS_PENDING,
                        "A handler is unregistered while a page request waits for its answer.",
                        LEDGER,
                        "is neither answered nor pending",
                        FaultErrata::unregisterWithPending),
                new ErratumCase(
                        FaultErratum.UNPREPARED_DEVICE_GETS_NO_ANSWER,
                        "A device that is in no queue asks for a page.",
                        LEDGER,
                        "is neither answered nor pending",
                        FaultErrata::askUnprepared),
                new ErratumCase(
                        FaultErratum.PARTIAL_REQUEST_FALLS_THROUGH,
                        "A device asks for two pages in one group.",
                        LEDGER,
                        "wants no answer and got SUCCESS",
                        FaultErrata::askTwice));
    }

    private static PageRequest request(Traits traits) {
        return new PageRequest(TranslationUnit.NO_SUBSTREAM, 1, 1, 0x1000, traits);
    }

    /** A machine whose device's page requests and answers are entered in a ledger. */
    private static final class Scene {
        final FaultLedger ledger = new FaultLedger();
        final ErratumMachine machine;
        final DeviceFaults faults;
        final Device device;

        Scene(KernelRelease release, Set<Erratum> errata) {
            machine = new ErratumMachine(release, MockHost.intel(48), errata);
            machine.iommu.answeringPageRequests(answer ->
                    ledger.answered(answer.request(), answer.response().code()));
            machine.core.register(machine.iommu);
            faults = machine.core.faults();
            device = machine.add("nic");
        }

        IommuDomain attach() {
            IommuDomain domain = machine.core.newPagingDomain(device);
            machine.group(device).attach(domain);
            return domain;
        }

        PageRequest ask(Traits traits) {
            PageRequest request = request(traits);
            if (traits.last()) {
                ledger.asked(device, request);
            }
            Errno refusal = faults.report(device, request);
            if (refusal != null) {
                machine.log.print(KernelLog.Level.INFO, "reported: " + refusal);
            }
            return request;
        }

        List<String> findings() {
            return ledger.violations(faults::pending);
        }
    }

    private static List<String> unregisterWithPending(Set<Erratum> errata) {
        Scene scene = new Scene(KernelRelease.V6_1, errata);
        scene.faults.register(scene.device, (device, event) -> null);
        scene.ask(Traits.LAST);
        try {
            scene.faults.unregister(scene.device);
        } catch (IommuException refusal) {
            scene.machine.log.print(KernelLog.Level.INFO, "refused: " + refusal.getMessage());
        }
        return scene.findings();
    }

    private static List<String> askUnprepared(Set<Erratum> errata) {
        Scene scene = new Scene(KernelRelease.V6_12, errata);
        scene.machine.core.setIopfHandler(scene.attach(), group -> null);
        scene.ask(Traits.LAST);
        return scene.findings();
    }

    private static List<String> askTwice(Set<Erratum> errata) {
        Scene scene = new Scene(KernelRelease.V6_12, errata);
        scene.machine.core.setIopfHandler(scene.attach(), group -> {
            scene.ledger.means(group.last());
            group.respond(PageResponse.Code.SUCCESS);
            return null;
        });
        IopfQueue queue = scene.faults.newQueue("iommu0", (device, request) -> PageResponse.Code.SUCCESS);
        queue.add(scene.device);
        scene.ask(Traits.PARTIAL);
        scene.ask(Traits.LAST);
        return scene.findings();
    }
}
