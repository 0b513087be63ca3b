package io.github.iommu4j.vtd.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.PageResponse;
import io.github.iommu4j.testkit.machine.DmaJob;
import io.github.iommu4j.testkit.machine.DmaSegment;
import io.github.iommu4j.testkit.machine.DmaTransfer;
import io.github.iommu4j.testkit.machine.EndpointMap;
import io.github.iommu4j.testkit.machine.FakeDevice;
import io.github.iommu4j.testkit.machine.MemoryBytes;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.layout.InvalidationType;
import io.github.iommu4j.vtd.layout.PageGroupResponse;
import io.github.iommu4j.vtd.layout.PageRequestDescriptor;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Page requests from a device through the unit and the driver to a handler, and back (Intel VT-d §7.4-7.10). */
class PageRequestTest {

    private static final String NIC = "0000:00:02.0";
    private static final int SID = RequesterId.parse(NIC).bits();
    private static final int PASID = 5;
    private static final long PA = 0x8000_0000L;
    private static final int SLOTS = 512;

    private final EndpointMap endpoints = new EndpointMap();
    private final List<FaultEvent.PageRequest> reported = new ArrayList<>();
    private final List<PrgResponse> answers = new ArrayList<>();
    private @Nullable Errno nobody;
    private int losses;

    private VtdBench boot(KernelRelease release) {
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.capabilities = VtdCapabilities.everything();
        plan.features = new PciFeatures(8, 16, 32);
        plan.devices = endpoints;
        plan.release = release;
        plan.kernel = builder -> builder.deviceFaults(this::report).lostPageRequests(() -> losses++);
        return plan.boot();
    }

    private @Nullable Errno report(Device device, FaultEvent event) {
        assertThat(device.name()).isEqualTo(NIC);
        reported.add((FaultEvent.PageRequest) event);
        return nobody;
    }

    private VtdBench listening() {
        VtdBench bench = boot(KernelRelease.V6_12);
        endpoints.add(SID, new Endpoints() {
            @Override
            public void respond(PrgResponse response) {
                answers.add(response);
            }
        });
        return bench;
    }

    private static PageRequestDescriptor request() {
        return PageRequestDescriptor.of(SID, 7, 0x3000).ofPasid(PASID).toRead();
    }

    @Test
    void aRequestIsReportedAndItsAnswerReachesTheDevice() {
        VtdBench bench = listening();
        bench.unit.pageRequest(request().toWrite().last().withPrivateData(8, 9));
        assertThat(bench.iommu.step()).isTrue();
        assertThat(bench.iommu.step()).isFalse();
        FaultEvent.PageRequest event = new FaultEvent.PageRequest(
                PASID,
                7,
                FaultEvent.READ | FaultEvent.WRITE,
                0x3000,
                new FaultEvent.Traits(true, true, List.of(8L, 9L)));
        assertThat(reported).containsExactly(event);
        bench.takeDescriptors();
        bench.driver().pageResponse(bench.device(NIC), event, answer(PageResponse.Code.INVALID));
        assertThat(answers).containsExactly(new PrgResponse(SID, PASID, 7, PrgResponse.Code.INVALID));
        PageGroupResponse written =
                new PageGroupResponse(bench.takeDescriptors().get(0));
        assertThat(written.hasPrivateData() && written.isLast()).isTrue();
        assertThat(written.descriptor().q2()).isEqualTo(8);
        assertThat(written.descriptor().q3()).isEqualTo(9);
    }

    private static PageResponse answer(PageResponse.Code code) {
        return new PageResponse(PASID, 7, code);
    }

    @ParameterizedTest
    @EnumSource(PageResponse.Code.class)
    void everyAnswerHasItsCode(PageResponse.Code code) {
        VtdBench bench = listening();
        bench.unit.pageRequest(request().last());
        bench.iommu.step();
        bench.driver().pageResponse(bench.device(NIC), reported.get(0), answer(code));
        assertThat(answers.get(0).code().name()).isEqualTo(code.name());
    }

    @Test
    void onlyTheLastOfAGroupAndPrivateDataAreAnswered() {
        VtdBench bench = listening();
        bench.unit.pageRequest(request());
        bench.unit.pageRequest(request().withPrivateData(1, 2));
        bench.iommu.step();
        bench.driver().pageResponse(bench.device(NIC), reported.get(0), answer(PageResponse.Code.SUCCESS));
        assertThat(answers).isEmpty();
        bench.driver().pageResponse(bench.device(NIC), reported.get(1), answer(PageResponse.Code.SUCCESS));
        assertThat(answers).hasSize(1);
    }

    @Test
    void whatNobodyMayAskIsAnsweredInvalidAndNotReported() {
        VtdBench bench = listening();
        bench.unit.pageRequest(PageRequestDescriptor.of(SID, 1, 0x3000).toRead().last());
        bench.unit.pageRequest(PageRequestDescriptor.of(SID, 2, 1L << 60)
                .ofPasid(PASID)
                .toRead()
                .last());
        bench.unit.pageRequest(request().privileged().last());
        bench.unit.pageRequest(request().toExecute().last());
        bench.unit.pageRequest(request().privileged());
        bench.iommu.step();
        assertThat(reported).isEmpty();
        assertThat(answers).extracting(PrgResponse::prgIndex).containsExactly(1, 2, 7, 7);
        assertThat(answers).extracting(PrgResponse::code).containsOnly(PrgResponse.Code.INVALID);
    }

    @Test
    void stopMarkersAreReadAndNothingElse() {
        VtdBench bench = listening();
        bench.unit.pageRequest(PageRequestMessage.stopMarker(SID, PASID));
        assertThat(bench.iommu.step()).isTrue();
        assertThat(reported).isEmpty();
        assertThat(answers).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void whatNobodyTakesTheDriverAnswersInOldReleases(KernelRelease release) {
        VtdBench bench = boot(release);
        bench.takeDescriptors();
        nobody = Errno.EINVAL;
        bench.unit.pageRequest(request().last());
        bench.iommu.step();
        long responses = bench.takeDescriptors().stream()
                .filter(each -> each.code() == InvalidationType.PAGE_GROUP_RESPONSE.code())
                .count();
        assertThat(responses).isEqualTo(release.reporterAnswersFaultsNobodyTook() ? 1 : 0);
    }

    @Test
    void anOverflowIsClearedOfAnEmptyQueueAndTold() {
        VtdBench bench = listening();
        for (int i = 0; i < SLOTS; i++) {
            bench.unit.pageRequest(request());
        }
        assertThat(bench.read(VtdRegister.PRS)).isEqualTo(3);
        bench.unit.pageRequest(request().last());
        assertThat(answers).containsExactly(new PrgResponse(SID, PASID, 7, PrgResponse.Code.SUCCESS));
        assertThat(bench.iommu.step()).isTrue();
        assertThat(reported).hasSize(SLOTS - 1);
        assertThat(losses).isEqualTo(1);
        assertThat(bench.read(VtdRegister.PRS)).isZero();
        bench.unit.pageRequest(request().last());
        assertThat(bench.iommu.step()).isTrue();
        assertThat(reported).hasSize(SLOTS);
    }

    @Test
    void devicesThatAskForNoPagesAreNotAnswered() {
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.capabilities = VtdCapabilities.everything();
        plan.features = new PciFeatures(8, 16);
        plan.devices = endpoints;
        VtdBench bench = plan.boot();
        assertThat(bench.driver().answersPageRequests()).isTrue();
        FaultEvent.PageRequest event =
                new FaultEvent.PageRequest(PASID, 7, FaultEvent.READ, 0x3000, FaultEvent.Traits.LAST);
        assertThat(VtdBench.errno(
                        () -> bench.driver().pageResponse(bench.device(NIC), event, answer(PageResponse.Code.SUCCESS))))
                .isEqualTo(Errno.ENODEV);
        bench.unit.pageRequest(request().last());
        assertThat(bench.read(VtdRegister.PQT)).isZero();
    }

    @Test
    void anAnswerNeedsAPasid() {
        VtdBench bench = listening();
        FaultEvent.PageRequest event =
                new FaultEvent.PageRequest(-1, 7, FaultEvent.READ, 0x3000, FaultEvent.Traits.LAST);
        assertThat(VtdBench.errno(
                        () -> bench.driver().pageResponse(bench.device(NIC), event, answer(PageResponse.Code.SUCCESS))))
                .isEqualTo(Errno.EINVAL);
    }

    @Test
    void legacyModeTakesNoPageRequests() {
        VtdBench bench = new VtdBench.Plan().boot();
        assertThat(bench.driver().answersPageRequests()).isFalse();
    }

    /** A handler that maps what is asked for, or says no. */
    private static final class Pager {
        private final VtdBench bench;
        private final IommuDomain domain;
        private final Random random;
        private final List<FaultEvent.PageRequest> group = new ArrayList<>();
        private final Set<Long> mapped = new HashSet<>();

        Pager(VtdBench bench, IommuDomain domain, long seed) {
            this.bench = bench;
            this.domain = domain;
            this.random = new Random(seed);
        }

        void take(List<FaultEvent.PageRequest> requests) {
            for (FaultEvent.PageRequest request : List.copyOf(requests)) {
                group.add(request);
                if (request.isLast()) {
                    answer(request);
                }
            }
            requests.clear();
        }

        private void answer(FaultEvent.PageRequest last) {
            boolean refuses = random.nextInt(8) == 0;
            for (FaultEvent.PageRequest request : group) {
                if (!refuses && request.groupId() == last.groupId() && mapped.add(request.address())) {
                    domain.map(request.address(), PA + request.address(), 4096, Prot.READ_WRITE);
                }
            }
            group.removeIf(request -> request.groupId() == last.groupId());
            PageResponse.Code code = refuses ? PageResponse.Code.INVALID : PageResponse.Code.SUCCESS;
            bench.driver().pageResponse(bench.device(NIC), last, new PageResponse(last.pasid(), last.groupId(), code));
        }

        void unmapSome() {
            for (long page : List.copyOf(mapped)) {
                if (random.nextInt(3) == 0) {
                    domain.unmap(page, 4096);
                    mapped.remove(page);
                }
            }
        }
    }

    @Property(tries = 100, shrinking = ShrinkingMode.OFF)
    void devicesGetTheirPagesAndUseNoneThatWasTakenAway(@ForAll long seed) {
        VtdBench bench = boot(KernelRelease.V6_12);
        bench.attached(NIC);
        IommuDomain pasids = bench.core.newPagingDomain(bench.device(NIC));
        bench.group(NIC).attachPasid(pasids, PASID);
        FakeDevice device = FakeDevice.builder(bench.unit, bench.memory, SID)
                .translationCache(4, bench.unit::complete)
                .pageRequests(bench.unit, 2)
                .build();
        endpoints.add(SID, device);
        Random random = new Random(seed);
        Pager pager = new Pager(bench, pasids, seed);
        List<DmaTransfer> transfers = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            long iova = random.nextInt(6 * 4096);
            transfers.add(device.start(DmaJob.of(
                            DmaSegment.write(iova, new byte[] {(byte) i, 1}),
                            DmaSegment.read(iova, random.nextInt(9000)))
                    .withPasid(PASID)));
            for (int steps = random.nextInt(6); steps > 0; steps--) {
                device.step();
            }
            bench.iommu.step();
            pager.take(reported);
            if (random.nextInt(3) == 0) {
                pager.unmapSome();
            }
        }
        boolean moves = true;
        while (moves) {
            boolean moved = device.step();
            moves = bench.iommu.step() || moved;
            pager.take(reported);
        }
        assertThat(transfers).allMatch(DmaTransfer::isEnded);
        assertThat(transfers).anyMatch(transfer -> transfer.state() == DmaTransfer.State.DONE);
        assertThat(device.staleHits()).isEmpty();
        assertThat(device.unexpectedResponses()).isEmpty();
        assertThat(device.groupsAnswered()).isEqualTo(device.groupsAsked());
        reported.clear();
    }

    @Test
    void bytesArriveWhereTheHandlerMapsThem() {
        VtdBench bench = boot(KernelRelease.V6_12);
        bench.attached(NIC);
        IommuDomain pasids = bench.core.newPagingDomain(bench.device(NIC));
        bench.group(NIC).attachPasid(pasids, PASID);
        FakeDevice device = FakeDevice.builder(bench.unit, bench.memory, SID)
                .translationCache(4, bench.unit::complete)
                .pageRequests(bench.unit, 1)
                .build();
        endpoints.add(SID, device);
        DmaTransfer transfer = device.run(
                DmaJob.of(DmaSegment.write(0x3FFE, new byte[] {1, 2, 3})).withPasid(PASID));
        assertThat(transfer.state()).isEqualTo(DmaTransfer.State.WAITING_FOR_PAGES);
        bench.iommu.step();
        assertThat(reported).extracting(FaultEvent.PageRequest::address).containsExactly(0x3000L, 0x4000L);
        pasids.map(0x3000, PA, 0x2000, Prot.READ_WRITE);
        FaultEvent.PageRequest last = reported.get(1);
        bench.driver()
                .pageResponse(
                        bench.device(NIC), last, new PageResponse(PASID, last.groupId(), PageResponse.Code.SUCCESS));
        while (device.step()) {
            Thread.onSpinWait();
        }
        assertThat(transfer.state()).isEqualTo(DmaTransfer.State.DONE);
        assertThat(MemoryBytes.read(bench.memory, PA + 0xFFE, 3)).containsExactly(1, 2, 3);
    }
}
