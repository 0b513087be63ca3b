package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuDomain.Segment;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Map, unmap, scatter lists, look-ups and fault handlers. */
final class MapTest {

    private static final long TWO_MIB = 0x20_0000;

    private static Rig rig(KernelRelease release) {
        return Rig.of(release).slot(1, 1).boot();
    }

    private static List<String> mapCalls(Rig rig) {
        return rig.iommu.failures().log().stream()
                .filter(call -> call.startsWith("map"))
                .toList();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R90_everythingMustBeAMultipleOfTheSmallestPage(KernelRelease release) {
        Rig rig = rig(release);
        IommuDomain domain = rig.newDomain(1);
        rig.log.drain();
        assertThat(Rig.errno(() -> domain.map(0x800, 0, 0x1000, Prot.READ))).isEqualTo(Errno.EINVAL);
        assertThat(Rig.errno(() -> domain.map(0, 0x800, 0x1000, Prot.READ))).isEqualTo(Errno.EINVAL);
        assertThat(Rig.errno(() -> domain.map(0, 0, 0x1800, Prot.READ))).isEqualTo(Errno.EINVAL);
        assertThat(domain.unmap(0x800, 0x1000)).isZero();
        assertThat(domain.unmap(0, 0x1800)).isZero();
        assertThat(rig.log.drain()).hasSize(5);
        assertThat(Rig.errno(() -> domain.map(0, 0, 0, Prot.READ))).isNull();
        assertThat(domain.unmap(0, 0)).isZero();
        domain.free();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R91_onlyPagingDomainsMapAndTheTestsOrderDepends(KernelRelease release) {
        Rig rig = rig(release);
        rig.group(1).writeType("identity", UserCapabilities.ALL);
        IommuDomain identity = Objects.requireNonNull(rig.group(1).domain());
        assertThat(Rig.errno(() -> identity.map(0, 0, 0x1000, Prot.READ)))
                .isEqualTo(release.testsMapOpsBeforeType() ? Errno.ENODEV : Errno.EINVAL);
        assertThat(identity.unmap(0, 0x1000)).isZero();
        assertThat(identity.iovaToPhys(0x1234)).isEqualTo(0x1234);
        rig.ownership(1).claim(this);
        assertThat(Objects.requireNonNull(rig.group(1).domain()).iovaToPhys(0x1234))
                .isZero();
        rig.ownership(1).release();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R91_aPagingDomainWithoutPageSizesIsAWarningAfter61(KernelRelease release) {
        MockHost bare = MockHost.intel(48);
        MockHost host = new MockHost(
                bare.kind(),
                new PageSizes(0),
                bare.aperture(),
                bare.capabilities(),
                bare.msiWindow(),
                bare.msiType(),
                bare.alwaysReserved(),
                bare.isaBridgeIsRelaxable(),
                bare.needsFirmware(),
                bare.writeImpliesRead());
        Rig rig = new Rig(
                release,
                KernelLog.WarnPolicy.RECORD,
                new MockIommuDriver("bare", host),
                builder -> builder.systemType(DomainType.IDENTITY));
        rig.slot(1, 1).boot();
        IommuDomain domain = rig.newDomain(1);
        rig.log.drain();
        assertThat(Rig.errno(() -> domain.map(0, 0, 0x1000, Prot.READ))).isEqualTo(release.noPageSizes());
        assertThat(domain.unmap(0, 0x1000)).isZero();
        assertThat(rig.warnings()).hasSize(release.testsMapOpsBeforeType() ? 0 : 2);
        assertThat(Rig.errno(() -> rig.group(1).writeType("DMA", UserCapabilities.ALL)))
                .isEqualTo(Errno.EINVAL);
        domain.free();
        rig.close();
    }

    @Test
    void R92_theDriverIsAskedForTheLargestPagesThatFit() {
        Rig rig = rig(KernelRelease.V6_12);
        IommuDomain domain = rig.newDomain(1);
        domain.map(0x1000, 0x1000, 0x40_0000, Prot.READ_WRITE);
        assertThat(mapCalls(rig)).containsExactly("map 0x1000", "map 0x200000", "map 0x400000");
        assertThat(domain.iovaToPhys(0x20_1234)).isEqualTo(0x20_1234);
        assertThat(domain.unmap(0x1000, 0x40_0000)).isEqualTo(0x40_0000);
        assertThat(domain.iovaToPhys(0x20_1234)).isZero();
        domain.free();
        rig.close();
    }

    @Test
    void R93_whatWasMappedBeforeARefusalIsUnmappedAlsoWhatTheRefusingCallMapped() {
        Rig rig = rig(KernelRelease.V6_12);
        IommuDomain domain = rig.newDomain(1);
        domain.map(0x3000, 0x9000, 0x1000, Prot.READ);
        assertThat(Rig.errno(() -> domain.map(0, 0x10_0000, 0x5000, Prot.READ))).isEqualTo(Errno.EEXIST);
        assertThat(domain.iovaToPhys(0)).isZero();
        assertThat(domain.iovaToPhys(0x2000)).isZero();
        assertThat(domain.iovaToPhys(0x3000)).isEqualTo(0x9000);
        assertThat(domain.iovaToPhys(0x4000)).isZero();
        rig.iommu.failures().failCall(2, Errno.ENOMEM);
        assertThat(Rig.errno(() -> domain.map(0x101000, 0x101000, 2 * TWO_MIB, Prot.READ)))
                .isEqualTo(Errno.ENOMEM);
        assertThat(domain.unmap(0x3000, 0x1000)).isEqualTo(0x1000);
        assertThat(domain.iovaToPhys(0x10_1000)).isZero();
        assertThat(domain.iovaToPhys(0x20_0000)).isZero();
        domain.free();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R94_aFailedSyncTakesTheMappingAwayFrom67(KernelRelease release) {
        Rig rig = rig(release);
        IommuDomain domain = rig.newDomain(1);
        rig.iommu.failures().failCall(1, Errno.EIO);
        Errno refusal = Rig.errno(() -> domain.map(0x1000, 0x2000, 0x1000, Prot.READ));
        assertThat(refusal).isEqualTo(release.syncOfMappingMayFail() ? Errno.EIO : null);
        assertThat(domain.iovaToPhys(0x1000)).isEqualTo(release.syncOfMappingMayFail() ? 0 : 0x2000);
        rig.iommu.failures().failCall(1, Errno.EIO);
        refusal = Rig.errno(() -> domain.mapSg(0x8000, List.of(new Segment(0x5000, 0x1000)), Prot.READ));
        assertThat(refusal).isEqualTo(release.syncOfMappingMayFail() ? Errno.EIO : null);
        assertThat(domain.iovaToPhys(0x8000)).isEqualTo(release.syncOfMappingMayFail() ? 0 : 0x5000);
        domain.free();
        rig.close();
    }

    @Test
    void R95_unmapEndsAtAHoleAndTakesLargePagesWhole() {
        Rig rig = rig(KernelRelease.V6_12);
        IommuDomain domain = rig.newDomain(1);
        domain.map(0, 0x10_0000, 0x1000, Prot.READ);
        domain.map(0x2000, 0x10_0000, 0x1000, Prot.READ);
        assertThat(domain.unmap(0, 0x3000)).isEqualTo(0x1000);
        assertThat(domain.iovaToPhys(0x2000)).isEqualTo(0x10_0000);
        assertThat(domain.unmap(0, 0x3000)).isZero();
        domain.map(TWO_MIB, TWO_MIB, TWO_MIB, Prot.READ);
        assertThat(domain.unmap(TWO_MIB, 0x1000)).isEqualTo(TWO_MIB);
        assertThat(domain.iovaToPhys(TWO_MIB + 0x5000)).isZero();
        domain.free();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R96_unmapFastLeavesTheInvalidationToTheCaller(KernelRelease release) {
        Rig rig = rig(release);
        IommuDomain domain = rig.newDomain(1);
        domain.map(0x1000, 0x1000, 0x2000, Prot.READ);
        IotlbGather gather = IotlbGather.queued();
        assertThat(domain.unmapFast(0x1000, 0x2000, gather)).isEqualTo(0x2000);
        // The mock's driver does not record what a flush queue will flush anyway.
        assertThat(gather.isEmpty()).isEqualTo(!release.gathersForDrivers());
        assertThat(gather.isQueued()).isTrue();
        domain.iotlbSync(gather);
        assertThat(gather.isEmpty()).isTrue();
        assertThat(gather.isQueued()).isFalse();
        domain.map(0x1000, 0x1000, 0x2000, Prot.READ);
        domain.unmapFast(0x1000, 0x2000, gather);
        assertThat(gather.start()).isEqualTo(0x1000);
        assertThat(gather.last()).isEqualTo(0x2FFF);
        domain.flushIotlbAll();
        domain.free();
        rig.close();
    }

    @Test
    void R97_neighboursOfAScatterListAreMergedBeforeTheyAreMapped() {
        Rig rig = rig(KernelRelease.V6_12);
        IommuDomain domain = rig.newDomain(1);
        List<Segment> segments = List.of(
                new Segment(0x10_0000, 0x800),
                new Segment(0x10_0800, 0x800),
                new Segment(0x20_0000, 0x1000),
                new Segment(0x20_1000, 0x1000));
        assertThat(domain.mapSg(0x8000, segments, Prot.READ)).isEqualTo(0x3000);
        assertThat(mapCalls(rig)).containsExactly("map 0x8000", "map 0x9000");
        assertThat(domain.iovaToPhys(0xA000)).isEqualTo(0x20_1000);
        assertThat(domain.mapSg(0x4000, List.of(), Prot.READ)).isZero();
        domain.free();
        rig.close();
    }

    @Test
    void R97_aScatterListThatFailsLeavesNothing() {
        Rig rig = rig(KernelRelease.V6_12);
        IommuDomain domain = rig.newDomain(1);
        List<Segment> uneven = List.of(new Segment(0x10_0000, 0x1000), new Segment(0x20_0000, 0x800));
        assertThat(Rig.errno(() -> domain.mapSg(0x8000, uneven, Prot.READ))).isEqualTo(Errno.EINVAL);
        assertThat(domain.iovaToPhys(0x8000)).isZero();
        List<Segment> apart = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            apart.add(new Segment(0x10_0000 + i * 0x2000L, 0x1000));
        }
        for (int failing = 0; failing < 4; failing++) {
            rig.iommu.failures().failCall(failing, Errno.ENOMEM);
            assertThat(Rig.errno(() -> domain.mapSg(0x8000, apart, Prot.READ))).isEqualTo(Errno.ENOMEM);
            assertThat(domain.unmap(0x8000, 0x4000)).isZero();
        }
        assertThat(domain.mapSg(0x8000, apart, Prot.READ)).isEqualTo(0x4000);
        domain.free();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R98_aFaultGoesToTheDomainsHandlerAndIsEnosysWithoutOne(KernelRelease release) {
        Rig rig = rig(release);
        IommuDomain domain = rig.newDomain(1);
        assertThat(rig.core.reportFault(domain, null, 0x1000, Access.WRITE)).isEqualTo(Errno.ENOSYS);
        List<String> faults = new ArrayList<>();
        domain.setFaultHandler((faulted, device, iova, access) -> {
            faults.add(device + " 0x" + Long.toHexString(iova));
            return iova == 0x2000 ? Errno.EIO : null;
        });
        assertThat(rig.core.reportFault(domain, rig.device(1, 0), 0x1000, Access.READ))
                .isNull();
        assertThat(rig.core.reportFault(domain, rig.device(1, 0), 0x2000, Access.READ))
                .isEqualTo(Errno.EIO);
        assertThat(faults).containsExactly(Rig.name(1, 0) + " 0x1000", Rig.name(1, 0) + " 0x2000");
        domain.setFaultHandler(null);
        assertThat(rig.core.reportFault(domain, null, 0, Access.READ)).isEqualTo(Errno.ENOSYS);
        domain.free();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R99_on72ADmaDomainTakesNoFaultHandler(KernelRelease release) {
        Rig rig = Rig.recording(release, Rig.intel()).slot(1, 1).boot();
        IommuDomain domain = Objects.requireNonNull(rig.group(1).defaultDomain());
        rig.log.drain();
        domain.setFaultHandler((faulted, device, iova, access) -> null);
        assertThat(rig.warnings()).hasSize(release.keepsFaultHandlersFromDmaApi() ? 1 : 0);
        assertThat(rig.core.reportFault(domain, null, 0, Access.READ))
                .isEqualTo(release.keepsFaultHandlersFromDmaApi() ? Errno.ENOSYS : null);
        rig.close();
    }
}
