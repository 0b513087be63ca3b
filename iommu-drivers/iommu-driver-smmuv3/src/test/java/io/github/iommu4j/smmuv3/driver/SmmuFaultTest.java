package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.api.dma.Privilege;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.driver.DeviceFaultReporter;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.FaultReason;
import io.github.iommu4j.api.fault.PageResponse;
import io.github.iommu4j.core.fault.IopfQueue;
import io.github.iommu4j.smmuv3.driver.DeviceFeatures.Trait;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Queue;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import io.github.iommu4j.testkit.machine.DmaJob;
import io.github.iommu4j.testkit.machine.DmaSegment;
import io.github.iommu4j.testkit.machine.DmaTransfer;
import io.github.iommu4j.testkit.machine.EndpointMap;
import io.github.iommu4j.testkit.machine.FakeDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of accesses that fail or wait: log, handlers, answers. */
class SmmuFaultTest {

    private static final String FUNCTION = "0000:00:02.0";
    private static final long IOVA = 0x1234_5000L;
    private static final long PA = 0x8000_1000L;

    private static SmmuBench.Plan plan(KernelRelease release, DeviceFeatures features) {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.release = release;
        plan.features = features;
        return plan;
    }

    @Test
    void aFaultGoesToTheDomainsHandlerAndOtherwiseToTheLog() {
        SmmuBench.Plan plan = plan(KernelRelease.V6_12, DeviceFeatures.NONE);
        SmmuBench bench = plan.boot();
        IommuDomain domain = bench.attached("nic");
        domain.map(IOVA, PA, 0x1000, Prot.READ);
        assertThat(bench.driver.step()).isFalse();
        bench.lines();
        bench.dma("nic", IOVA + 0x1040, Access.READ);
        bench.dma("nic", IOVA + 8, Access.WRITE);
        assertThat(bench.driver.step()).isTrue();
        assertThat(bench.faults).containsExactly("nic READ 0x12346040", "nic WRITE 0x12345008");
        assertThat(bench.lines()).isEmpty();
        plan.handled = Errno.ENOSYS;
        bench.dma("nic", IOVA + 0x1040, Access.READ);
        bench.driver.step();
        assertThat(bench.lines())
                .containsExactly(
                        "arm-smmu-v3 9050000.smmuv3: event 0x10 received:",
                        "arm-smmu-v3 9050000.smmuv3: \t0x0000011000000010",
                        "arm-smmu-v3 9050000.smmuv3: \t0x0000020800000000",
                        "arm-smmu-v3 9050000.smmuv3: \t0x0000000012346040",
                        "arm-smmu-v3 9050000.smmuv3: \t0x0000000000000000");
    }

    @Test
    void newKernelsSayInWordsWhatAnEventIs() {
        SmmuBench.Plan plan = plan(KernelRelease.V7_2, DeviceFeatures.of(5));
        plan.handled = Errno.ENOSYS;
        SmmuBench bench = plan.boot();
        bench.attached("nic");
        bench.lines();
        bench.dma("nic", IOVA, Access.WRITE);
        bench.driver.step();
        assertThat(bench.lines())
                .contains(
                        "arm-smmu-v3 9050000.smmuv3: event: F_TRANSLATION client: nic sid: 0x110 ssid: 0x0 iova:"
                                + " 0x12345000 ipa: 0x0",
                        "arm-smmu-v3 9050000.smmuv3: unpriv data write s1 \"Input address caused fault\" stag: 0x0");
        bench.unit.translate(0x77, TranslationUnit.NO_SUBSTREAM, IOVA, Access.READ.bits());
        bench.driver.step();
        assertThat(bench.lines())
                .contains("arm-smmu-v3 9050000.smmuv3: event: C_BAD_STREAMID client: (unassigned sid) sid: 0x77"
                        + " ssid: 0x0");
    }

    @Test
    void aPasidsFaultIsItsDomains() {
        SmmuBench bench = plan(KernelRelease.V6_12, DeviceFeatures.of(5)).boot();
        IommuDomain domain = bench.core.newPagingDomain(bench.device("nic"));
        bench.group("nic").attachPasid(domain, 4);
        bench.dma("nic", 4, IOVA, Access.READ);
        bench.dma("nic", 5, IOVA, Access.READ);
        bench.driver.step();
        assertThat(bench.faults).containsExactly("nic READ 0x12345000");
    }

    @Test
    void oldKernelsReportToTheDeviceWhatNobodyCanMend() {
        SmmuBench.Plan plan = plan(KernelRelease.V6_1, DeviceFeatures.NONE);
        plan.handled = Errno.ENOSYS;
        SmmuBench bench = plan.boot();
        IommuDomain domain = bench.attached("nic");
        domain.map(IOVA, PA, 0x1000, Prot.READ);
        List<FaultEvent> events = new ArrayList<>();
        bench.core.faults().register(bench.device("nic"), (device, event) -> {
            events.add(event);
            return null;
        });
        bench.lines();
        bench.dma("nic", IOVA + 0x1000, Access.READ);
        bench.dma("nic", IOVA, Access.WRITE);
        bench.dma("nic", 1L << 50, Access.READ);
        bench.driver.step();
        assertThat(events)
                .containsExactly(
                        new FaultEvent.Unrecoverable(
                                FaultReason.PTE_FETCH, FaultEvent.READ, TranslationUnit.NO_SUBSTREAM, IOVA + 0x1000, 0),
                        new FaultEvent.Unrecoverable(
                                FaultReason.PERMISSION, FaultEvent.WRITE, TranslationUnit.NO_SUBSTREAM, IOVA, 0),
                        new FaultEvent.Unrecoverable(
                                FaultReason.PTE_FETCH, FaultEvent.READ, TranslationUnit.NO_SUBSTREAM, 1L << 50, 0));
        assertThat(bench.lines()).isEmpty();
    }

    /** A device whose accesses wait, with the fake one that makes them. */
    private static final class StallRig {
        final EndpointMap endpoints = new EndpointMap();
        final SmmuBench bench;
        final FakeDevice nic;

        StallRig(KernelRelease release) {
            SmmuBench.Plan plan = plan(release, DeviceFeatures.of(5, Trait.CAN_STALL));
            plan.hardware = builder -> builder.endpoints(endpoints);
            bench = plan.boot();
            nic = FakeDevice.builder(bench.unit, bench.memory, 0x110).build();
            endpoints.add(0x110, nic);
        }
    }

    @Test
    void aStalledAccessWaitsForItsPageAndGoesOn() {
        StallRig rig = new StallRig(KernelRelease.V6_12);
        SmmuBench bench = rig.bench;
        IommuDomain domain = bench.attached("nic");
        IopfQueue queue = bench.core.faults().newQueue("smmu", (device, request) -> {
            domain.map(request.address() & -0x1000L, PA, 0x1000, Prot.READ_WRITE);
            return PageResponse.Code.SUCCESS;
        });
        queue.add(bench.device("nic"));
        bench.core.setIopfHandler(domain, queue.handler());
        DmaTransfer transfer =
                rig.nic.run(DmaJob.of(DmaSegment.write(IOVA + 0x10, new byte[] {1, 2, 3, 4, 5, 6, 7, 8})));
        assertThat(transfer.isEnded()).as("it waits").isFalse();
        assertThat(bench.driver.step()).isTrue();
        assertThat(queue.step()).isTrue();
        while (rig.nic.step()) {
            // Until nothing moves.
        }
        assertThat(transfer.state()).isEqualTo(DmaTransfer.State.DONE);
        assertThat(bench.memory.load64(PA + 0x10)).isEqualTo(0x0807060504030201L);
        assertThat(bench.takeNames()).contains("RESUME");
        assertThat(bench.lines()).noneMatch(line -> line.contains("event 0x10"));
    }

    @ParameterizedTest
    @EnumSource
    void aStalledAccessThatNobodyTakesIsAborted(KernelRelease release) {
        StallRig rig = new StallRig(release);
        rig.bench.attached("nic");
        DmaTransfer transfer = rig.nic.run(DmaJob.of(DmaSegment.read(IOVA, 8)));
        assertThat(transfer.isEnded()).isFalse();
        rig.bench.driver.step();
        while (rig.nic.step()) {
            // Until nothing moves.
        }
        assertThat(transfer.state()).isEqualTo(DmaTransfer.State.FAILED);
    }

    @Test
    void withoutACoreTheDriverAnswersItself() {
        SmmuBench.Plan plan = plan(KernelRelease.V6_12, DeviceFeatures.of(0, Trait.CAN_STALL));
        plan.kernel = builder -> builder.deviceFaults(DeviceFaultReporter.NONE);
        SmmuBench bench = plan.boot();
        bench.attached("nic");
        bench.takeAll();
        long answer = bench.unit.translate(0x110, TranslationUnit.NO_SUBSTREAM, IOVA, Access.READ.bits());
        assertThat(Translations.isStalled(answer)).isTrue();
        bench.driver.step();
        assertThat(bench.takeNames()).containsExactly("RESUME");
    }

    @Test
    void aDeviceThatWaitsForNothingIsNotAnswered() {
        SmmuBench bench = plan(KernelRelease.V6_12, DeviceFeatures.NONE).boot();
        FaultEvent.PageRequest request = new FaultEvent.PageRequest(
                TranslationUnit.NO_SUBSTREAM, 3, FaultEvent.READ, IOVA, FaultEvent.Traits.LAST);
        PageResponse response = new PageResponse(TranslationUnit.NO_SUBSTREAM, 3, PageResponse.Code.SUCCESS);
        assertThat(bench.driver.answersPageRequests()).isTrue();
        assertThat(SmmuBench.errno(() -> bench.driver.pageResponse(bench.device("nic"), request, response)))
                .isEqualTo(Errno.ENODEV);
        bench.driver.releaseDevice(bench.device("nic"));
        assertThat(SmmuBench.errno(() -> bench.driver.pageResponse(bench.device("nic"), request, response)))
                .isEqualTo(Errno.ENODEV);
    }

    /**
     * Nests a guest's stage 1 over a stage 2 in which only its context is, with its table in the same page. The table leads the
     * gigabyte from 2^34 on to address 0, which the stage 2 does not have.
     */
    private void nest(SmmuBench bench, long faultModel) {
        DomainOps parent = bench.driver.nestParent();
        IommuDomain stage2 = bench.core.adopt(bench.device("nic"), DomainType.UNMANAGED, parent);
        long context = PA & -0x1000L;
        stage2.map(IOVA, context, 0x1000, Prot.READ_WRITE);
        bench.memory.store64(
                context,
                ContextDescriptor.V.mask()
                        | ContextDescriptor.AA64.mask()
                        | ContextDescriptor.T0SZ.of(25)
                        | ContextDescriptor.EPD1.mask()
                        | ContextDescriptor.IPS.of(5)
                        | ContextDescriptor.ASID.of(1)
                        | ContextDescriptor.A.mask()
                        | ContextDescriptor.R.mask()
                        | faultModel);
        bench.memory.store64(context + 8, ContextDescriptor.TTB.inPlace(IOVA));
        bench.memory.store64(context + 16 * 8, 0x1 | 1 << 6 | 3 << 8 | 1 << 10 | 1 << 11);
        long entry = StreamTableEntry.V.mask()
                | StreamTableEntry.CONFIG.of(StreamTableEntry.CONFIG_STAGE1)
                | StreamTableEntry.S1CONTEXTPTR.inPlace(IOVA);
        bench.group("nic").dmaOwnership().claim(this);
        bench.group("nic")
                .attach(bench.core.adopt(bench.device("nic"), DomainType.NESTED, bench.driver.nest(parent, entry, 0)));
    }

    /** A parent's addresses are the guest's physical ones; what the guest's own stage 1 refuses is not the parent's affair. */
    @ParameterizedTest
    @EnumSource(names = {"V6_12", "V7_2"})
    void aParentHearsOfItsOwnAddressesOnly(KernelRelease release) {
        SmmuBench bench = plan(release, DeviceFeatures.NONE).boot();
        nest(bench, 0);
        bench.lines();
        bench.dma("nic", 0x10_0000L, Access.READ);
        bench.driver.step();
        assertThat(bench.faults).isEmpty();
        assertThat(bench.lines()).anyMatch(line -> line.contains("event"));
        bench.dma("nic", (1L << 34) + 0x5123, Access.WRITE);
        bench.driver.step();
        assertThat(bench.faults).containsExactly("nic WRITE 0x5123");
    }

    /** A guest decides what its own contexts do, whatever the host says of the device. */
    @ParameterizedTest
    @EnumSource(names = {"V6_12", "V7_2"})
    void whatAGuestLetsStallOfADeviceThatCannotWaitIsAborted(KernelRelease release) {
        EndpointMap endpoints = new EndpointMap();
        SmmuBench.Plan plan = plan(release, DeviceFeatures.NONE);
        plan.hardware = builder -> builder.endpoints(endpoints);
        SmmuBench bench = plan.boot();
        FakeDevice nic = FakeDevice.builder(bench.unit, bench.memory, 0x110).build();
        endpoints.add(0x110, nic);
        nest(bench, ContextDescriptor.S.mask());
        DmaTransfer transfer = nic.run(DmaJob.of(DmaSegment.read(0x40_0000_0000L - 8, 8)));
        assertThat(transfer.state()).isEqualTo(DmaTransfer.State.STALLED);
        bench.lines();
        assertThat(bench.driver.step()).isTrue();
        while (nic.step()) {
            // Until nothing moves.
        }
        assertThat(transfer.state()).isEqualTo(DmaTransfer.State.FAILED);
        assertThat(bench.lines()).anyMatch(line -> line.contains("event"));
    }

    /** A function that asks for translations and pages. */
    private static final class PriRig {
        final EndpointMap endpoints = new EndpointMap();
        final SmmuBench bench;
        final FakeDevice nic;
        int lost;

        PriRig(KernelRelease release, Trait... traits) {
            SmmuBench.Plan plan = plan(release, DeviceFeatures.of(5, traits)).functions(FUNCTION);
            plan.hardware = builder -> builder.endpoints(endpoints);
            plan.kernel = builder -> builder.lostPageRequests(() -> lost++);
            bench = plan.boot();
            int sid = bench.streamId(FUNCTION);
            nic = FakeDevice.builder(bench.unit, bench.memory, sid)
                    .translationCache(16, bench.unit::complete)
                    .pageRequests(bench.unit, 3)
                    .build();
            endpoints.add(sid, nic);
        }
    }

    @Test
    void aPageThatIsAskedForIsMappedAndAnswered() {
        PriRig rig = new PriRig(KernelRelease.V6_12, Trait.ATS, Trait.PRI);
        SmmuBench bench = rig.bench;
        IommuDomain domain = bench.core.newPagingDomain(bench.device(FUNCTION));
        bench.group(FUNCTION).attachPasid(domain, 7);
        IopfQueue queue = bench.core.faults().newQueue("smmu", (device, request) -> {
            assertThat(request.pasid()).isEqualTo(7);
            domain.map(request.address(), PA, 0x1000, Prot.READ_WRITE);
            return PageResponse.Code.SUCCESS;
        });
        queue.add(bench.device(FUNCTION));
        bench.core.setIopfHandler(domain, queue.handler());
        DmaTransfer transfer = rig.nic.run(DmaJob.of(DmaSegment.write(IOVA, new byte[] {8, 7, 6, 5, 4, 3, 2, 1}))
                .withPasid(7));
        assertThat(transfer.isEnded()).isFalse();
        bench.driver.step();
        queue.step();
        while (rig.nic.step()) {
            // Until nothing moves.
        }
        assertThat(transfer.state()).as(transfer.reason()).isEqualTo(DmaTransfer.State.DONE);
        assertThat(bench.memory.load64(PA)).isEqualTo(0x0102030405060708L);
        domain.unmap(IOVA, 0x1000);
        assertThat(rig.nic.translationsCached()).as("what the device kept").isZero();
        assertThat(bench.driver.canWaitForPages(bench.device(FUNCTION))).isTrue();
    }

    @Test
    void aPageRequestIsAnsweredToTheStreamThatItCameFrom() {
        int second = 0x333;
        List<PrgResponse> answers = new ArrayList<>();
        SmmuBench.Plan plan = plan(KernelRelease.V6_12, DeviceFeatures.of(5, Trait.ATS, Trait.PRI))
                .functions(FUNCTION);
        plan.host =
                builder -> builder.pciStreams(function -> List.of(function.id().bits(), second));
        plan.hardware = builder -> builder.endpoints(new Endpoints() {
            @Override
            public void respond(PrgResponse response) {
                answers.add(response);
            }
        });
        SmmuBench bench = plan.boot();
        IommuDomain domain = bench.attached(FUNCTION);
        IopfQueue queue = bench.core.faults().newQueue("smmu", (device, request) -> PageResponse.Code.SUCCESS);
        queue.add(bench.device(FUNCTION));
        bench.core.setIopfHandler(domain, queue.handler());
        int first = bench.streamId(FUNCTION);
        for (int sid : new int[] {second, first, second}) {
            for (boolean last : new boolean[] {false, true}) {
                bench.unit.pageRequest(new PageRequestMessage(
                        sid, TranslationUnit.NO_SUBSTREAM, IOVA, 1, Privilege.UNPRIVILEGED, 9, last));
            }
            bench.driver.step();
            queue.step();
        }
        assertThat(answers).extracting(PrgResponse::streamId).containsExactly(second, first, second);
        assertThat(answers).extracting(PrgResponse::prgIndex).containsOnly(9);
    }

    @ParameterizedTest
    @EnumSource
    void pageRequestsThatNobodyTakesAreDenied(KernelRelease release) {
        for (Trait[] traits : new Trait[][] {{Trait.ATS}, {Trait.ATS, Trait.PRI}}) {
            PriRig rig = new PriRig(release, traits);
            rig.bench.attached(FUNCTION);
            DmaTransfer transfer = rig.nic.run(DmaJob.of(DmaSegment.read(IOVA, 8)));
            rig.bench.lines();
            rig.bench.driver.step();
            while (rig.nic.step()) {
                // Until nothing moves.
            }
            assertThat(transfer.state()).isEqualTo(DmaTransfer.State.FAILED);
            assertThat(rig.nic.groupsAnswered()).isEqualTo(1);
            assertThat(rig.bench.lines())
                    .contains(
                            "arm-smmu-v3 9050000.smmuv3: unexpected PRI request received:",
                            "arm-smmu-v3 9050000.smmuv3: \tsid 0x00000010.0x00000: [0L] unprivileged R access at iova"
                                    + " 0x0000000012345000");
        }
    }

    @Test
    void lostPageRequestsAreAcknowledgedAndPartialGroupsDropped() {
        PriRig rig = new PriRig(KernelRelease.V6_12, Trait.ATS, Trait.PRI);
        int sid = rig.bench.streamId(FUNCTION);
        long room = 1L << Queue.LOG2SIZE.getInt(rig.bench.read(SmmuRegister.PRIQ_BASE));
        for (int n = 0; n <= room; n++) {
            rig.bench.unit.pageRequest(new PageRequestMessage(
                    sid, TranslationUnit.NO_SUBSTREAM, IOVA, 1, Privilege.UNPRIVILEGED, 3, false));
        }
        rig.bench.driver.step();
        assertThat(rig.lost).isEqualTo(1);
        assertThat(rig.bench.lines()).anyMatch(line -> line.contains("PRIQ overflow detected -- requests lost"));
        assertThat(Queue.OVFLG.isSet(rig.bench.read(SmmuRegister.PRIQ_PROD)))
                .isEqualTo(Queue.OVACKFLG.isSet(rig.bench.read(SmmuRegister.PRIQ_CONS)));
        assertThat(rig.bench.driver.step()).isFalse();
    }

    @Test
    void stopMarkersAreNotAnswered() {
        PriRig rig = new PriRig(KernelRelease.V6_12, Trait.ATS, Trait.PRI);
        rig.bench.takeAll();
        rig.bench.unit.pageRequest(PageRequestMessage.stopMarker(rig.bench.streamId(FUNCTION), 7));
        assertThat(rig.bench.driver.step()).isTrue();
        assertThat(rig.bench.takeAll()).isEmpty();
    }

    private static boolean overflowIsAcknowledged(SmmuBench.Plan plan) {
        plan.handled = null;
        SmmuBench bench = plan.boot();
        bench.attached("nic");
        long room = 1L << Queue.LOG2SIZE.getInt(bench.read(SmmuRegister.EVENTQ_BASE));
        for (int n = 0; n <= room; n++) {
            bench.dma("nic", IOVA, Access.READ);
        }
        bench.driver.step();
        assertThat(bench.lines()).anyMatch(line -> line.contains("EVTQ overflow detected -- events lost"));
        return Queue.OVFLG.isSet(bench.read(SmmuRegister.EVENTQ_PROD))
                == Queue.OVACKFLG.isSet(bench.read(SmmuRegister.EVENTQ_CONS));
    }

    @Test
    void lostEventsAreAcknowledged() {
        assertThat(overflowIsAcknowledged(plan(KernelRelease.V6_12, DeviceFeatures.NONE)))
                .isTrue();
        SmmuBench.Plan plan = plan(KernelRelease.V6_12, DeviceFeatures.NONE);
        plan.host = builder -> builder.erratum(Smmuv3Erratum.EVENT_OVERFLOW_UNACKNOWLEDGED);
        assertThat(overflowIsAcknowledged(plan)).as("with the mistake").isFalse();
    }

    /** A gigabyte of 2 MiB blocks that is unmapped as a whole: is any block still reached? */
    private static long afterTheTableWent(SmmuBench.Plan plan) {
        SmmuBench bench = plan.boot();
        IommuDomain domain = bench.attached("nic");
        domain.map(1L << 30, 0x8020_0000L, 1L << 30, Prot.READ_WRITE);
        assertThat(bench.dma("nic", 1L << 30, Access.READ)).isNotNegative();
        domain.unmap(1L << 30, 1L << 30);
        return bench.dma("nic", 1L << 30, Access.READ);
    }

    @Test
    void blocksGoWithTheirTable() {
        assertThat(afterTheTableWent(new SmmuBench.Plan())).isEqualTo(-1);
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.host = builder -> builder.erratum(Smmuv3Erratum.LEVEL_HINT_FOR_TABLES);
        assertThat(afterTheTableWent(plan)).as("with the mistake").isNotNegative();
    }

    @Test
    void aFaultOfWhoIsNotThereGoesToTheLog() {
        SmmuBench bench = plan(KernelRelease.V6_1, DeviceFeatures.NONE).boot();
        Objects.requireNonNull(bench.driver.allocateDomain(DomainType.UNMANAGED, bench.device("nic")))
                .attach(bench.device("nic"));
        bench.dma("nic", IOVA, Access.READ);
        bench.driver
                .unit()
                .streams()
                .remove(Objects.requireNonNull(bench.driver.unit().streams().find(bench.device("nic"))));
        bench.lines();
        bench.driver.step();
        assertThat(bench.lines()).contains("arm-smmu-v3 9050000.smmuv3: event 0x10 received:");
    }
}
