package io.github.iommu4j.testkit.vfio;

import static io.github.iommu4j.testkit.vfio.VfioRig.MEMORY;
import static io.github.iommu4j.testkit.vfio.VfioRig.PAGE;
import static io.github.iommu4j.testkit.vfio.VfioRig.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.driver.IommuCapability;
import io.github.iommu4j.core.vfio.Container;
import io.github.iommu4j.core.vfio.GroupFile;
import io.github.iommu4j.core.vfio.IommuInfo;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Several groups in one container. */
final class SharedContainerTest {

    private static final int ROOM = 4096;
    private static final long LARGEST = (1L << 48) - 1;

    private static MockIommuDriver foreign(IovaRange aperture, long pageSizes) {
        MockHost amd = MockHost.amd();
        return new MockIommuDriver(
                "iommu1",
                new MockHost(
                        amd.kind(),
                        new PageSizes(pageSizes),
                        aperture,
                        amd.capabilities(),
                        amd.msiWindow(),
                        amd.msiType(),
                        List.of(),
                        MockHost.Boundary.NO,
                        MockHost.Boundary.NO,
                        MockHost.Boundary.NO));
    }

    private static IommuInfo.IovaRanges ranges(Container container) {
        return (IommuInfo.IovaRanges) container.getInfo(ROOM).capabilities().get(2);
    }

    @Test
    void groupsOfOneKindShareADomain() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12).give(VfioRig.LONE);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.map(0, PAGE, MEMORY);
        GroupFile lone = rig.open(VfioRig.LONE);
        lone.setContainer(ready.container());
        assertThat(rig.iommu.sharesDomain(rig.node(VfioRig.SINGLE), rig.node(VfioRig.LONE)))
                .isTrue();
        assertThat(errnoOf(() -> ready.container().setIommu(Container.TYPE1V2_IOMMU)))
                .isEqualTo(Errno.EINVAL);
        lone.unsetContainer();
        assertThat(rig.iommu.attachedType(rig.node(VfioRig.LONE))).isEqualTo(DomainType.DMA);
        assertThat(ready.unmapAll()).isEqualTo(PAGE);
        lone.close();
        ready.close();
        rig.finish();
    }

    @Test
    void aGroupThatCannotShareGetsADomainWithEverythingMapped() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12).give(VfioRig.LONE);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.map(0, 2 * PAGE, MEMORY);
        GroupFile lone = rig.open(VfioRig.LONE);
        // The blocking domain and its attach, the new domain and its attach, blocked again; then the old domain.
        rig.iommu.failures().failCall(5, Errno.EINVAL);
        lone.setContainer(ready.container());
        assertThat(rig.iommu.sharesDomain(rig.node(VfioRig.SINGLE), rig.node(VfioRig.LONE)))
                .isFalse();
        for (String name : List.of(VfioRig.SINGLE, VfioRig.LONE)) {
            assertThat(rig.iommu.translate(rig.node(name), PAGE, Access.READ))
                    .as(name)
                    .hasValue(rig.memory.read(MEMORY + PAGE));
        }
        lone.close();
        ready.close();
        rig.finish();
    }

    @Test
    void everyMappingGoesIntoEveryDomain() {
        MockIommuDriver second = foreign(new IovaRange(PAGE, LARGEST), 0x20_1000L);
        VfioRig rig = new VfioRig.Plan().second(second).boot().give(VfioRig.FOREIGN);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.map(0x4000, PAGE, MEMORY);
        GroupFile foreign = rig.open(VfioRig.FOREIGN);
        foreign.setContainer(ready.container());
        assertThat(ready.container().getInfo(ROOM).pageSizes()).isEqualTo(new PageSizes(0x20_1000L));
        assertThat(ranges(ready.container()).ranges().get(0)).isEqualTo(new IovaRange(PAGE, 0xFEDF_FFFFL));
        ready.map(0x8000, PAGE, MEMORY);
        for (long iova : new long[] {0x4000, 0x8000}) {
            assertThat(second.translate(rig.node(VfioRig.FOREIGN), iova, Access.WRITE))
                    .hasValue(rig.memory.read(MEMORY));
            assertThat(rig.iommu.translate(rig.node(VfioRig.SINGLE), iova, Access.WRITE))
                    .hasValue(rig.memory.read(MEMORY));
        }
        assertThat(ready.unmap(0x8000, PAGE)).isEqualTo(PAGE);
        assertThat(second.translate(rig.node(VfioRig.FOREIGN), 0x8000, Access.WRITE))
                .isEmpty();

        foreign.unsetContainer();
        assertThat(ready.container().getInfo(ROOM).pageSizes()).isEqualTo(new PageSizes(0x4020_1000L));
        assertThat(ranges(ready.container()).ranges().get(0)).isEqualTo(new IovaRange(0, 0xFEDF_FFFFL));
        assertThat(rig.accounting.lockedKiB()).isEqualTo(4);
        foreign.close();
        ready.close();
        rig.finish();
    }

    @Test
    void whatOneDomainRefusesIsMappedInNone() {
        MockIommuDriver second = foreign(new IovaRange(0, LARGEST), 0x1000L);
        VfioRig rig = new VfioRig.Plan().second(second).boot().give(VfioRig.FOREIGN);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        GroupFile foreign = rig.open(VfioRig.FOREIGN);
        foreign.setContainer(ready.container());
        rig.iommu.failures().failCall(0, Errno.ENOMEM);
        assertThat(errnoOf(() -> ready.map(0, PAGE, MEMORY))).isEqualTo(Errno.ENOMEM);
        assertThat(second.translate(rig.node(VfioRig.FOREIGN), 0, Access.READ)).isEmpty();
        assertThat(rig.memory.pinned()).isZero();
        ready.map(0, PAGE, MEMORY);
        foreign.close();
        ready.close();
        rig.finish();
    }

    @Test
    void theFirstPieceIsUnmappedWhenTheSecondIsRefused() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        rig.memory.write(MEMORY + PAGE);
        rig.memory.write(MEMORY);
        rig.iommu.failures().failCall(2, Errno.ENOMEM);
        assertThat(errnoOf(() -> ready.map(0, 2 * PAGE, MEMORY))).isEqualTo(Errno.ENOMEM);
        assertThat(rig.memory.pinned()).isZero();
        assertThat(rig.iommu.translate(rig.node(VfioRig.SINGLE), 0, Access.READ))
                .isEmpty();
        ready.close();
        rig.finish();
    }

    @Test
    void aNewcomerMustNotTakeMappedAddressesAway() {
        MockIommuDriver second = foreign(new IovaRange(0x10_0000, 0x2F_FFFF), 0x1000L);
        VfioRig rig = new VfioRig.Plan().second(second).boot().give(VfioRig.FOREIGN);
        second.reserving(device -> List.of(
                new ReservedRegion(new IovaRange(0x18_0000, 0x18_0FFF), Prot.NONE, ReservedRegion.Type.RESERVED)));
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        GroupFile foreign = rig.open(VfioRig.FOREIGN);
        for (long iova : new long[] {0xF_F000, 0x30_0000, 0x18_0000}) {
            ready.map(iova, PAGE, MEMORY);
            assertThat(errnoOf(() -> foreign.setContainer(ready.container()))).isEqualTo(Errno.EINVAL);
            assertThat(rig.status(foreign)).isEqualTo(1);
            ready.unmap(iova, PAGE);
        }
        foreign.setContainer(ready.container());
        assertThat(ranges(ready.container()).ranges())
                .containsExactly(new IovaRange(0x10_0000, 0x17_FFFF), new IovaRange(0x18_1000, 0x2F_FFFF));
        foreign.close();
        ready.close();
        rig.finish();
    }

    @Test
    void aNewcomerMustShareAddresses() {
        MockIommuDriver second = foreign(new IovaRange(1L << 50, (1L << 51) - 1), 0x1000L);
        VfioRig rig = new VfioRig.Plan().second(second).boot().give(VfioRig.FOREIGN);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        GroupFile foreign = rig.open(VfioRig.FOREIGN);
        assertThat(errnoOf(() -> foreign.setContainer(ready.container()))).isEqualTo(Errno.EINVAL);
        foreign.close();
        ready.close();
        rig.finish();
    }

    @Test
    void someAddressMustBeLeft() {
        MockIommuDriver second = foreign(new IovaRange(0x10_0000, 0x10_FFFF), 0x1000L);
        second.reserving(device -> List.of(
                new ReservedRegion(new IovaRange(0x10_0000, 0x10_FFFF), Prot.NONE, ReservedRegion.Type.RESERVED)));
        VfioRig rig = new VfioRig.Plan().second(second).boot().give(VfioRig.FOREIGN);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        GroupFile foreign = rig.open(VfioRig.FOREIGN);
        assertThat(errnoOf(() -> foreign.setContainer(ready.container()))).isEqualTo(Errno.EINVAL);
        foreign.close();
        ready.close();
        rig.finish();
    }

    @Test
    void reservedAddressesReturnWhenTheirGroupLeaves() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12).give(VfioRig.LONE);
        rig.iommu.reserving(device -> device.name().equals(VfioRig.LONE)
                ? List.of(
                        new ReservedRegion(new IovaRange(0x10_0000, 0x1F_FFFF), Prot.NONE, ReservedRegion.Type.DIRECT))
                : List.of());
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        List<IovaRange> before = ranges(ready.container()).ranges();
        GroupFile lone = rig.open(VfioRig.LONE);
        assertThat(errnoOf(() -> lone.setContainer(ready.container()))).isNull();
        assertThat(errnoOf(() -> ready.map(0x10_0000, PAGE, MEMORY))).isEqualTo(Errno.EINVAL);
        lone.unsetContainer();
        assertThat(ranges(ready.container()).ranges()).isEqualTo(before);
        ready.map(0x10_0000, PAGE, MEMORY);
        lone.close();
        ready.close();
        rig.finish();
    }

    @Test
    void setIommuAttachesAllGroupsOrNone() {
        VfioRig rig = VfioRig.of(KernelRelease.V6_12).give(VfioRig.SINGLE, VfioRig.LONE);
        Container container = rig.container();
        List<GroupFile> groups = List.of(rig.open(VfioRig.SINGLE), rig.open(VfioRig.LONE));
        groups.forEach(group -> group.setContainer(container));
        int before = rig.iommu.failures().log().size();
        container.setIommu(Container.TYPE1_IOMMU);
        List<String> calls = fallible(rig.iommu
                .failures()
                .log()
                .subList(before, rig.iommu.failures().log().size()));
        int refusals = 0;
        for (int call = 0; call < calls.size(); call++) {
            groups.forEach(GroupFile::unsetContainer);
            groups.forEach(group -> group.setContainer(container));
            if (calls.get(call).startsWith("attach BLOCKED")) {
                continue;
            }
            rig.iommu.failures().failCall(call, Errno.EIO);
            Errno refusal = errnoOf(() -> container.setIommu(Container.TYPE1_IOMMU));
            rig.iommu.failures().failNothing();
            assertThat(rig.vfio.type1References()).isEqualTo(refusal == null ? 1 : 0);
            if (refusal != null) {
                refusals++;
                assertThat(refusal).isEqualTo(Errno.EIO);
                for (String name : List.of(VfioRig.SINGLE, VfioRig.LONE)) {
                    assertThat(rig.iommu.attachedType(rig.node(name))).isEqualTo(DomainType.BLOCKED);
                }
            }
        }
        assertThat(refusals).as("two domains and their first attach").isEqualTo(4);
        groups.forEach(GroupFile::close);
        container.close();
        rig.finish();
    }

    /** The calls that count, out of all that are noted. */
    private static List<String> fallible(List<String> log) {
        return log.stream().filter(call -> !call.startsWith("free")).toList();
    }

    @Test
    void joiningWithMappingsWorksOrLeavesTheGroupOutside() {
        MockIommuDriver second = foreign(new IovaRange(0, LARGEST), 0x1000L);
        VfioRig rig = new VfioRig.Plan().second(second).boot().give(VfioRig.FOREIGN);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        ready.map(0, PAGE, MEMORY);
        ready.map(0x4000, 2 * PAGE, MEMORY);
        GroupFile foreign = rig.open(VfioRig.FOREIGN);
        foreign.setContainer(ready.container());
        foreign.unsetContainer();
        // Blocking it, a domain, its attach, two mappings with their synchronisation.
        for (int call = 0; call < 7; call++) {
            second.failures().failCall(call, Errno.EIO);
            assertThat(errnoOf(() -> foreign.setContainer(ready.container())))
                    .as("call %s", call)
                    .isEqualTo(Errno.EIO);
            assertThat(rig.status(foreign)).isEqualTo(1);
            assertThat(second.attachedType(rig.node(VfioRig.FOREIGN))).isEqualTo(DomainType.DMA);
        }
        foreign.setContainer(ready.container());
        assertThat(second.translate(rig.node(VfioRig.FOREIGN), 0x5000, Access.READ))
                .hasValue(rig.memory.read(MEMORY + PAGE));
        foreign.close();
        ready.close();
        rig.finish();
    }

    @Test
    void onlyTheOldKernelHidesWhyThereIsNoDomain() {
        for (KernelRelease release : KernelRelease.values()) {
            VfioRig rig = VfioRig.of(release).give(VfioRig.SINGLE);
            GroupFile group = rig.open(VfioRig.SINGLE);
            Container container = rig.container();
            group.setContainer(container);
            rig.iommu.without(DomainType.UNMANAGED);
            assertThat(errnoOf(() -> container.setIommu(Container.TYPE1_IOMMU)))
                    .isEqualTo(release == KernelRelease.V6_1 ? Errno.EIO : Errno.EOPNOTSUPP);
            group.close();
            container.close();
            rig.finish();
        }
    }

    @Test
    void domainsOfDifferentCoherencyAreNotShared() {
        MockHost intel = MockHost.intel(48);
        Set<IommuCapability> more = new HashSet<>(intel.capabilities());
        more.add(IommuCapability.ENFORCE_CACHE_COHERENCY);
        MockIommuDriver second = new MockIommuDriver("iommu1", intel.withCapabilities(more));
        VfioRig rig = new VfioRig.Plan().second(second).boot().give(VfioRig.FOREIGN);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE);
        GroupFile foreign = rig.open(VfioRig.FOREIGN);
        int domains = rig.machine.core().liveDomains();
        foreign.setContainer(ready.container());
        assertThat(rig.machine.core().liveDomains())
                .as("blocking and unmanaged")
                .isEqualTo(domains + 2);
        assertThat(ready.container().checkExtension(Container.DMA_CC_IOMMU)).isZero();
        foreign.close();
        ready.close();
        rig.finish();
    }
}
