package io.github.iommu4j.vtd.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.api.driver.IommuCapability;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.topology.PciePortType;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.hardware.VtdFeature;
import io.github.iommu4j.vtd.layout.ContextEntry;
import io.github.iommu4j.vtd.layout.PasidEntry;
import io.github.iommu4j.vtd.layout.RegisterFields.Rtaddr;
import io.github.iommu4j.vtd.layout.RootEntry;
import io.github.iommu4j.vtd.layout.ScalableContextEntry;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Attaching: what is written, what is refused, and what a refusal leaves. */
class VtdAttachTest {

    private static final String NIC = "0000:00:02.0";
    private static final String OTHER = "0000:00:03.0";
    private static final int SID = 0x10;
    private static final long PA = 0x8000_0000L;
    private static final long FIRMWARE = 0x7000_0000L;

    private static long contextTable(VtdBench bench, int sid) {
        long root = Rtaddr.RTA.inPlace(bench.read(VtdRegister.RTADDR));
        return RootEntry.CTP.inPlace(
                RootEntry.readFrom(bench.memory, RootEntry.address(root, sid)).half(sid & 0xFF));
    }

    private static PasidEntry pasidEntry(VtdBench bench, int pasid) {
        ScalableContextEntry context = ScalableContextEntry.readFrom(
                bench.memory, ScalableContextEntry.address(contextTable(bench, SID), SID));
        long directory = ScalableContextEntry.PASIDDIRPTR.inPlace(context.q0());
        long table = bench.memory.load64(directory + (pasid >>> 6) * 8L) & -4096;
        return PasidEntry.readFrom(bench.memory, PasidEntry.address(table, pasid));
    }

    @Test
    void aLegacyContextEntryIsThatOfTheCaptures() {
        VtdBench bench = new VtdBench.Plan().boot();
        bench.attached(NIC);
        ContextEntry entry = ContextEntry.readFrom(bench.memory, ContextEntry.address(contextTable(bench, SID), SID));
        assertThat(entry.low() & 0xFFF).isEqualTo(1);
        assertThat(entry.high()).isEqualTo(0x202);
        bench.group(NIC).dmaOwnership().release();
        bench.group(NIC).writeType("identity", UserCapabilities.ALL);
        ContextEntry through = ContextEntry.readFrom(bench.memory, ContextEntry.address(contextTable(bench, SID), SID));
        assertThat(through.low()).isEqualTo(9);
        assertThat(through.high()).isEqualTo(0x102);
    }

    @Test
    void scalableEntriesAreThoseOfTheCaptures() {
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.capabilities = VtdCapabilities.everything().toBuilder()
                .secondStageWidths(6)
                .without(VtdFeature.FSTS, VtdFeature.NEST, VtdFeature.SMPWCS)
                .build();
        VtdBench bench = plan.boot();
        bench.attached(NIC);
        ScalableContextEntry context = ScalableContextEntry.readFrom(
                bench.memory, ScalableContextEntry.address(contextTable(bench, SID), SID));
        assertThat(context.q0() & 0xFFF).as("P, PDTS=2").isEqualTo(0x401);
        assertThat(context.q1()).isZero();
        PasidEntry second = pasidEntry(bench, 0);
        assertThat(second.q0() & 0xFFF).as("P, AW=2, PGTT=2").isEqualTo(0x89);
        assertThat(second.q1()).isEqualTo(2);
        plan.capabilities = VtdCapabilities.everything().toBuilder()
                .without(VtdFeature.SSTS, VtdFeature.NEST, VtdFeature.FS5LP, VtdFeature.SMPWCS)
                .build();
        bench = plan.boot();
        bench.attached(NIC);
        PasidEntry first = pasidEntry(bench, 0);
        assertThat(first.q0()).as("P, AW=2, PGTT=1").isEqualTo(0x49);
        assertThat(first.q2() & 0xFFF).as("4 levels, NXE=0").isZero();
        plan.release = KernelRelease.V6_1;
        bench = plan.boot();
        bench.attached(NIC);
        assertThat(pasidEntry(bench, 0).q2() & 0xFFF).as("4 levels, NXE").isEqualTo(0x20);
    }

    @Test
    void theStageIsThatWhichTheUnitHasAndUsersGetTheSecondOfBoth() {
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.capabilities = VtdCapabilities.everything();
        VtdBench bench = plan.boot();
        assertThat(PasidEntry.PGTT.getInt(pasidEntry(bench, 0).q0())).isEqualTo(PasidEntry.PGTT_FIRST_STAGE);
        bench.attached(NIC);
        assertThat(PasidEntry.PGTT.getInt(pasidEntry(bench, 0).q0())).isEqualTo(PasidEntry.PGTT_SECOND_STAGE);
        assertThat(pasidEntry(bench, 0).q1() & 1L << 23).as("PWSNP").isNotZero();
    }

    @Test
    void whatComesUnderABridgesIdGoesWhereTheDeviceGoes() {
        for (VtdCapabilities capabilities : List.of(VtdCapabilities.legacy(), VtdCapabilities.everything())) {
            VtdBench.Plan plan = new VtdBench.Plan();
            plan.capabilities = capabilities;
            RequesterId bridge = RequesterId.parse("0000:00:04.0");
            plan.functions.add(PciFunction.at(bridge)
                    .express(PciePortType.PCIE_TO_PCI_BRIDGE)
                    .bridgeTo(1, 1));
            plan.function("0000:01:03.0", 0);
            VtdBench bench = plan.boot();
            IommuDomain domain = bench.attached("0000:01:03.0");
            domain.map(0x1000, PA, 0x1000, Prot.READ_WRITE);
            assertThat(bench.dma("0000:01:03.0", 0x1000, Access.READ)).isEqualTo(PA);
            assertThat(bench.dma("0000:01:00.0", 0x1000, Access.READ))
                    .as("the bridge's")
                    .isEqualTo(PA);
            domain.unmap(0x1000, 0x1000);
            assertThat(bench.dma("0000:01:00.0", 0x1000, Access.READ)).isEqualTo(-1);
        }
    }

    private static VtdBench withReservedMemory(KernelRelease release, int classCode) {
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.release = release;
        plan.functions.clear();
        plan.function(NIC, classCode).function(OTHER, 0);
        plan.firmware = table -> table.with(new ReservedMemory(
                0, FIRMWARE, FIRMWARE + 0x3FFF, List.of(DeviceScope.endpoint(RequesterId.parse(NIC)))));
        return plan.boot();
    }

    @Test
    void reservedMemoryIsMappedBeforeTheDeviceIsLetIn() {
        VtdBench bench = withReservedMemory(KernelRelease.V6_12, 0x01_0700);
        assertThat(bench.dma(NIC, FIRMWARE + 0x1234, Access.WRITE)).isEqualTo(FIRMWARE + 0x1234);
        assertThat(bench.dma(OTHER, FIRMWARE, Access.READ)).isEqualTo(-1);
        assertThat(bench.group(NIC).reservedRegions().stream().map(ReservedRegion::sysfsLine))
                .containsExactly(
                        "0x0000000070000000 0x0000000070003fff direct", "0x00000000fee00000 0x00000000feefffff msi");
    }

    @Test
    void usbAndGraphicsMayLoseTheirMemoryAndAnIsaBridgeHasTheFirst16Megabytes() {
        for (int classCode : new int[] {0x0C_0330, 0x03_0000}) {
            VtdBench bench = withReservedMemory(KernelRelease.V6_1, classCode);
            assertThat(bench.group(NIC).reservedRegions().get(0).type())
                    .isEqualTo(ReservedRegion.Type.DIRECT_RELAXABLE);
            bench.attached(NIC);
            assertThat(bench.dma(NIC, FIRMWARE, Access.READ)).isEqualTo(-1);
        }
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.function("0000:00:1f.0", 0x06_0100);
        VtdBench bench = plan.boot();
        assertThat(bench.group("0000:00:1f.0").reservedRegions().get(0).sysfsLine())
                .isEqualTo("0x0000000000000000 0x0000000000ffffff direct-relaxable");
        assertThat(bench.dma("0000:00:1f.0", 0xFF_FFF0, Access.WRITE)).isEqualTo(0xFF_FFF0);
    }

    @Test
    void aUsersDomainIsRefusedToALockedDeviceByTheDriverUpTo61AndByTheCoreLater() {
        VtdBench old = withReservedMemory(KernelRelease.V6_1, 0x01_0700);
        IommuDomain domain = old.core.newPagingDomain(old.device(NIC));
        old.group(NIC).dmaOwnership().claim(this);
        assertThat(VtdBench.errno(() -> old.group(NIC).attach(domain))).isEqualTo(Errno.EPERM);
        VtdBench now = withReservedMemory(KernelRelease.V6_12, 0x01_0700);
        assertThat(VtdBench.errno(() -> now.group(NIC).dmaOwnership().claim(this)))
                .isEqualTo(Errno.EINVAL);
    }

    @Test
    void whenAllIdsAreTakenADeviceStaysBlocked() {
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.capabilities = VtdCapabilities.legacy().toBuilder().domainIdBits(4).build();
        plan.functions.clear();
        for (int i = 0; i < 14; i++) {
            plan.function(String.format("0000:00:%02x.0", i), 0);
        }
        VtdBench bench = plan.boot();
        assertThat(bench.driver().domainIdsInUse()).isEqualTo(14);
        bench.group("0000:00:00.0").dmaOwnership().claim(this);
        IommuDomain one = bench.core.newPagingDomain(bench.device("0000:00:00.0"));
        bench.group("0000:00:00.0").attach(one);
        assertThat(bench.driver().domainIdsInUse()).isEqualTo(14);
        bench.group("0000:00:01.0").dmaOwnership().claim(this);
        bench.group("0000:00:01.0").attach(one);
        assertThat(bench.driver().domainIdsInUse())
                .as("a shared domain has one id")
                .isEqualTo(13);
        VtdDomain ops = domainOf(bench);
        VtdDomain last = domainOf(bench);
        bench.driver().unit().domainIds().get(ops);
        assertThat(VtdBench.errno(() -> bench.driver().unit().domainIds().get(last)))
                .isEqualTo(Errno.ENOSPC);
        assertThat(VtdBench.errno(() ->
                        bench.group("0000:00:00.0").replace(bench.core.newPagingDomain(bench.device("0000:00:00.0")))))
                .isEqualTo(Errno.ENOSPC);
    }

    private static VtdDomain domainOf(VtdBench bench) {
        DomainOps ops = bench.driver().allocateDomain(DomainType.UNMANAGED, bench.device("0000:00:02.0"));
        return (VtdDomain) Objects.requireNonNull(ops);
    }

    @Test
    void manyMoreUsersThanIdsComeAndGo() {
        assertThat(usersUntilRefused(new VtdBench.Plan())).isEqualTo(40);
        VtdBench.Plan asItWas = new VtdBench.Plan();
        asItWas.host = host -> host.erratum(VtdErratum.USERS_DOMAIN_IDS_LEAK);
        assertThat(usersUntilRefused(asItWas)).isLessThan(16);
    }

    private static int usersUntilRefused(VtdBench.Plan plan) {
        plan.capabilities = VtdCapabilities.legacy().toBuilder().domainIdBits(4).build();
        VtdBench bench = plan.boot();
        bench.group(NIC).dmaOwnership().claim("host");
        for (int i = 0; i < 40; i++) {
            IommuDomain domain = bench.core.newPagingDomain(bench.device(NIC));
            try {
                bench.group(NIC).attach(domain);
            } catch (IommuException refusal) {
                assertThat(refusal.errno()).isEqualTo(Errno.ENOSPC);
                return i;
            }
            bench.group(NIC).detach(domain);
            domain.free();
        }
        return 40;
    }

    @Test
    void whicheverAllocationFailsOnTheWayNothingStaysBehind() {
        VtdCapabilities scalable = VtdCapabilities.everything();
        for (VtdCapabilities capabilities : List.of(VtdCapabilities.legacy(), scalable)) {
            for (int n = 1; n <= 6; n++) {
                VtdBench.Plan plan = new VtdBench.Plan();
                plan.capabilities = capabilities;
                plan.features = new PciFeatures(4, 6);
                VtdBench bench = plan.boot();
                bench.host.remove(NIC);
                int atRest = bench.arena.live().size();
                bench.untilFailure = n;
                try {
                    bench.host.rescan();
                } catch (AssertionError warning) {
                    assertThat(warning).hasMessageContaining("could not be attached");
                }
                bench.untilFailure = 0;
                bench.host.remove(NIC);
                assertThat(bench.arena.live()).hasSize(atRest);
                assertThat(bench.driver().domainIdsInUse()).isEqualTo(1);
            }
        }
    }

    @Test
    void addressesBeyondAUnitsWidthAreRefused() {
        VtdBench bench = new VtdBench.Plan().boot();
        IommuDomain domain = bench.attached(NIC);
        assertThat(domain.aperture().last()).isEqualTo((1L << 48) - 1);
        assertThat(VtdBench.errno(() -> domain.map(1L << 48, PA, 0x1000, Prot.READ)))
                .isIn(Errno.EFAULT, Errno.ERANGE);
    }

    @Test
    void capabilitiesAreThoseOfTheUnit() {
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.capabilities = VtdCapabilities.everything();
        plan.features = new PciFeatures(1, 9);
        VtdBench bench = plan.boot();
        assertThat(bench.driver().maxPasids(bench.device(NIC))).isEqualTo(512);
        for (IommuCapability capability : IommuCapability.values()) {
            boolean expected = switch (capability) {
                case CACHE_COHERENCY, DEFERRED_FLUSH, ENFORCE_CACHE_COHERENCY, INTERRUPT_ISOLATION -> true;
                default -> false;
            };
            assertThat(bench.driver().capable(bench.device(NIC), capability))
                    .as("%s", capability)
                    .isEqualTo(expected);
        }
        plan.host = host -> host.option(VtdOption.INTERRUPT_REMAPPING_OFF).option(VtdOption.SCALABLE_MODE_OFF);
        VtdBench off = plan.boot();
        assertThat(off.driver().capable(off.device(NIC), IommuCapability.INTERRUPT_ISOLATION))
                .isFalse();
        assertThat(off.driver().maxPasids(off.device(NIC))).isZero();
        assertThat(off.read(VtdRegister.RTADDR) & 0xC00).isZero();
    }

    @Test
    void aPasidTheDeviceDoesNotHaveIsRefused() {
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.capabilities = VtdCapabilities.everything();
        plan.features = new PciFeatures(0, 4);
        VtdBench bench = plan.boot();
        IommuDomain domain = bench.core.newPagingDomain(bench.device(NIC));
        assertThat(VtdBench.errno(() -> bench.group(NIC).attachPasid(domain, 16)))
                .isEqualTo(Errno.EINVAL);
        bench.group(NIC).attachPasid(domain, 15);
        assertThat(bench.driver().domainIdsInUse()).isEqualTo(3);
        bench.group(NIC).detachPasid(domain, 15);
        VtdBench legacy = new VtdBench.Plan().boot();
        IommuDomain other = legacy.core.newPagingDomain(legacy.device(NIC));
        assertThat(VtdBench.errno(() -> legacy.group(NIC).attachPasid(other, 1)))
                .isIn(Errno.EOPNOTSUPP, Errno.EINVAL);
    }

    @Test
    void aDomainThatDoesNotFitAnotherUnitIsRefused() {
        VtdBench bench = new VtdBench.Plan().boot();
        VtdBench.Plan narrow = new VtdBench.Plan();
        narrow.capabilities = VtdCapabilities.legacy().toBuilder()
                .secondStageWidths(2)
                .guestAddressWidth(39)
                .build();
        VtdBench small = narrow.boot();
        VtdDomain wide = domainOf(bench);
        assertThat(VtdBench.errno(() -> wide.requireFit(small.driver().unit()))).isEqualTo(Errno.EINVAL);
        wide.mapPages(1L << 40, PA, 0x1000, 1, Prot.READ, new MapProgress());
        assertThat(VtdBench.errno(() -> wide.requireFit(small.driver().unit()))).isEqualTo(Errno.EFAULT);
        wide.requireFit(bench.driver().unit());
    }

    @Test
    void withoutPassThroughEverythingIsTranslated() {
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.capabilities =
                VtdCapabilities.legacy().toBuilder().without(VtdFeature.PT).build();
        VtdBench bench = plan.boot();
        assertThat(bench.driver().defaultDomainType(bench.device(NIC))).isEqualTo(DomainType.DMA);
        assertThat(bench.driver().allocateDomain(DomainType.IDENTITY, bench.device(NIC)))
                .isNull();
        assertThat(bench.driver().allocateDomain(DomainType.SVA, bench.device(NIC)))
                .isNull();
    }

    @Test
    void aDeviceThatIsNoneOfTheUnitsIsNotTaken() {
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.firmware = table -> DmarTable.of(
                48,
                new DmarUnit(
                        "dmar0",
                        0,
                        table.units().get(0).registers(),
                        DmarUnit.Coverage.NAMED,
                        List.of(DeviceScope.endpoint(RequesterId.parse(NIC)))));
        VtdBench bench = plan.boot();
        assertThat(bench.core.groupOf(bench.device(NIC))).isNotNull();
        assertThat(bench.core.groupOf(bench.device(OTHER))).isNull();
        assertThat(VtdBench.errno(() -> bench.driver().probeDevice(bench.device(OTHER))))
                .isEqualTo(Errno.ENODEV);
    }
}
