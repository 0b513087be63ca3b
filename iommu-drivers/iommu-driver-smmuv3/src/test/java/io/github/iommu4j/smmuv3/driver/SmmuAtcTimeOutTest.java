package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.InvalidateRequest;
import io.github.iommu4j.smmuv3.driver.DeviceFeatures.Trait;
import io.github.iommu4j.smmuv3.hardware.CommandProcessing;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Devices that do not answer an ATC invalidation: the unit stops at the CMD_SYNC (CERROR_ATC_INV_SYNC, IHI 0070 §7.1), the driver
 * lets it go on, and nothing else suffers.
 */
class SmmuAtcTimeOutTest {

    private static final String NIC = "0000:00:02.0";
    private static final String DISK = "0000:00:03.0";
    private static final long IOVA = 0x1000_0000L;
    private static final long PA = 0x8000_0000L;
    private static final String ERROR = "ATC invalidate timeout";

    /** Two functions in one domain, who answer invalidations as they are told. */
    private static final class Rig implements Endpoints {
        final List<InvalidateRequest> asked = new ArrayList<>();
        final SmmuBench bench;
        final IommuDomain domain;
        int silent = -1;

        Rig(SyncSignal signal, CommandProcessing processing) {
            SmmuBench.Plan plan = new SmmuBench.Plan().functions(NIC, DISK);
            plan.features = DeviceFeatures.of(5, Trait.ATS);
            plan.processing = processing;
            plan.hardware = builder -> builder.endpoints(this);
            plan.host = builder -> builder.queueBytesLg2(11);
            plan.capabilities = switch (signal) {
                case MSI -> SmmuBench.CAPABLE;
                case SEV ->
                    SmmuBench.CAPABLE.toBuilder()
                            .disable(IdField.MSI)
                            .set(IdField.SEV, 1)
                            .build();
                case NONE ->
                    SmmuBench.CAPABLE.toBuilder()
                            .disable(IdField.MSI, IdField.SEV)
                            .build();
            };
            bench = plan.boot();
            domain = bench.attached(NIC);
            bench.group(DISK).dmaOwnership().claim(this);
            bench.group(DISK).attach(domain);
            bench.lines();
            asked.clear();
        }

        @Override
        public Reply invalidate(InvalidateRequest request) {
            asked.add(request);
            return request.streamId() == silent ? Reply.TIMED_OUT : Reply.COMPLETED;
        }

        void assertRingStandsStillAndEmpty() {
            Smmuv3 unit = bench.unit;
            assertThat(unit.step()).isFalse();
            assertThat(bench.read(SmmuRegister.GERROR) ^ bench.read(SmmuRegister.GERRORN))
                    .as("active errors")
                    .isZero();
            assertThat(bench.read(SmmuRegister.CMDQ_CONS) & 0xF_FFFF).isEqualTo(bench.read(SmmuRegister.CMDQ_PROD));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "MSI, ON_DOORBELL",
        "MSI, STEPPED",
        "SEV, ON_DOORBELL",
        "SEV, STEPPED",
        "NONE, ON_DOORBELL",
        "NONE, STEPPED"
    })
    void anUnmapReturnsAndEverybodyElseHasDroppedThePage(SyncSignal signal, CommandProcessing processing) {
        Rig rig = new Rig(signal, processing);
        SmmuBench bench = rig.bench;
        rig.domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        assertThat(bench.dma(NIC, IOVA, Access.READ)).isEqualTo(PA);
        rig.silent = bench.streamId(NIC);
        bench.takeAll();
        rig.domain.unmap(IOVA, 0x1000);
        assertThat(bench.takeNames()).containsExactly("TLBI_NH_VA", "SYNC", "ATC_INV", "ATC_INV", "SYNC");
        assertThat(rig.asked)
                .as("everybody was asked once, the silent one too")
                .extracting(InvalidateRequest::streamId)
                .containsExactlyInAnyOrder(bench.streamId(NIC), bench.streamId(DISK));
        assertThat(bench.lines())
                .anyMatch(line -> line.contains(ERROR))
                .noneMatch(line -> line.contains("skipping command"))
                .noneMatch(line -> line.contains("CMD_SYNC timeout"));
        rig.assertRingStandsStillAndEmpty();
        assertThat(bench.dma(NIC, IOVA, Access.READ)).isEqualTo(-1);
        assertThat(bench.dma(DISK, IOVA, Access.READ)).isEqualTo(-1);
    }

    @ParameterizedTest
    @CsvSource({"MSI, ON_DOORBELL", "MSI, STEPPED", "NONE, STEPPED"})
    void theRingGoesRoundWhileADeviceStaysSilent(SyncSignal signal, CommandProcessing processing) {
        Rig rig = new Rig(signal, processing);
        SmmuBench bench = rig.bench;
        rig.silent = bench.streamId(DISK);
        int rounds = 100;
        for (int n = 0; n < rounds; n++) {
            long pa = PA + n * 0x1000L;
            rig.domain.map(IOVA, pa, 0x1000, Prot.READ_WRITE);
            assertThat(bench.dma(NIC, IOVA, Access.READ)).isEqualTo(pa);
            rig.domain.unmap(IOVA, 0x1000);
            assertThat(bench.dma(NIC, IOVA, Access.READ)).as("round %d", n).isEqualTo(-1);
        }
        assertThat(rig.asked).hasSize(2 * rounds);
        assertThat(bench.lines())
                .filteredOn(line -> line.contains(ERROR))
                .as("one error for each")
                .hasSize(rounds);
        rig.assertRingStandsStillAndEmpty();
        rig.silent = -1;
        rig.domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        rig.domain.unmap(IOVA, 0x1000);
        assertThat(bench.lines()).as("it answers again").isEmpty();
    }

    @Test
    void aDeviceThatGivesNoAnswerLaterEndsTheWaitToo() {
        SmmuBench.Plan plan = new SmmuBench.Plan().functions(NIC);
        List<InvalidateRequest> waiting = new ArrayList<>();
        Smmuv3[] unit = new Smmuv3[1];
        boolean[] late = new boolean[1];
        plan.features = DeviceFeatures.of(5, Trait.ATS);
        plan.hardware = builder -> builder.endpoints(new Endpoints() {
            @Override
            public Reply invalidate(InvalidateRequest request) {
                if (late[0]) {
                    waiting.add(request);
                    return Reply.LATER;
                }
                return Reply.COMPLETED;
            }
        });
        // What the PCIe root does when its timer runs out, while the driver polls.
        plan.host = builder -> builder.whilePolling(() -> {
            if (!waiting.isEmpty()) {
                unit[0].complete(waiting.remove(0), Endpoints.Reply.TIMED_OUT);
            }
        });
        SmmuBench bench = plan.boot();
        unit[0] = bench.unit;
        IommuDomain domain = bench.attached(NIC);
        domain.map(IOVA, PA, 0x2000, Prot.READ_WRITE);
        bench.lines();
        late[0] = true;
        domain.unmap(IOVA, 0x1000);
        assertThat(bench.lines()).filteredOn(line -> line.contains(ERROR)).hasSize(1);
        late[0] = false;
        domain.unmap(IOVA + 0x1000, 0x1000);
        assertThat(bench.lines()).isEmpty();
        assertThat(bench.read(SmmuRegister.CMDQ_CONS) & 0xF_FFFF).isEqualTo(bench.read(SmmuRegister.CMDQ_PROD));
    }

    @Test
    void aSilentDeviceIsDetachedAndReleasedAllTheSame() {
        Rig rig = new Rig(SyncSignal.MSI, CommandProcessing.ON_DOORBELL);
        SmmuBench bench = rig.bench;
        rig.domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        rig.silent = bench.streamId(NIC);
        Objects.requireNonNull(bench.driver.allocateDomain(DomainType.BLOCKED, bench.device(NIC)))
                .attach(bench.device(NIC));
        assertThat(bench.dma(NIC, IOVA, Access.READ)).isEqualTo(-1);
        assertThat(bench.dma(DISK, IOVA, Access.READ)).isEqualTo(PA);
        bench.driver.releaseDevice(bench.device(NIC));
        assertThat(bench.lines()).filteredOn(line -> line.contains(ERROR)).hasSize(1);
        rig.assertRingStandsStillAndEmpty();
        rig.asked.clear();
        rig.domain.unmap(IOVA, 0x1000);
        assertThat(rig.asked).extracting(InvalidateRequest::streamId).containsExactly(bench.streamId(DISK));
    }

    @Test
    void theInterruptsHandlerLetsTheUnitGoOnWhereNobodyWaits() {
        Rig rig = new Rig(SyncSignal.NONE, CommandProcessing.ON_DOORBELL);
        SmmuBench bench = rig.bench;
        rig.domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        assertThat(bench.dma(DISK, IOVA, Access.READ)).isEqualTo(PA);
        rig.silent = bench.streamId(NIC);
        Master master = Objects.requireNonNull(bench.driver.unit().streams().find(bench.device(NIC)));
        List<Command> commands = new ArrayList<>();
        EndpointCommands.invalidate(master, Master.NO_PASID, IOVA, 0x1000, commands::add);
        Command sync = Command.of(CommandOpcode.SYNC);
        commands.add(sync);
        commands.add(Command.of(CommandOpcode.ATC_INV)
                .with0(Command.STREAM_ID, bench.streamId(DISK))
                .with1(Command.SIZE, 52));
        commands.add(sync);
        assertThat(bench.driver.unit().ring().issue(commands)).isNull();
        assertThat(rig.asked).as("what is behind the error waits").hasSize(1);
        assertThat(bench.driver.step()).isTrue();
        assertThat(rig.asked).hasSize(2);
        assertThat(bench.lines()).filteredOn(line -> line.contains(ERROR)).hasSize(1);
        assertThat(bench.driver.step()).isFalse();
        rig.assertRingStandsStillAndEmpty();
    }
}
