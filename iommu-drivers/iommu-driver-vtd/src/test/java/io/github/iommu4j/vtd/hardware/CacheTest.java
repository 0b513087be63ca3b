package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.vtd.layout.TableMode;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What stays cached and what invalidations take out (Intel VT-d §6.2, §6.5.2). */
class CacheTest {

    private static final long IOVA = 0x40_0000;
    private static final int DID = 1;

    private final TranslatorRig rig = TranslatorRig.everything().scalable();
    private final CacheControl caches = rig.unit.caches();

    private long changedLeaf(long top, int level, long iova, long flags) {
        long leaf = rig.map(top, iova, level, 0x4000_0000L | flags);
        assertThat(TranslatorRig.pa(rig.read(iova))).isEqualTo(0x4000_0000L);
        rig.memory.store64(leaf, 0x8000_0000L | flags);
        assertStale(iova);
        return leaf;
    }

    private void assertStale(long iova) {
        assertThat(TranslatorRig.pa(rig.read(iova))).isEqualTo(0x4000_0000L);
        assertThat(TranslatorRig.pa(rig.write(iova)))
                .as("past the recent answers")
                .isEqualTo(0x4000_0000L);
    }

    private void assertFresh(long iova) {
        assertThat(TranslatorRig.pa(rig.read(iova))).isEqualTo(0x8000_0000L);
        assertThat(TranslatorRig.pa(rig.write(iova))).isEqualTo(0x8000_0000L);
    }

    @Test
    void secondStagePagesGoByDomainAndAddress() {
        changedLeaf(rig.secondStage(0, 0), 1, IOVA, 3);
        caches.iotlbDomain(0x101);
        caches.iotlbPages(2, IOVA, 0, false);
        caches.iotlbPages(DID, IOVA + 0x1000, 0, false);
        caches.iotlbPages(DID, IOVA - 0x1000, 0, false);
        caches.pasidIotlb(DID, 0);
        caches.pasidIotlbPages(DID, 0, IOVA, 0, false);
        assertStale(IOVA);
        caches.iotlbPages(DID, IOVA + 0x7000, 3, true);
        assertFresh(IOVA);
    }

    /** Software that changes RTADDR.TTM and invalidates nothing is wrong, but no entry is read as one of the other mode. */
    @Test
    void aContextCachedInOneTableModeIsNoneOfTheOther() {
        rig.map(rig.secondStage(0, 0), IOVA, 1, 0x4000_0003L);
        assertThat(TranslatorRig.pa(rig.read(IOVA))).isEqualTo(0x4000_0000L);
        rig.map(rig.legacyTable(), IOVA + 0x1000, 1, 0x8000_0003L);
        assertThat(TranslatorRig.pa(rig.read(IOVA + 0x1000))).isEqualTo(0x8000_0000L);
        rig.mode(TableMode.SCALABLE);
        assertThat(rig.read(IOVA + 0x2000).kind()).isEqualTo(Translation.Kind.FAULT);
    }

    @Test
    void aLargePageGoesWithAnyOfItsPages() {
        changedLeaf(rig.secondStage(0, 0), 2, IOVA, 0x83);
        caches.iotlbPages(DID, IOVA + 0x20_0000, 9, false);
        assertStale(IOVA);
        caches.iotlbPages(DID, IOVA + 0x1F_F000, 0, false);
        assertFresh(IOVA);
    }

    @Test
    void aGigabyteGoesWithTheDomain() {
        changedLeaf(rig.secondStage(0, 0), 3, 0x4000_0000L, 0x83);
        caches.iotlbDomain(DID);
        assertFresh(0x4000_0000L);
    }

    @Test
    void everyAddressGoesWithAnAmOf52OrMore() {
        changedLeaf(rig.secondStage(0, 0), 1, 0x7FFF_FFFF_F000L, 3);
        caches.iotlbPages(DID, 0, 52, false);
        assertFresh(0x7FFF_FFFF_F000L);
    }

    @Test
    void firstStagePagesGoByPasidAndAddress() {
        changedLeaf(rig.firstStage(0, 0), 1, IOVA, 0x67);
        caches.pasidIotlb(DID, 1);
        caches.pasidIotlb(2, 0);
        caches.pasidIotlbPages(DID, 1, IOVA, 0, false);
        caches.pasidIotlbPages(DID, 0, IOVA + 0x1000, 0, false);
        caches.iotlbPages(2, IOVA, 0, false);
        assertStale(IOVA);
        caches.pasidIotlbPages(DID, 0, IOVA, 0, false);
        assertFresh(IOVA);
    }

    @Test
    void aPageSelectiveIotlbInvalidationTakesEveryFirstStageOfTheDomain() {
        changedLeaf(rig.firstStage(0, 0), 1, IOVA, 0x67);
        caches.iotlbPages(DID, 0x7000_0000L, 0, true);
        assertFresh(IOVA);
    }

    @Test
    void canonicalHighAddressesAreInvalidatedAsTheyAre() {
        changedLeaf(rig.firstStage(0, 0), 1, -0x2000, 0x67);
        caches.pasidIotlbPages(DID, 0, 0xF_FFFF_FFFF_E000L, 0, false);
        assertStale(-0x2000);
        caches.pasidIotlbPages(DID, 0, -0x1000, 1, false);
        assertFresh(-0x2000);
    }

    @Test
    void aPieceOfALargerFirstStagePageGoesWithAnyPageOfIt() {
        long second = rig.page();
        long guest = 0x8000_0000L;
        rig.pasid(0, second | 0xC9, 0x80_0001, guest);
        rig.map(second, guest, 2, 0x200_0083);
        long guestTop = 0x200_0000;
        rig.memory.store64(TranslatorRig.entry(guestTop, IOVA, 4), guest + 0x1027);
        rig.memory.store64(TranslatorRig.entry(guestTop + 0x1000, IOVA, 3), guest + 0x2027);
        rig.memory.store64(TranslatorRig.entry(guestTop + 0x2000, IOVA, 2), 0xC000_00E7L);
        long leaf = rig.map(second, 0xC000_3000L, 1, 0x4000_0003L);
        assertThat(TranslatorRig.pa(rig.read(IOVA + 0x3000))).isEqualTo(0x4000_0000L);
        rig.memory.store64(leaf, 0x8000_0003L);
        assertStale(IOVA + 0x3000);
        caches.pasidIotlbPages(DID, 0, IOVA + 0x20_0000, 0, false);
        assertStale(IOVA + 0x3000);
        caches.pasidIotlbPages(DID, 0, IOVA + 0x1F_F000, 0, false);
        assertFresh(IOVA + 0x3000);
    }

    @Test
    void functionsOfADomainShareWhatIsCached() {
        rig.memory.store64(TranslatorRig.CONTEXT + 0x11 * 32, TranslatorRig.DIRECTORY | 0x19);
        changedLeaf(rig.secondStage(0, 0), 1, IOVA, 3);
        assertThat(TranslatorRig.pa(rig.unit.translate(DmaRequest.read(0x11, IOVA))))
                .isEqualTo(0x4000_0000L);
    }

    @Test
    void contextEntriesGoByDevice() {
        long top = rig.legacyTable();
        rig.map(top, IOVA, 1, 0x4000_0003L);
        assertThat(TranslatorRig.pa(rig.read(IOVA))).isEqualTo(0x4000_0000L);
        long other = rig.page();
        rig.map(other, IOVA, 1, 0x8000_0003L);
        rig.legacy(other | 1, 0x202);
        assertStale(IOVA);
        caches.contextDevice(DID, TranslatorRig.SID + 1, 0);
        caches.contextDevice(DID, TranslatorRig.SID + 8, 3);
        caches.contextDomain(2);
        caches.pasidGlobal();
        caches.iotlbGlobal();
        assertStale(IOVA);
        caches.contextDevice(DID, TranslatorRig.SID + 4, 1);
        assertFresh(IOVA);
        rig.legacy(top | 1, 0x102);
        assertFresh(IOVA);
        caches.contextDomain(2);
        assertStale(IOVA);
        rig.legacy(other | 1, 0x202);
        caches.contextDevice(99, TranslatorRig.SID + 7, 3);
        assertFresh(IOVA);
        rig.legacy(top | 1, 0x102);
        caches.contextDevice(99, TranslatorRig.SID + 6, 2);
        assertStale(IOVA);
    }

    @Test
    void scalableContextEntriesGoWithAnyDomain() {
        rig.pasid(0, 0x10D, 1, 0);
        rig.pasid(1, 0, 0, 0);
        assertThat(TranslatorRig.code(rig.read(IOVA))).isEqualTo(-1);
        rig.context(TranslatorRig.DIRECTORY | 1, 1);
        assertThat(TranslatorRig.code(rig.write(IOVA))).isEqualTo(-1);
        caches.contextDomain(7);
        assertThat(TranslatorRig.code(rig.write(IOVA))).isEqualTo(0x59);
        rig.context(TranslatorRig.DIRECTORY | 1, 0);
        caches.contextGlobal();
        assertThat(TranslatorRig.code(rig.write(IOVA))).isEqualTo(-1);
    }

    @Test
    void pasidEntriesGoByDomainAndPasid() {
        rig.pasid(5, 0x10D, 1, 0);
        assertThat(TranslatorRig.code(rig.tagged(5, IOVA, Access.READ))).isEqualTo(-1);
        rig.pasid(5, 0, 0, 0);
        caches.pasid(DID, 4);
        caches.pasid(2, 5);
        caches.pasidDomain(2);
        caches.iotlbGlobal();
        caches.contextGlobal();
        assertThat(TranslatorRig.code(rig.tagged(5, IOVA, Access.WRITE))).isEqualTo(-1);
        caches.pasid(DID, 5);
        assertThat(TranslatorRig.code(rig.tagged(5, IOVA, Access.WRITE))).isEqualTo(0x59);
        rig.pasid(5, 0x10D, 1, 0);
        assertThat(TranslatorRig.code(rig.tagged(5, IOVA, Access.WRITE))).isEqualTo(-1);
        rig.pasid(5, 0, 0, 0);
        caches.pasidDomain(DID);
        assertThat(TranslatorRig.code(rig.tagged(5, IOVA, Access.WRITE))).isEqualTo(0x59);
    }

    @Test
    void withoutCachingModeNothingThatFaultsIsCached() {
        rig.mode(TableMode.LEGACY);
        assertThat(TranslatorRig.code(rig.read(IOVA))).isEqualTo(0x0A);
        rig.legacy(0x10_0001, 0x102);
        assertThat(TranslatorRig.code(rig.read(IOVA))).isEqualTo(0x06);
        rig.map(0x10_0000, IOVA, 1, 0x4000_0003L);
        assertThat(TranslatorRig.pa(rig.read(IOVA))).isEqualTo(0x4000_0000L);
    }

    @Test
    void cachingModeKeepsWhatWasNotPresent() {
        TranslatorRig virtual = TranslatorRig.of(
                VtdCapabilities.everything().toBuilder().with(VtdFeature.CM).build());
        CacheControl control = virtual.unit.caches();
        virtual.scalable().context(0, 0);
        assertThat(TranslatorRig.code(virtual.read(IOVA))).isEqualTo(0x41);
        virtual.context(TranslatorRig.DIRECTORY | 0x19, 0);
        assertThat(TranslatorRig.code(virtual.read(IOVA))).isEqualTo(0x41);
        control.contextDevice(0, TranslatorRig.SID, 0);
        assertThat(TranslatorRig.code(virtual.read(IOVA))).isEqualTo(0x59);
        long top = virtual.secondStage(0, 0);
        assertThat(TranslatorRig.code(virtual.read(IOVA))).isEqualTo(0x59);
        control.pasid(DID, 0);
        assertThat(TranslatorRig.code(virtual.read(IOVA))).isEqualTo(0x79);
        virtual.map(top, IOVA, 1, 0x4000_0003L);
        assertThat(TranslatorRig.code(virtual.read(IOVA))).isEqualTo(0x79);
        assertThat(TranslatorRig.code(virtual.write(IOVA))).isEqualTo(0x79);
        control.iotlbPages(DID, IOVA, 0, false);
        assertThat(TranslatorRig.pa(virtual.read(IOVA))).isEqualTo(0x4000_0000L);
    }

    @Test
    void cachingModeNeverKeepsAFirstStageThatWasNotPresent() {
        TranslatorRig virtual = TranslatorRig.of(
                VtdCapabilities.everything().toBuilder().with(VtdFeature.CM).build());
        virtual.scalable();
        long top = virtual.firstStage(0, 0);
        assertThat(TranslatorRig.code(virtual.read(IOVA))).isEqualTo(0x71);
        virtual.map(top, IOVA, 1, 0x4000_0067L);
        assertThat(TranslatorRig.pa(virtual.read(IOVA))).isEqualTo(0x4000_0000L);
    }

    @Test
    void cachingModeTagsFaultingLegacyContextsWithDomainZero() {
        TranslatorRig virtual = TranslatorRig.of(
                VtdCapabilities.legacy().toBuilder().with(VtdFeature.CM).build());
        virtual.legacy(0, 0);
        assertThat(TranslatorRig.code(virtual.read(IOVA))).isEqualTo(2);
        virtual.legacy(0x10_0001, 0x500);
        virtual.unit.caches().contextDomain(5);
        assertThat(TranslatorRig.code(virtual.read(IOVA))).isEqualTo(2);
        virtual.unit.caches().contextDomain(0);
        assertThat(TranslatorRig.code(virtual.read(IOVA))).as("AW=0").isEqualTo(3);
        virtual.legacy(0x10_0001, 0x502);
        assertThat(TranslatorRig.code(virtual.read(IOVA))).isEqualTo(3);
        virtual.unit.caches().contextDomain(0);
        assertThat(TranslatorRig.code(virtual.read(IOVA))).isEqualTo(6);
        assertThat(TranslatorRig.code(virtual.write(IOVA)))
                .as("the same cached entry")
                .isEqualTo(5);
        virtual.memory.store64(TranslatorRig.ROOT, TranslatorRig.NOWHERE | 1);
        virtual.unit.caches().everything();
        assertThat(TranslatorRig.code(virtual.read(IOVA))).isEqualTo(9);
        virtual.memory.store64(TranslatorRig.ROOT, TranslatorRig.CONTEXT | 1);
        assertThat(TranslatorRig.code(virtual.read(IOVA)))
                .as("what was not read is not cached")
                .isEqualTo(6);
    }

    @Test
    void grantedRightsNeedNoInvalidationAndTheWalkIsDoneAgain() {
        long leaf = rig.map(rig.firstStage(0, 0), IOVA, 1, 0x4000_0065L);
        assertThat(TranslatorRig.code(rig.read(IOVA))).isEqualTo(-1);
        assertThat(TranslatorRig.code(rig.write(IOVA))).isEqualTo(0x85);
        rig.memory.store64(leaf, 0x4000_0067L);
        assertThat(TranslatorRig.code(rig.write(IOVA))).isEqualTo(-1);
    }

    @Test
    void privilegesDoNotShareRights() {
        rig.map(rig.firstStage(0, 1), IOVA, 1, 0x4000_0063L);
        DmaRequest user = DmaRequest.read(TranslatorRig.SID, IOVA).withSubstream(0);
        assertThat(TranslatorRig.code(rig.unit.translate(user.privileged()))).isEqualTo(-1);
        assertThat(TranslatorRig.code(rig.unit.translate(user))).isEqualTo(0x81);
    }

    @Test
    void aFullSetGivesUpItsOldest() {
        TranslatorRig tiny = new TranslatorRig(VtdCapabilities.legacy(), new CacheGeometry(1, 2, 1), Set.of());
        long top = tiny.legacyTable();
        for (long page = 0; page < 4; page++) {
            tiny.map(top, page << 12, 1, 0x4000_0003L + (page << 12));
        }
        for (int round = 0; round < 3; round++) {
            for (long page = 0; page < 4; page++) {
                assertThat(TranslatorRig.pa(tiny.read(page << 12))).isEqualTo(0x4000_0000L + (page << 12));
            }
        }
        for (int sid = 0; sid < 8; sid++) {
            tiny.memory.store64(TranslatorRig.CONTEXT + sid * 16L, top | 1);
            tiny.memory.store64(TranslatorRig.CONTEXT + sid * 16L + 8, 0x102);
            assertThat(TranslatorRig.pa(tiny.unit.translate(DmaRequest.read(sid, 0))))
                    .isEqualTo(0x4000_0000L);
        }
    }

    @Test
    void geometriesAreChecked() {
        assertThatThrownBy(() -> new CacheGeometry(3, 1, 1)).hasMessage("3 sets: not 0 or a power of two up to 2^20");
        assertThatThrownBy(() -> new CacheGeometry(1, 1, 1 << 21)).hasMessageContaining("2097152 sets");
        assertThatThrownBy(() -> new CacheGeometry(-1, 1, 1)).hasMessageContaining("-1 sets");
        assertThatThrownBy(() -> new CacheGeometry(1, 17, 1)).hasMessage("17 ways: not 1 to 16");
        assertThatThrownBy(() -> new CacheGeometry(1, 0, 1)).hasMessage("0 ways: not 1 to 16");
        assertThat(CacheGeometry.DEFAULT.withoutIotlb()).isEqualTo(new CacheGeometry(0, 1, 64));
    }
}
