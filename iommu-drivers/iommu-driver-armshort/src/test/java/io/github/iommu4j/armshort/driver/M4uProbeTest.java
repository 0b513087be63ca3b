package io.github.iommu4j.armshort.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.device.DeviceNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Probing M4U, larbs and clients, and every refusal on the way. */
class M4uProbeTest {

    private static void refused(Errno errno, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        IommuException.class,
                        refusal -> assertThat(refusal.errno()).isEqualTo(errno));
    }

    /** A machine whose M4U's node is another; larbs and common are probed, the M4U is not. */
    private static M4uMachine with(UnaryOperator<M4uNode> change) {
        return with(change, builder -> {});
    }

    private static M4uMachine with(UnaryOperator<M4uNode> change, Consumer<MultimediaTree.Builder> more) {
        M4uMachine first = new M4uMachine.Plan().off();
        M4uNode node = Objects.requireNonNull(first.tree.m4u("m4u"));
        M4uMachine.Plan plan = new M4uMachine.Plan();
        plan.more = builder -> {
            builder.m4u(change.apply(node));
            more.accept(builder);
        };
        return plan.off();
    }

    private static void bindAllButTheM4u(M4uMachine machine) {
        machine.machine.boot(List.of());
        machine.drivers.all().subList(0, 2).forEach(machine.machine.platformBus()::register);
        machine.settle();
    }

    /** What binding the M4U's driver by hand answers. */
    private static void bindM4u(M4uMachine machine) {
        DeviceNode device = machine.machine.device("m4u");
        device.mutex().lock();
        try {
            machine.drivers.all().get(2).probe(device);
        } finally {
            device.mutex().unlock();
        }
    }

    private static void refusedProbe(Errno errno, M4uMachine machine) {
        bindAllButTheM4u(machine);
        refused(errno, () -> bindM4u(machine));
        assertThat(machine.allocator.live()).isEmpty();
        assertThat(machine.drivers.m4u("m4u")).isNull();
    }

    private static M4uNode larbs(M4uNode node, String... names) {
        return new M4uNode(node.name(), node.platform(), node.registers(), List.of(names), node.resources());
    }

    private static M4uNode resources(M4uNode node, M4uNode.Resources resources) {
        return new M4uNode(node.name(), node.platform(), node.registers(), node.larbs(), resources);
    }

    @Test
    void R210_driversProbeInWhateverOrderTheyRegister() {
        int[][] orders = {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {2, 0, 1}};
        for (int[] order : orders) {
            M4uMachine machine = new M4uMachine.Plan().off();
            machine.machine.boot(List.of());
            for (int index : order) {
                machine.machine.platformBus().register(machine.drivers.all().get(index));
                machine.settle();
            }
            assertThat(machine.drivers.m4u("m4u")).isNotNull();
            assertThat(machine.machine.deferredProbe().waiting()).isZero();
            machine.assertNoLeaks();
        }
    }

    @Test
    void R211_aLarbWaitsForItsCommonAndNeedsOne() {
        M4uMachine machine = new M4uMachine.Plan().off();
        machine.machine.boot(List.of());
        DeviceNode larb = machine.machine.device("larb0");
        refused(Errno.EPROBE_DEFER, () -> machine.drivers.all().get(1).probe(larb));
        M4uMachine.Plan plan = new M4uMachine.Plan();
        plan.more = builder -> builder.larb(new SmiLarbNode(
                "larb0", SmiPlatform.MT8173, machine.m4u.larb(0).registers(), null, 0, SmiLarbNode.Status.OKAY));
        M4uMachine without = plan.off();
        without.machine.boot(List.of());
        refused(Errno.EINVAL, () -> without.drivers.all().get(1).probe(without.machine.device("larb0")));
        refused(Errno.EINVAL, () -> without.drivers.all().get(1).probe(without.machine.device("m4u")));
        refused(Errno.ENODEV, () -> without.drivers.all().get(0).probe(without.machine.device("m4u")));
        refused(Errno.ENODEV, () -> without.drivers.all().get(2).probe(without.machine.device("larb0")));
    }

    @Test
    void R212_theM4uWaitsForTheDriversOfItsLarbs() {
        M4uMachine machine = new M4uMachine.Plan().off();
        machine.machine.boot(List.of());
        refused(Errno.EPROBE_DEFER, () -> bindM4u(machine));
        assertThat(machine.allocator.live()).isEmpty();
    }

    @Test
    void R213_whatIsWrongWithLarbsIsToldByErrno() {
        refusedProbe(Errno.EINVAL, with(node -> larbs(node)));
        refusedProbe(
                Errno.EINVAL,
                with(node -> larbs(node, Collections.nCopies(33, "larb0").toArray(new String[0]))));
        refusedProbe(Errno.EINVAL, with(node -> larbs(node, "nothing")));
        refusedProbe(Errno.EEXIST, with(node -> larbs(node, "larb0", "larb0")));
        M4uMachine parts = new M4uMachine.Plan().off();
        MmioRegion registers = parts.m4u.larb(0).registers();
        SmiLarbNode extra = SmiLarbNode.of("extra", SmiPlatform.MT8173, registers, "common");
        refusedProbe(Errno.ENODEV, with(node -> larbs(node, "extra"), builder -> builder.larb(extra)));
        refusedProbe(
                Errno.EINVAL,
                with(
                        node -> larbs(node, "larb0"),
                        builder -> builder.larb(SmiLarbNode.of("larb0", SmiPlatform.MT8173, registers, "common")
                                .withLarbId(32))));
        refusedProbe(
                Errno.EINVAL,
                with(
                        node -> larbs(node, "larb0"),
                        builder -> builder.larb(SmiLarbNode.of("larb0", SmiPlatform.MT8173, registers, "common")
                                .disabled())));
    }

    @Test
    void R213_aLarbNeedsACommonAndAllOfThemTheSame() {
        M4uMachine parts = new M4uMachine.Plan().off();
        MmioRegion registers = parts.m4u.larb(0).registers();
        SmiCommonNode sub = new SmiCommonNode("sub", SmiPlatform.MT8173, registers, "nothing");
        M4uMachine machine = with(
                node -> larbs(node, "larb0"),
                builder -> builder.larb(SmiLarbNode.of("larb0", SmiPlatform.MT8173, registers, "sub"))
                        .common(sub));
        machine.machine.boot(List.of());
        machine.machine.platformBus().register(new ClientDriver("larb0"));
        refused(Errno.EINVAL, () -> bindM4u(machine));
        SmiCommonNode other = SmiCommonNode.of("other", SmiPlatform.MT8173, registers);
        M4uMachine two = with(
                node -> larbs(node, "larb0", "larb1"),
                builder -> builder.larb(SmiLarbNode.of("larb1", SmiPlatform.MT8173, registers, "other"))
                        .common(other));
        two.machine.boot(List.of());
        two.machine.platformBus().add(DeviceNode.Identity.of("other", 0));
        two.drivers.all().subList(0, 2).forEach(two.machine.platformBus()::register);
        refused(Errno.EINVAL, () -> bindM4u(two));
    }

    @Test
    void R213_theCommonMustExistAndHaveADriver() {
        M4uMachine parts = new M4uMachine.Plan().off();
        MmioRegion registers = parts.m4u.larb(0).registers();
        SmiCommonNode ghost = SmiCommonNode.of("ghost", SmiPlatform.MT8173, registers);
        for (Errno errno : new Errno[] {Errno.ENODEV, Errno.EINVAL}) {
            M4uMachine machine = with(
                    node -> larbs(node, "larb0"),
                    builder -> builder.larb(SmiLarbNode.of("larb0", SmiPlatform.MT8173, registers, "ghost"))
                            .common(ghost));
            machine.machine.boot(List.of());
            machine.machine.platformBus().register(new ClientDriver("larb0"));
            if (errno == Errno.EINVAL) {
                machine.machine.platformBus().add(DeviceNode.Identity.of("ghost", 0));
            }
            refused(errno, () -> bindM4u(machine));
            assertThat(machine.allocator.live()).isEmpty();
        }
    }

    @Test
    void R214_larbsWithoutANumberAreNumberedByTheirPlaceAndDisabledOnesPassedOver() {
        M4uMachine parts = new M4uMachine.Plan().off();
        M4uMachine machine = with(
                node -> larbs(node, "larb2", "larb1", "larb0"),
                builder -> builder.larb(SmiLarbNode.of(
                                        "larb2",
                                        SmiPlatform.MT8173,
                                        parts.m4u.larb(2).registers(),
                                        "common")
                                .disabled())
                        .larb(SmiLarbNode.of(
                                "larb0", SmiPlatform.MT8173, parts.m4u.larb(0).registers(), "common")));
        bindAllButTheM4u(machine);
        bindM4u(machine);
        assertThat(machine.driver().slots().keySet()).containsExactlyInAnyOrder(1, 2);
        assertThat(Objects.requireNonNull(machine.driver().slots().get(2))
                        .device()
                        .name())
                .isEqualTo("larb0");
    }

    @Test
    void R215_whatTheM4uItselfLacksIsToldByErrno() {
        refusedProbe(
                Errno.ENXIO,
                with(node -> resources(
                        node,
                        new M4uNode.Resources(
                                null, PowerSwitch.ALWAYS_ON, node.resources().infracfg()))));
        refusedProbe(Errno.ENOENT, with(node -> resources(node, node.resources().withBclk(null))));
        refusedProbe(
                Errno.ENODEV,
                with(node -> resources(
                        node,
                        M4uNode.Resources.of(
                                Objects.requireNonNull(node.resources().irq())))));
        refusedProbe(
                Errno.EPROBE_DEFER,
                with(node -> resources(node, node.resources().withInfracfg(() -> {
                    throw new IommuException(Errno.EPROBE_DEFER, "infracfg has no driver yet");
                }))));
        refusedProbe(
                Errno.EINVAL,
                with(node ->
                        new M4uNode(node.name(), node.platform(), new TinyWindow(), node.larbs(), node.resources())));
        M4uMachine full = with(node -> node);
        bindAllButTheM4u(full);
        full.allocator.allocate(0x200_0000, 64);
        full.allocator.allocate(0x200_0000, 64);
        refused(Errno.ENOMEM, () -> bindM4u(full));
    }

    /** Half a bank. */
    private static final class TinyWindow implements MmioRegion {
        @Override
        public long size() {
            return 0x800;
        }

        @Override
        public long read(long offset, int width) {
            return 0;
        }

        @Override
        public void write(long offset, int width, long value) {}
    }

    @Test
    void R215_aPartWithoutAClockOfItsOwnNeedsNone() {
        M4uMachine.Plan plan = new M4uMachine.Plan().mt8183();
        plan.clock = null;
        assertThat(plan.boot().drivers.m4u("m4u")).isNotNull();
    }

    @Test
    void R216_aSubCommonIsLookedThroughAndWaitedFor() {
        M4uMachine parts = new M4uMachine.Plan().off();
        MmioRegion registers = parts.m4u.larb(0).registers();
        M4uMachine.Plan plan = new M4uMachine.Plan();
        plan.more = builder -> builder.larb(SmiLarbNode.of("larb0", SmiPlatform.MT8173, registers, "sub"))
                .common(new SmiCommonNode("sub", SmiPlatform.MT8173, registers, "common"));
        M4uMachine machine = plan.off();
        machine.machine.boot(List.of());
        DeviceNode sub = machine.machine.platformBus().add(DeviceNode.Identity.of("sub", 0));
        refused(Errno.EPROBE_DEFER, () -> machine.drivers.all().get(0).probe(sub));
        machine.drivers.all().forEach(machine.machine.platformBus()::register);
        machine.settle();
        DeviceNode client = machine.running(0, 1);
        assertThat(machine.driver().isInUse()).isTrue();
        machine.driver().runtimeSuspend(client);
        assertThat(machine.driver().isInUse()).isFalse();
    }

    @Test
    void R217_aRefusedRegistrationIsTakenBack() {
        M4uMachine machine = new M4uMachine.Plan().off();
        bindAllButTheM4u(machine);
        DeviceNode bad = machine.device(9, 1);
        bad.setFwSpec(new FwSpec("m4u", List.of(9 << 5 | 1)));
        refused(Errno.EINVAL, () -> bindM4u(machine));
        assertThat(machine.allocator.live()).isEmpty();
        assertThat(machine.drivers.m4u("m4u")).isNull();
    }

    @Test
    void R220_ofXlateTakesOneCell() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode device = machine.machine.platformBus().add(DeviceNode.Identity.of("client", 5));
        refused(Errno.EINVAL, () -> machine.driver().xlate(device, List.of()));
        refused(Errno.EINVAL, () -> machine.driver().xlate(device, List.of(5, 6)));
        machine.driver().xlate(device, List.of(5));
        machine.driver().xlate(device, List.of(6));
        assertThat(device.fwSpec()).isEqualTo(new FwSpec("m4u", List.of(5, 6)));
        device.setFwSpec(new FwSpec("smmu", List.of(1)));
        refused(Errno.EINVAL, () -> machine.driver().xlate(device, List.of(5)));
    }

    @Test
    void R221_aDeviceIsBehindOneLarbThatTheM4uHas() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode device = machine.machine.platformBus().add(DeviceNode.Identity.of("client", 5));
        refused(Errno.ENODEV, () -> machine.driver().probeDevice(device));
        for (List<Integer> ids :
                List.of(List.<Integer>of(), List.of(32 << 5), List.of(-1), List.of(5, 1 << 5), List.of(7 << 5))) {
            device.setFwSpec(new FwSpec("m4u", ids));
            refused(Errno.EINVAL, () -> machine.driver().probeDevice(device));
        }
        device.setFwSpec(new FwSpec("smmu", List.of(5)));
        refused(Errno.ENODEV, () -> machine.driver().probeDevice(device));
        refused(Errno.ENODEV, () -> machine.driver().runtimeResume(device));
        machine.driver().releaseDevice(device);
    }

    @Test
    void R222_devicesOfOneRegionShareAGroup() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode one = machine.client(0, 1);
        DeviceNode other = machine.client(3, 2);
        assertThat(machine.group(one)).isSameAs(machine.group(other));
        machine.machine.platformBus().remove(one);
        assertThat(machine.core().groups()).contains(machine.group(other));
        machine.machine.platformBus().remove(other);
        DeviceNode third = machine.client(1, 1);
        assertThat(machine.group(third).devices()).containsExactly(third);
        machine.assertNoLeaks();
    }

    @Test
    void R223_aRegionIsTheOneADevicesDmaRangeFits() {
        List<IovaRange> regions = new ArrayList<>();
        for (long gigabytes = 0; gigabytes < 4; gigabytes++) {
            regions.add(new IovaRange(gigabytes << 32, (gigabytes + 1 << 32) - 1));
        }
        regions.add(new IovaRange(0x2_4000_0000L, 0x2_43FF_FFFFL));
        M4uMachine.Plan plan = new M4uMachine.Plan().mt8183();
        plan.capabilities = plan.capabilities.withAddresses(34, 35);
        plan.platform = new M4uPlatform(
                "mt8192-like",
                plan.platform.layout(),
                Set.of(M4uFlag.IOVA_34_EN, M4uFlag.RESET_AXI),
                regions,
                plan.platform.larbs());
        plan.more = builder -> builder.dmaRange("1.0", new IovaRange(0x1_0000_0000L, 0x1_FFFF_FFFFL))
                .dmaRange("1.1", new IovaRange(0x1_1000_0000L, 0x1_1FFF_FFFFL))
                .dmaRange("1.2", new IovaRange(0x2_4000_0000L, 0x2_43FF_FFFFL))
                .dmaRange("1.3", new IovaRange(0, 0x1_FFFF_FFFFL));
        M4uMachine machine = plan.boot();
        DeviceNode exact = machine.client(1, 0);
        DeviceNode inside = machine.client(1, 1);
        DeviceNode special = machine.client(1, 2);
        DeviceNode none = machine.client(4, 1);
        assertThat(machine.group(exact)).isSameAs(machine.group(inside)).isNotSameAs(machine.group(none));
        assertThat(machine.group(special)).isNotSameAs(machine.group(exact));
        assertThat(machine.domain(inside).aperture()).isEqualTo(regions.get(1));
        assertThat(machine.domain(special).aperture()).isEqualTo(regions.get(4));
        assertThat(machine.domain(none).aperture()).isEqualTo(regions.get(0));
        DeviceNode wide = machine.device(1, 3);
        wide.setFwSpec(new FwSpec("m4u", List.of(1 << 5 | 3)));
        refused(Errno.EINVAL, () -> machine.core().probe(wide));
        machine.domain(inside).map(0x1_1000_0000L, 0x4000_0000L, 0x1000, Prot.READ_WRITE);
        machine.driver().runtimeResume(inside);
        assertThat(machine.pa(inside, 0x1000_0008L)).isEqualTo(0x4000_0008L);
        assertThat(machine.pa(inside, 0x1_1000_0008L)).isEqualTo(0x4000_0008L);
    }

    @Test
    void R224_domainsAreOfTypesDmaAndUnmanagedAndFrom67Identity() {
        for (KernelRelease release : KernelRelease.values()) {
            M4uMachine.Plan plan = new M4uMachine.Plan();
            plan.release = release;
            M4uMachine machine = plan.boot();
            DeviceNode device = machine.client(0, 1);
            assertThat(machine.domain(device).type()).isEqualTo(DomainType.DMA);
            M4uDriver driver = machine.driver();
            assertThat(driver.allocateDomain(DomainType.UNMANAGED, device)).isNotNull();
            assertThat(driver.allocateDomain(DomainType.BLOCKED, device)).isNull();
            assertThat(driver.allocateDomain(DomainType.SVA, device)).isNull();
            assertThat(driver.allocateDomain(DomainType.IDENTITY, device) == null)
                    .isEqualTo(release == KernelRelease.V6_1);
        }
    }

    @Test
    void R225_aLarbThatGoesIsUnboundAndBoundAgainWhenItComesBack() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode client = machine.client(0, 5);
        machine.machine.platformBus().unbind("larb0", "mtk-smi-larb");
        refused(Errno.ENODEV, () -> machine.driver().runtimeResume(client));
        machine.machine.platformBus().bind("larb0", "mtk-smi-larb");
        machine.driver().runtimeResume(client);
        assertThat(machine.m4u.larb(0).isTranslated(5)).isTrue();
        machine.driver().runtimeSuspend(client);
        machine.machine.platformBus().unbind("common", "mtk-smi-common");
        machine.assertNoLeaks();
    }

    @Test
    void R226_anM4uThatGoesGivesEverythingBackAndCanComeAgain() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode client = machine.client(0, 5);
        machine.machine.platformBus().unbind("0.5", "0.5");
        machine.machine.platformBus().unbind("m4u", "mtk-iommu");
        assertThat(machine.core().groupOf(client)).isNull();
        assertThat(machine.allocator.live()).isEmpty();
        machine.machine.platformBus().bind("m4u", "mtk-iommu");
        machine.machine.platformBus().bind("0.5", "0.5");
        machine.domain(client).map(0x1000, 0x4000_0000L, 0x1000, Prot.READ);
        machine.driver().runtimeResume(client);
        assertThat(machine.pa(client, 0x1004)).isEqualTo(0x4000_0004L);
        machine.driver().runtimeSuspend(client);
        machine.domain(client).unmap(0x1000, 0x1000);
        machine.assertNoLeaks();
    }
}
