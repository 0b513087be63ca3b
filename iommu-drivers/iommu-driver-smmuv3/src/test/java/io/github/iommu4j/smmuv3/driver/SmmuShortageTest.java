package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.driver.KernelServices;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whichever allocation fails, and whether or not those after it do: nothing is left behind, and later it goes well. */
class SmmuShortageTest {

    private static final long IOVA = 0x1234_5000L;
    private static final long PA = 0x8000_1000L;
    private static final int STREAM = 0x10;
    private static final int PASID = 3;
    /** More than the allocations of anything that is tried here. */
    private static final int PLENTY = 40;

    /** A unit that no driver has yet. */
    private static final class Rig {
        final SparseMemory memory = new SparseMemory();
        final Shortage shortage = new Shortage();
        final ArenaAllocator arena = new ArenaAllocator(memory, SmmuBench.ARENA, 0x1000_0000L, new PlainLocking());
        final Smmuv3 unit;
        final SmmuHost host;

        Rig(Smmuv3Capabilities capabilities, KernelRelease release) {
            unit = Smmuv3.builder(memory).capabilities(capabilities).build();
            host = SmmuHost.builder(KernelServices.builder(memory, shortage.over(arena))
                            .release(release)
                            .build())
                    .queueBytesLg2(13)
                    .features(device -> DeviceFeatures.of(12))
                    .build();
        }

        Smmuv3Driver start() {
            return Smmuv3Driver.start(SmmuBench.UNIT, unit.registers(), host);
        }

        long read(SmmuRegister register) {
            return unit.registers().read(register.offset(), register.width());
        }

        long dma(int substreamId) {
            long answer = unit.translate(STREAM, substreamId, IOVA, Access.READ.bits());
            return Translations.isOk(answer) ? Translations.pa(answer) : -1;
        }

        /** A device with two streams, which lie in different leaves of a stream table that has some. */
        DeviceNode device() {
            DeviceNode node = new BusType("platform", new PlainLocking(), new DeferredProbe(new PlainLocking()))
                    .add(DeviceNode.Identity.of("nic", STREAM));
            node.setFwSpec(new FwSpec(
                    SmmuBench.UNIT, List.of(STREAM, unit.capabilities().sidSize() > 8 ? STREAM + 0x100 : STREAM + 1)));
            return node;
        }
    }

    private static Smmuv3Capabilities capabilities(boolean stage1, boolean twoLevels) {
        Smmuv3Capabilities all = stage1 ? SmmuBench.CAPABLE : SmmuBench.STAGE_2;
        return twoLevels
                ? all
                : all.toBuilder().disable(IdField.CD2L).set(IdField.SIDSIZE, 8).build();
    }

    private static @Nullable Errno refusal(Runnable action) {
        try {
            action.run();
            return null;
        } catch (IommuException refused) {
            return refused.errno();
        }
    }

    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, true"})
    void aUnitThatCouldNotBeBroughtUpHoldsNothingAndComesUpLater(boolean stage1, boolean twoLevels) {
        List<Errno> refusals = new ArrayList<>();
        forEveryAllocation((n, stays) -> {
            Rig rig = new Rig(capabilities(stage1, twoLevels), KernelRelease.V6_12);
            arm(rig.shortage, n, stays);
            Errno refusal = refusal(rig::start);
            rig.shortage.end();
            boolean refused = rig.shortage.takeRefused() > 0;
            if (refusal != null) {
                refusals.add(refusal);
                assertThat(rig.arena.live())
                        .as("taken after the %d-th was refused", n)
                        .isEmpty();
                assertThat(rig.read(SmmuRegister.CR0)).isZero();
            } else {
                assertThat(refused && stays).as("nobody could do without").isFalse();
                // A queue may be smaller instead.
                rig.unit.reset();
            }
            use(rig, stage1, rig.start());
            return refused;
        });
        assertThat(refusals).hasSizeGreaterThan(3).containsOnly(Errno.ENOMEM);
    }

    /** A domain for the device, its mapping, and the device gone again. */
    private static void use(Rig rig, boolean stage1, Smmuv3Driver driver) {
        DeviceNode device = rig.device();
        driver.probeDevice(device);
        DomainOps domain = Objects.requireNonNull(driver.allocateDomain(DomainType.UNMANAGED, device));
        domain.attach(device);
        domain.mapPages(IOVA, PA, 0x1000, 1, Prot.READ_WRITE, new MapProgress());
        assertThat(rig.dma(TranslationUnit.NO_SUBSTREAM)).isEqualTo(PA);
        if (stage1) {
            domain.attachPasid(device, PASID);
            assertThat(rig.dma(PASID)).isEqualTo(PA);
        }
        driver.releaseDevice(device);
        assertThat(rig.dma(TranslationUnit.NO_SUBSTREAM)).isEqualTo(-1);
        domain.free();
        assertThat(driver.idsInUse()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void aDeviceWhoseProbeFoundNoMemoryIsNotThere(boolean twoLevels) {
        int[] refusals = new int[1];
        forEveryAllocation((n, stays) -> {
            Rig rig = new Rig(capabilities(true, twoLevels), KernelRelease.V6_12);
            Smmuv3Driver driver = rig.start();
            DeviceNode device = rig.device();
            arm(rig.shortage, n, stays);
            Errno refusal = refusal(() -> driver.probeDevice(device));
            rig.shortage.end();
            boolean refused = rig.shortage.takeRefused() > 0;
            assertThat(refusal).isEqualTo(refused ? Errno.ENOMEM : null);
            if (refused) {
                refusals[0]++;
                assertThat(driver.unit().streams().count()).isZero();
                assertThat(driver.maxPasids(device)).isZero();
            } else {
                driver.releaseDevice(device);
            }
            use(rig, true, driver);
            return refused;
        });
        assertThat(refusals[0]).as("each of two streams has a leaf of its own").isEqualTo(twoLevels ? 4 : 0);
    }

    @ParameterizedTest
    @CsvSource({"V6_1, true", "V6_1, false", "V6_12, true", "V6_12, false", "V7_2, true", "V7_2, false"})
    void aFirstAttachWithoutMemoryChangesNothing(KernelRelease release, boolean stage1) {
        attachWithoutMemory(release, stage1, (driver, device, domain) -> domain.attach(device));
    }

    @ParameterizedTest
    @CsvSource({"V6_12, true", "V7_2, true", "V7_2, false"})
    void aFirstPasidWithoutMemoryChangesNothing(KernelRelease release, boolean twoLevels) {
        Attachment first = (driver, device, domain) -> {
            Objects.requireNonNull(driver.allocateDomain(DomainType.BLOCKED, device))
                    .attach(device);
            domain.attachPasid(device, twoLevels ? 2000 : PASID);
        };
        attachWithoutMemory(release, capabilities(true, twoLevels), first);
    }

    /** What is tried with a device and a domain. */
    private interface Attachment {
        void attach(Smmuv3Driver driver, DeviceNode device, DomainOps domain);
    }

    private static void attachWithoutMemory(KernelRelease release, boolean stage1, Attachment attachment) {
        attachWithoutMemory(release, capabilities(stage1, true), attachment);
    }

    private static void attachWithoutMemory(
            KernelRelease release, Smmuv3Capabilities capabilities, Attachment attachment) {
        int[] refusals = new int[1];
        forEveryAllocation((n, stays) -> {
            Rig rig = new Rig(capabilities, release);
            Smmuv3Driver driver = rig.start();
            DeviceNode device = rig.device();
            driver.probeDevice(device);
            long before = rig.arena.liveBytes();
            arm(rig.shortage, n, stays);
            Errno refusal = refusal(() -> {
                DomainOps domain = Objects.requireNonNull(driver.allocateDomain(DomainType.UNMANAGED, device));
                try {
                    attachment.attach(driver, device, domain);
                } finally {
                    driver.releaseDevice(device);
                    domain.free();
                }
            });
            rig.shortage.end();
            boolean refused = rig.shortage.takeRefused() > 0;
            refusals[0] += refused ? 1 : 0;
            assertThat(refusal).isEqualTo(refused ? Errno.ENOMEM : null);
            assertThat(driver.idsInUse())
                    .as("ids after the %d-th was refused", n)
                    .isZero();
            driver.releaseDevice(device);
            assertThat(rig.arena.liveBytes())
                    .as("memory after the %d-th was refused", n)
                    .isEqualTo(before);
            assertThat(rig.dma(TranslationUnit.NO_SUBSTREAM)).isEqualTo(-1);
            use(rig, driver.unit().features().has(SmmuFeature.STAGE_1), driver);
            assertThat(rig.arena.liveBytes()).isEqualTo(before);
            return refused;
        });
        assertThat(refusals[0]).isGreaterThan(1);
    }

    /** Tries something with one allocation refused; says whether there were as many. */
    private interface Try {
        boolean refused(int n, boolean stays);
    }

    private static void forEveryAllocation(Try something) {
        for (boolean stays : new boolean[] {false, true}) {
            int n = 1;
            while (something.refused(n, stays)) {
                n++;
                assertThat(n).isLessThan(PLENTY);
            }
        }
    }

    private static void arm(Shortage shortage, int n, boolean stays) {
        LongConsumer how = stays ? shortage::from : shortage::once;
        how.accept(n);
    }
}
