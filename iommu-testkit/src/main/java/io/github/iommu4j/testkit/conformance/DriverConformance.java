package io.github.iommu4j.testkit.conformance;

import static io.github.iommu4j.testkit.conformance.DriverRig.DATA;
import static io.github.iommu4j.testkit.conformance.DriverRig.PAGE;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DmaOwnership;
import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.lock.ValidatedLocking;
import io.github.iommu4j.testkit.explore.Interleavings;
import io.github.iommu4j.testkit.explore.Scenario;
import java.util.EnumMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * What every IOMMU driver must do under the core, whatever its hardware: what the domain says is what the hardware does,
 * at once after a map, and no longer once an unmap returned. A driver's test class extends this and hands in its {@link
 * DriverSubject}.
 *
 * <p>Every test runs with validated locks, and ends with nothing left. The explored ones run every interleaving of two
 * tasks within one preemption.
 */
public abstract class DriverConformance {

    private static final int RANDOM_STEPS = 400;
    private static final int SEQUENCES = 12;
    private static final int SEQUENCE_STEPS = 150;
    private static final int WINDOW_PAGES = 256;
    private static final int MOST_SCHEDULES = 400;

    /** Only for subclasses. */
    protected DriverConformance() {}

    /**
     * The driver under test.
     *
     * @return what the suite must know of it
     */
    protected abstract DriverSubject subject();

    /**
     * The kernel the driver is under: what the core and the driver do by it.
     *
     * @return {@link KernelRelease#V6_12} unless a subclass says otherwise
     */
    protected KernelRelease release() {
        return KernelRelease.V6_12;
    }

    private DriverRig rig() {
        return rig(ValidatedLocking.over(new PlainLocking()));
    }

    private DriverRig rig(Locking locking) {
        return new DriverRig(subject(), locking, release());
    }

    @Test
    void aClientIsProbedIntoAGroupWithADefaultDomain() {
        DriverRig rig = rig();
        assertThat(rig.group(0).devices()).contains(rig.client(0));
        assertThat(rig.group(0).domain()).isNotNull().isSameAs(rig.group(0).defaultDomain());
        assertThat(rig.group(0).dmaOwnership().isClaimed()).isFalse();
        rig.close();
    }

    @Test
    void aFreshDomainLetsNothingThrough() {
        DriverRig rig = rig();
        IommuDomain domain = rig.attachedDomain(0);
        rig.assertBlocks(0, rig.window);
        assertThat(domain.iovaToPhys(rig.window)).isZero();
        rig.giveBack(0, domain);
        rig.close();
    }

    @Test
    void whatIsMappedIsTranslatedAndNothingBeside() {
        DriverRig rig = rig();
        IommuDomain domain = rig.attachedDomain(0);
        for (long size = domain.pageSizes().smallest(); size != 0 && size <= 0x40_0000; size <<= 1) {
            if ((domain.pageSizes().bitmap() & size) == 0) {
                continue;
            }
            long pa = DATA + 0x400_0000;
            domain.map(rig.window + 0x80_0000, pa, size, Prot.READ_WRITE);
            rig.settle();
            rig.assertTranslates(0, rig.window + 0x80_0000, pa);
            rig.assertTranslates(0, rig.window + 0x80_0000 + size - PAGE, pa + size - PAGE);
            rig.assertBlocks(0, rig.window + 0x80_0000 + size);
            rig.assertBlocks(0, rig.window + 0x80_0000 - PAGE);
            assertThat(domain.iovaToPhys(rig.window + 0x80_0000 + 0x234)).isEqualTo(pa + 0x234);
            assertThat(domain.unmap(rig.window + 0x80_0000, size)).isEqualTo(size);
            rig.settle();
            rig.assertBlocks(0, rig.window + 0x80_0000);
        }
        rig.giveBack(0, domain);
        rig.close();
    }

    @Test
    void afterAnUnmapReturnedNothingOfItIsTranslated() {
        DriverRig rig = rig();
        IommuDomain domain = rig.attachedDomain(0);
        domain.map(rig.window, DATA, 16 * PAGE, Prot.READ_WRITE);
        for (int i = 0; i < 16; i++) {
            rig.assertTranslates(0, rig.window + i * PAGE, DATA + i * PAGE);
        }
        assertThat(domain.unmap(rig.window + 4 * PAGE, 4 * PAGE)).isEqualTo(4 * PAGE);
        for (int i = 0; i < 16; i++) {
            if (i >= 4 && i < 8) {
                rig.assertBlocks(0, rig.window + i * PAGE);
            } else {
                rig.assertTranslates(0, rig.window + i * PAGE, DATA + i * PAGE);
            }
        }
        domain.unmap(rig.window, 4 * PAGE);
        domain.unmap(rig.window + 8 * PAGE, 8 * PAGE);
        rig.giveBack(0, domain);
        rig.close();
    }

    @Test
    void aGatheredUnmapIsDoneOnceItIsSynced() {
        DriverRig rig = rig();
        IommuDomain domain = rig.attachedDomain(0);
        domain.map(rig.window, DATA, 4 * PAGE, Prot.READ_WRITE);
        rig.assertTranslates(0, rig.window + PAGE, DATA + PAGE);
        IotlbGather gather = new IotlbGather();
        assertThat(domain.unmapFast(rig.window, 2 * PAGE, gather)).isEqualTo(2 * PAGE);
        assertThat(domain.unmapFast(rig.window + 3 * PAGE, PAGE, gather)).isEqualTo(PAGE);
        domain.iotlbSync(gather);
        rig.settle();
        rig.assertBlocks(0, rig.window + PAGE);
        rig.assertBlocks(0, rig.window + 3 * PAGE);
        rig.assertTranslates(0, rig.window + 2 * PAGE, DATA + 2 * PAGE);
        IotlbGather queued = IotlbGather.queued();
        domain.unmapFast(rig.window + 2 * PAGE, PAGE, queued);
        domain.flushIotlbAll();
        rig.settle();
        rig.assertBlocks(0, rig.window + 2 * PAGE);
        domain.iotlbSync(queued);
        rig.giveBack(0, domain);
        rig.close();
    }

    @Test
    void protectionIsKept() {
        DriverRig rig = rig();
        IommuDomain domain = rig.attachedDomain(0);
        domain.map(rig.window, DATA, PAGE, Prot.READ);
        assertThat(rig.dma(0, rig.window, Access.READ)).hasValue(DATA);
        if (subject().forbidsWriting()) {
            assertThat(rig.dma(0, rig.window, Access.WRITE)).isEmpty();
        }
        domain.unmap(rig.window, PAGE);
        rig.giveBack(0, domain);
        rig.close();
    }

    @Test
    void mappingOverAMappingIsRefusedAndTheOldOneStays() {
        DriverRig rig = rig();
        IommuDomain domain = rig.attachedDomain(0);
        domain.map(rig.window + PAGE, DATA, PAGE, Prot.READ_WRITE);
        Errno refusal;
        try {
            refusal = DriverRig.errno(() -> domain.map(rig.window, DATA + 0x10_0000, 4 * PAGE, Prot.READ_WRITE));
        } catch (AssertionError warning) {
            // io-pgtable warns, too.
            refusal = Errno.EEXIST;
        }
        assertThat(refusal).isIn(Errno.EEXIST, Errno.EADDRINUSE);
        rig.settle();
        rig.assertTranslates(0, rig.window + PAGE, DATA);
        domain.unmap(rig.window + PAGE, PAGE);
        for (int i = 0; i < 4; i++) {
            domain.unmap(rig.window + i * PAGE, PAGE);
        }
        rig.giveBack(0, domain);
        rig.close();
    }

    @Test
    void misalignedMappingsAreRefusedWithEinval() {
        DriverRig rig = rig();
        IommuDomain domain = rig.attachedDomain(0);
        long smallest = domain.pageSizes().smallest();
        assertThat(DriverRig.errno(() -> domain.map(rig.window + smallest / 2, DATA, smallest, Prot.READ)))
                .isEqualTo(Errno.EINVAL);
        assertThat(DriverRig.errno(() -> domain.map(rig.window, DATA + smallest / 2, smallest, Prot.READ)))
                .isEqualTo(Errno.EINVAL);
        assertThat(DriverRig.errno(() -> domain.map(rig.window, DATA, smallest / 2, Prot.READ)))
                .isEqualTo(Errno.EINVAL);
        rig.assertBlocks(0, rig.window);
        rig.giveBack(0, domain);
        rig.close();
    }

    @Test
    void aSecondOwnerIsRefusedWithEperm() {
        DriverRig rig = rig();
        DmaOwnership ownership = rig.group(0).dmaOwnership();
        ownership.claim("one");
        assertThat(DriverRig.errno(() -> ownership.claim("two"))).isEqualTo(Errno.EPERM);
        ownership.release();
        rig.close();
    }

    @Test
    void aClaimBlocksDmaAndReleaseBringsTheDefaultDomainBack() {
        DriverRig rig = rig();
        rig.group(0).dmaOwnership().claim("user");
        rig.settle();
        rig.assertBlocks(0, rig.window);
        rig.group(0).dmaOwnership().release();
        rig.settle();
        assertThat(rig.group(0).domain()).isSameAs(rig.group(0).defaultDomain());
        rig.close();
    }

    @Test
    void dmaGoesThroughTheDomainThatIsAttached() {
        DriverRig rig = rig();
        IommuDomain first = rig.attachedDomain(0);
        IommuDomain second = rig.core.newPagingDomain(rig.client(0));
        first.map(rig.window, DATA, PAGE, Prot.READ_WRITE);
        second.map(rig.window, DATA + 0x10_0000, PAGE, Prot.READ_WRITE);
        rig.assertTranslates(0, rig.window, DATA);
        rig.group(0).replace(second);
        rig.settle();
        rig.assertTranslates(0, rig.window, DATA + 0x10_0000);
        first.unmap(rig.window, PAGE);
        rig.assertTranslates(0, rig.window, DATA + 0x10_0000);
        first.free();
        second.unmap(rig.window, PAGE);
        rig.giveBack(0, second);
        rig.close();
    }

    @Test
    void clientsOfDifferentGroupsDoNotShareTranslations() {
        DriverRig rig = rig();
        IommuDomain first = rig.attachedDomain(0);
        first.map(rig.window, DATA, PAGE, Prot.READ_WRITE);
        rig.assertTranslates(0, rig.window, DATA);
        if (rig.group(0) != rig.group(1)) {
            IommuDomain second = rig.attachedDomain(1);
            rig.assertBlocks(1, rig.window);
            second.map(rig.window, DATA + 0x20_0000, PAGE, Prot.READ_WRITE);
            rig.assertTranslates(1, rig.window, DATA + 0x20_0000);
            rig.assertTranslates(0, rig.window, DATA);
            second.unmap(rig.window, PAGE);
            rig.assertTranslates(0, rig.window, DATA);
            rig.giveBack(1, second);
        }
        first.unmap(rig.window, PAGE);
        rig.giveBack(0, first);
        rig.close();
    }

    @Test
    void anIdentityDefaultDomainLetsAddressesThroughAsTheyAre() {
        DriverRig rig = rig();
        Errno refusal = DriverRig.errno(() -> rig.group(0).writeType("identity", UserCapabilities.ALL));
        rig.settle();
        if (refusal == null) {
            assertThat(rig.group(0).defaultDomain()).isNotNull();
            assertThat(rig.group(0).typeName()).isEqualTo("identity");
            assertThat(rig.dma(0, DATA + 0x40, Access.READ)).hasValue(DATA + 0x40);
        } else {
            assertThat(rig.group(0).domain()).isSameAs(rig.group(0).defaultDomain());
        }
        rig.close();
    }

    @Test
    void aClientThatLeavesLeavesNothing() {
        DriverRig rig = rig();
        IommuDomain domain = rig.attachedDomain(0);
        domain.map(rig.window, DATA, 64 * PAGE, Prot.READ_WRITE);
        domain.unmap(rig.window, 64 * PAGE);
        rig.giveBack(0, domain);
        rig.remove(0);
        assertThat(rig.core.groupOf(rig.client(0))).isNull();
        rig.close();
    }

    @Test
    void aDomainFreedWithMappingsGivesItsTablesBack() {
        DriverRig rig = rig();
        long before = rig.givenOut();
        IommuDomain domain = rig.attachedDomain(0);
        domain.map(rig.window, DATA, 64 * PAGE, Prot.READ_WRITE);
        domain.map(rig.window + 0x200_0000, DATA, 64 * PAGE, Prot.READ_WRITE);
        rig.giveBack(0, domain);
        assertThat(rig.givenOut()).as("pieces given out").isLessThanOrEqualTo(before);
        rig.assertBlocks(0, rig.window);
        rig.close();
    }

    @Test
    void randomCallsLeaveHardwareAndDomainAgreed() {
        DriverRig rig = rig();
        Random random = new Random(20_261_126);
        IommuDomain domain = rig.attachedDomain(0);
        TreeMap<Long, Long> expected = new TreeMap<>();
        for (int step = 0; step < RANDOM_STEPS; step++) {
            long iova = rig.window + PAGE * random.nextInt(WINDOW_PAGES);
            int pages = 1 + random.nextInt(8);
            if (random.nextBoolean()) {
                mapWhereFree(rig, domain, expected, new Range(iova, pages, DATA + PAGE * random.nextInt(4096)));
            } else {
                unmapWhereMapped(domain, expected, iova, pages);
            }
            rig.settle();
            long probe = rig.window + PAGE * random.nextInt(WINDOW_PAGES);
            assertAgrees(rig, domain, expected, probe);
            assertAgrees(rig, domain, expected, iova);
        }
        for (long page = 0; page < WINDOW_PAGES; page++) {
            assertAgrees(rig, domain, expected, rig.window + page * PAGE);
        }
        expected.keySet().forEach(iova -> domain.unmap(iova, PAGE));
        rig.giveBack(0, domain);
        rig.close();
    }

    @Test
    void afterEveryOperationOnGroupsOwnersAndDevicesTheHardwareDoesWhatTheDomainSays() {
        Map<DriverSequence.Kind, Integer> done = new EnumMap<>(DriverSequence.Kind.class);
        for (long seed = 1; seed <= SEQUENCES; seed++) {
            DriverSequence sequence = new DriverSequence(rig(), seed);
            for (int step = 0; step < SEQUENCE_STEPS; step++) {
                try {
                    sequence.step();
                } catch (AssertionError | RuntimeException broken) {
                    throw new AssertionError(
                            "step " + step + " of sequence " + seed + ": " + broken.getMessage(), broken);
                }
            }
            sequence.finish();
            sequence.done().forEach((kind, times) -> done.merge(kind, times, Integer::sum));
        }
        assertThat(done.keySet()).as("operations that came about, in %s", done).containsAll(DriverSequence.Kind.ALWAYS);
    }

    private record Range(long iova, int pages, long pa) {}

    private static void mapWhereFree(
            DriverRig rig, IommuDomain domain, NavigableMap<Long, Long> expected, Range range) {
        long end = Math.min(range.iova + range.pages * PAGE, rig.window + WINDOW_PAGES * PAGE);
        if (!expected.subMap(range.iova, end).isEmpty()) {
            return;
        }
        domain.map(range.iova, range.pa, end - range.iova, Prot.READ_WRITE);
        for (long at = range.iova; at < end; at += PAGE) {
            expected.put(at, range.pa + at - range.iova);
        }
    }

    private static void unmapWhereMapped(IommuDomain domain, NavigableMap<Long, Long> expected, long iova, int pages) {
        int mapped = 0;
        while (mapped < pages && expected.containsKey(iova + mapped * PAGE)) {
            mapped++;
        }
        if (mapped == 0) {
            return;
        }
        assertThat(domain.unmap(iova, mapped * PAGE)).isEqualTo(mapped * PAGE);
        for (int i = 0; i < mapped; i++) {
            expected.remove(iova + i * PAGE);
        }
    }

    private static void assertAgrees(DriverRig rig, IommuDomain domain, NavigableMap<Long, Long> expected, long iova) {
        Long pa = expected.get(iova);
        OptionalLong dma = rig.dma(0, iova, Access.READ);
        if (pa == null) {
            assertThat(dma).as("0x%x is not mapped", iova).isEmpty();
            assertThat(domain.iovaToPhys(iova)).isZero();
        } else {
            assertThat(dma).as("0x%x is mapped", iova).hasValue(pa);
            assertThat(domain.iovaToPhys(iova)).isEqualTo(pa);
        }
    }

    @Test
    void whicheverAllocationFailsNothingIsHalfDoneOrLost() {
        for (int n = 1; n <= 8; n++) {
            DriverRig rig = rig();
            IommuDomain domain = rig.attachedDomain(0);
            long before = rig.givenOut();
            rig.failAllocation(n);
            Errno refusal = DriverRig.errno(() -> domain.map(rig.window, DATA, 2 * PAGE, Prot.READ_WRITE));
            rig.failAllocation(0);
            rig.settle();
            if (refusal == null) {
                domain.unmap(rig.window, 2 * PAGE);
            } else {
                assertThat(refusal).isEqualTo(Errno.ENOMEM);
                rig.assertBlocks(0, rig.window);
                assertThat(rig.givenOut()).isGreaterThanOrEqualTo(before);
                domain.map(rig.window, DATA, 2 * PAGE, Prot.READ_WRITE);
                rig.assertTranslates(0, rig.window, DATA);
                domain.unmap(rig.window, 2 * PAGE);
            }
            rig.giveBack(0, domain);
            rig.close();
        }
    }

    @Test
    void everyInterleavingOfTwoMappersOfOneDomainIsRight() {
        explore(stage -> {
            DriverRig rig = rig(stage.validatedLocking());
            IommuDomain domain = rig.attachedDomain(0);
            for (int i = 0; i < 2; i++) {
                long iova = rig.window + i * 0x10_0000L;
                long pa = DATA + i * 0x10_0000L;
                stage.task("maps and unmaps 0x" + Long.toHexString(iova), () -> {
                    domain.map(iova, pa, PAGE, Prot.READ_WRITE);
                    domain.map(iova + PAGE, pa + PAGE, PAGE, Prot.READ_WRITE);
                    domain.unmap(iova, PAGE);
                });
            }
            stage.atEnd("both see theirs", () -> {
                rig.settle();
                for (int i = 0; i < 2; i++) {
                    rig.assertBlocks(0, rig.window + i * 0x10_0000L);
                    rig.assertTranslates(0, rig.window + i * 0x10_0000L + PAGE, DATA + i * 0x10_0000L + PAGE);
                    domain.unmap(rig.window + i * 0x10_0000L + PAGE, PAGE);
                }
                rig.giveBack(0, domain);
                rig.close();
            });
        });
    }

    @Test
    void everyInterleavingOfUnmapAndDmaIsRight() {
        explore(stage -> {
            DriverRig rig = rig(stage.validatedLocking());
            IommuDomain domain = rig.attachedDomain(0);
            domain.map(rig.window, DATA, PAGE, Prot.READ_WRITE);
            boolean[] returned = new boolean[1];
            stage.task("unmaps", () -> {
                domain.unmap(rig.window, PAGE);
                returned[0] = true;
            });
            stage.task("does DMA", () -> {
                for (int i = 0; i < 3; i++) {
                    stage.yieldPoint("reads 0x" + Long.toHexString(rig.window));
                    boolean late = returned[0];
                    OptionalLong pa = rig.installation.translate(rig.client(0), rig.window, Access.READ);
                    if (late && pa.isPresent()) {
                        throw new AssertionError("DMA goes through after the unmap returned");
                    }
                    if (pa.isPresent() && pa.getAsLong() != DATA) {
                        throw new AssertionError("DMA goes to 0x" + Long.toHexString(pa.getAsLong()));
                    }
                }
            });
            stage.atEnd("nothing is left", () -> {
                rig.giveBack(0, domain);
                rig.close();
            });
        });
    }

    @Test
    void everyInterleavingOfClaimsAndTypeChangesIsRight() {
        explore(stage -> {
            DriverRig rig = rig(stage.validatedLocking());
            DmaOwnership ownership = rig.group(0).dmaOwnership();
            stage.task("user", () -> {
                try {
                    ownership.claim("user");
                    ownership.release();
                } catch (IommuException refusal) {
                    assertThat(refusal.errno()).isIn(Errno.EPERM, Errno.EBUSY);
                }
            });
            stage.task("administrator", () -> {
                try {
                    rig.group(0).writeType("identity", UserCapabilities.ALL);
                } catch (IommuException refusal) {
                    assertThat(refusal.errno()).isNotEqualTo(Errno.EACCES);
                }
            });
            stage.atEnd("the default domain is attached", () -> {
                rig.settle();
                assertThat(rig.group(0).domain()).isSameAs(rig.group(0).defaultDomain());
                if (rig.group(0).typeName().equals("identity")) {
                    assertThat(rig.group(0).defaultDomain())
                            .satisfies(domain -> assertThat(domain.type()).isEqualTo(DomainType.IDENTITY));
                }
                rig.close();
            });
        });
    }

    private static void explore(Scenario scenario) {
        Interleavings.of(scenario)
                .preemptionBound(1)
                .mostSchedules(MOST_SCHEDULES)
                .exhaustive()
                .requireNothingFound();
    }
}
