package io.github.iommu4j.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.core.pagetable.AddressField;
import io.github.iommu4j.core.pagetable.CacheMaintenance;
import io.github.iommu4j.core.pagetable.LeafLayout;
import io.github.iommu4j.core.pagetable.PageTable;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.core.pagetable.TlbInvalidation;
import io.github.iommu4j.core.pagetable.WalkCoherency;
import io.github.iommu4j.core.pagetable.arm.ArmTableConfig;
import io.github.iommu4j.core.pagetable.arm.ShortDescriptorTable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The suite must be able to fail: mistakes an author could make, and the rule that finds each. */
class PlantedFaultsTest {

    private static final WalkCoherency COHERENT = WalkCoherency.COHERENT;
    private static final WalkCoherency NON_COHERENT = WalkCoherency.NON_COHERENT;

    /** Every rule of the suite that a subject breaks, with what it says. */
    private static Map<String, String> broken(PageTableSubject subject) throws IllegalAccessException {
        List<Method> rules = Arrays.stream(PageTableConformance.class.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(Test.class))
                .sorted(Comparator.comparing(Method::getName))
                .toList();
        assertThat(rules).hasSizeGreaterThan(15);
        Map<String, String> broken = new LinkedHashMap<>();
        for (Method rule : rules) {
            PageTableConformance suite = new PageTableConformance() {
                @Override
                protected PageTableSubject subject() {
                    return subject;
                }
            };
            try {
                rule.invoke(suite);
            } catch (InvocationTargetException failure) {
                broken.put(rule.getName(), String.valueOf(failure.getCause()));
            }
        }
        return broken;
    }

    private static PageTableSubject toy(ToyFormat format) {
        return PageTableSubject.of(format, ToyHardware::walk);
    }

    private static PageTableSubject toyIn(WalkCoherency coherency, UnaryOperator<PageTableEnvironment> change) {
        return new PageTableSubject(
                environment -> PageTable.create(new ToyFormat(coherency), change.apply(environment)),
                ToyHardware::walk);
    }

    private static PageTableEnvironment.Builder copy(PageTableEnvironment environment, PageAllocator allocator) {
        return PageTableEnvironment.builder(environment.memory(), allocator)
                .tlb(environment.tlb())
                .caches(environment.caches())
                .log(environment.log())
                .partialUnmap(environment.partialUnmap());
    }

    @Test
    void theToyWithoutFaultsBreaksNothing() throws IllegalAccessException {
        assertThat(broken(toy(new ToyFormat(COHERENT)))).isEmpty();
        assertThat(broken(toyIn(NON_COHERENT, environment -> environment))).isEmpty();
    }

    @Test
    void aPermissionThatIsNotAskedForIsFound() throws IllegalAccessException {
        Map<String, String> broken = broken(toy(new ToyFormat(COHERENT) {
            @Override
            public long attributes(Prot prot, LeafLayout leaf) {
                return super.attributes(prot, leaf) | WRITE.mask();
            }
        }));
        assertThat(broken.get("everyProtectionIsWhatHardwareFinds")).contains("was not asked for");
    }

    @Test
    void aPermissionThatIsForgottenIsFound() throws IllegalAccessException {
        Map<String, String> broken = broken(toy(new ToyFormat(COHERENT) {
            @Override
            public long attributes(Prot prot, LeafLayout leaf) {
                return leaf.pattern().value();
            }
        }));
        assertThat(broken).containsKey("everyProtectionIsWhatHardwareFinds");
    }

    @Test
    void anAddressFieldThatIsTooShortIsFound() throws IllegalAccessException {
        Map<String, String> broken = broken(toy(new ToyFormat(COHERENT) {
            @Override
            AddressField pageAddress() {
                return AddressField.inPlace(BitField.bits(30, 12));
            }
        }));
        assertThat(broken).containsKey("theHighestOutputAddressIsReached");
    }

    @Test
    void aSplitThatLosesTheAddressIsFound() throws IllegalAccessException {
        Map<String, String> broken = broken(toy(new ToyFormat(COHERENT) {
            @Override
            public long narrowed(long descriptor, LeafLayout from, LeafLayout to) {
                return descriptor & ~PAGE.mask();
            }
        }));
        assertThat(broken).containsKeys("aPartOfALeafIsUnmappedAlone", "randomCallsAgreeWithPlainTranslations");
    }

    @Test
    void anInputSizeThatIsTooLargeIsFound() throws IllegalAccessException {
        Map<String, String> broken = broken(toy(new ToyFormat(COHERENT) {
            @Override
            public int outputBits() {
                return 33;
            }
        }));
        assertThat(broken).containsKey("theHighestOutputAddressIsReached");
    }

    /** A TLB of which one of the calls is forgotten. */
    private record Forgetful(TlbInvalidation tlb, String forgotten) implements TlbInvalidation {
        @Override
        public void flushAll() {
            if (!forgotten.equals("flushAll")) {
                tlb.flushAll();
            }
        }

        @Override
        public void flushWalk(long iova, long size, long granule) {
            if (!forgotten.equals("flushWalk")) {
                tlb.flushWalk(iova, size, granule);
            }
        }

        @Override
        public void addPage(@Nullable IotlbGather gather, long iova, long granule) {
            if (!forgotten.equals("addPage")) {
                tlb.addPage(gather, iova, granule);
            }
        }
    }

    private static Map<String, String> brokenWithout(String call) throws IllegalAccessException {
        return broken(toyIn(
                COHERENT,
                environment -> copy(environment, environment.allocator())
                        .tlb(new Forgetful(environment.tlb(), call))
                        .build()));
    }

    @Test
    void invalidationsThatAreForgottenAreFound() throws IllegalAccessException {
        assertThat(brokenWithout("flushWalk").get("aPageTakesEverythingUnderIt"))
                .contains("may be cached");
        assertThat(brokenWithout("addPage").get("everySizeGoesWhereItIsMappedAndNowhereAfterwards"))
                .contains("may still be cached");
        assertThat(brokenWithout("flushAll")).containsKey("freeingInvalidatesEverythingFirstAndHappensOnce");
    }

    @Test
    void aGatherThatIsDroppedIsFound() throws IllegalAccessException {
        Map<String, String> broken = broken(toyIn(
                COHERENT,
                environment -> copy(environment, environment.allocator())
                        .tlb(new TlbInvalidation() {
                            @Override
                            public void flushAll() {
                                environment.tlb().flushAll();
                            }

                            @Override
                            public void flushWalk(long iova, long size, long granule) {
                                environment.tlb().flushWalk(iova, size, granule);
                            }

                            @Override
                            public void addPage(@Nullable IotlbGather gather, long iova, long granule) {
                                environment.tlb().addPage(null, iova, granule);
                            }
                        })
                        .build()));
        assertThat(broken).containsOnlyKeys("theGatherIsHandedOnAndAQueuedOneIsLeftAlone");
    }

    /** Gives back the first table it gave out, which is the root, and loses the others. */
    private static final class Leaking implements PageAllocator {
        private final PageAllocator allocator;
        private long root;

        Leaking(PageAllocator allocator) {
            this.allocator = allocator;
        }

        @Override
        public long allocate(long size, long alignment) {
            long table = allocator.allocate(size, alignment);
            root = root == 0 ? table : root;
            return table;
        }

        @Override
        public void free(long address, long size) {
            if (address == root) {
                allocator.free(address, size);
            }
        }
    }

    @Test
    void aTableThatIsLeakedIsFound() throws IllegalAccessException {
        Map<String, String> broken = broken(toyIn(
                COHERENT,
                environment ->
                        copy(environment, new Leaking(environment.allocator())).build()));
        assertThat(broken.get("aPageTakesEverythingUnderIt")).contains("against those allocated");
        assertThat(broken.get("freeingInvalidatesEverythingFirstAndHappensOnce"))
                .contains("tables left");
    }

    @Test
    void aTableThatIsTakenTwiceIsFound() throws IllegalAccessException {
        Map<String, String> broken = broken(toyIn(
                COHERENT,
                environment -> copy(environment, new PageAllocator() {
                            @Override
                            public long allocate(long size, long alignment) {
                                environment.allocator().allocate(size, alignment);
                                return environment.allocator().allocate(size, alignment);
                            }

                            @Override
                            public void free(long address, long size) {
                                environment.allocator().free(address, size);
                            }
                        })
                        .build()));
        assertThat(broken).containsKey("anEmptyTableTranslatesNothing");
    }

    @Test
    void descriptorsThatAreNotWrittenBackAreFound() throws IllegalAccessException {
        Map<String, String> broken = broken(toyIn(
                NON_COHERENT,
                environment -> copy(environment, environment.allocator())
                        .caches(new CacheMaintenance() {
                            @Override
                            public void map(long pa, long size) {
                                environment.caches().map(pa, size);
                            }

                            @Override
                            public void unmap(long pa, long size) {
                                environment.caches().unmap(pa, size);
                            }

                            @Override
                            public void sync(long pa, long size) {
                                // Forgotten.
                            }
                        })
                        .build()));
        assertThat(broken).containsKey("everySizeGoesWhereItIsMappedAndNowhereAfterwards");
    }

    @Test
    void maintenanceOfACoherentTableIsFound() throws IllegalAccessException {
        Map<String, String> broken = broken(toyIn(COHERENT, environment -> {
            environment.caches().sync(0, 0);
            return environment;
        }));
        assertThat(broken).containsKey("anEmptyTableTranslatesNothing");
    }

    /** Short descriptors with one of the engine's historical mistakes. */
    private static Map<String, String> brokenWith(PageTableErratum erratum) throws IllegalAccessException {
        ArmTableConfig config = ArmTableConfig.of(new PageSizes(0x111_1000), 32, 32);
        return broken(new PageTableSubject(
                environment -> ShortDescriptorTable.create(
                                config,
                                copy(environment, environment.allocator())
                                        .erratum(erratum)
                                        .build())
                        .pageTable(),
                new ArmWalks.ShortWalk(false, true)));
    }

    @Test
    void everyHistoricalMistakeIsFound() throws IllegalAccessException {
        assertThat(brokenWith(PageTableErratum.SPLIT_LOSES_ADDRESS)).containsKey("aPartOfALeafIsUnmappedAlone");
        assertThat(brokenWith(PageTableErratum.GROUP_SPLIT_RETURNS_FIRST)).containsKey("aPartOfALeafIsUnmappedAlone");
        assertThat(brokenWith(PageTableErratum.RUN_END_UNCHECKED))
                .containsKey("aRunThatPassesTheEndStaysWithinTheSpaces");
        assertThat(brokenWith(PageTableErratum.LOOKUP_ALIASES)).containsKey("aLookUpBesideTheInputSpaceFindsNothing");
    }
}
