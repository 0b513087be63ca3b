package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.testkit.memory.Allocation;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Hits, and misses whose structures are cached, allocate nothing. */
class TranslationAllocationTest {

    private static final int ROUNDS = 20_000;
    private static final int REFLECTION_SETTLES = 10;

    private long sink;

    /** The runtime compiles the reflection that measures after its sixteenth use, which allocates once. */
    @BeforeAll
    static void measureUntilNothingIsCompiled() throws ReflectiveOperationException {
        for (int i = 0; i < REFLECTION_SETTLES; i++) {
            assertThat(Allocation.of(() -> {})).isNotNegative();
        }
    }

    private static TranslatorRig rig(CacheGeometry caches) {
        TranslatorRig rig = new TranslatorRig(VtdCapabilities.everything(), caches, Set.of());
        rig.scalable();
        for (long page = 0; page < 64; page++) {
            rig.map(rigTop(rig), page << 12, 1, 0x40_0067L + (page << 12));
        }
        long second = rig.page();
        rig.pasid(1, second | 0xC9, 0x80_0002, 0x8000_0000L);
        rig.map(second, 0x8000_0000L, 2, 0x200_0083);
        rig.map(second, 0, 3, 0x83);
        rig.memory.store64(0x200_0000, 0x8000_1027L);
        rig.memory.store64(0x200_1000, 0xE7);
        long plain = rig.page();
        rig.pasid(2, plain | 0x89, 0x80_0003, 0);
        rig.map(plain, 0, 1, 0x40_0003);
        return rig;
    }

    private static long rigTop(TranslatorRig rig) {
        long entry = rig.memory.load64(TranslatorRig.PASIDS + 16);
        return entry != 0 ? entry : rig.firstStage(0, 0);
    }

    private void checkAllocatesNothing(CacheGeometry caches, int pasid) throws ReflectiveOperationException {
        TranslatorRig rig = rig(caches);
        long allocated = Allocation.of(() -> {
            for (int i = 0; i < ROUNDS; i++) {
                long iova = pasid == 2 ? 0 : (long) (i & 63) << 12;
                long packed = rig.unit.translate(TranslatorRig.SID, pasid, iova, Access.READ_BIT);
                if (!Translations.isOk(packed)) {
                    throw new AssertionError("0x" + Integer.toHexString(Translations.faultCode(packed)));
                }
                sink += packed;
            }
        });
        assertThat(allocated).isLessThan(Allocation.NOISE);
        assertThat(sink).isNotZero();
    }

    @Test
    void hits() throws ReflectiveOperationException {
        for (int pasid = -1; pasid <= 2; pasid++) {
            checkAllocatesNothing(CacheGeometry.DEFAULT, pasid);
        }
    }

    @Test
    void missesOfTheFirstStage() throws ReflectiveOperationException {
        checkAllocatesNothing(CacheGeometry.DEFAULT.withoutIotlb(), 0);
    }

    @Test
    void missesOfNestedStages() throws ReflectiveOperationException {
        checkAllocatesNothing(CacheGeometry.DEFAULT.withoutIotlb(), 1);
    }

    @Test
    void missesOfTheSecondStage() throws ReflectiveOperationException {
        checkAllocatesNothing(CacheGeometry.DEFAULT.withoutIotlb(), 2);
    }

    @Test
    void missesThatEvict() throws ReflectiveOperationException {
        checkAllocatesNothing(new CacheGeometry(2, 2, 64), 0);
    }
}
