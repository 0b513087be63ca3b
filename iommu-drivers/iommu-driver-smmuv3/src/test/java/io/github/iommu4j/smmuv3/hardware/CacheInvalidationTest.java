package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.smmuv3.hardware.CacheGeometry.Structures;
import io.github.iommu4j.smmuv3.hardware.TlbInvalidation.Scope;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.EventType;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What caches keep and what each command removes, no more and no less (IHI 0070 §3.17, §4.3, §4.4, §16.2). */
class CacheInvalidationTest {

    private static final long VA = 0x1000;
    private static final long OLD = 0x5000_0000L;
    private static final long NEW = 0x6000_0000L;
    private static final long NOT_GLOBAL = 1L << 11;
    private static final int ASID = 1;
    private static final int VMID = 0;
    private static final long EPD0 = 1L << 14;

    private final Guest guest = Guest.cached();
    private final long root = guest.table();

    private Words ste() {
        return Words.stage1(Guest.CONTEXTS);
    }

    /** One page, seen once, whose descriptor then changes behind the caches. */
    private void changedPage(long attributes) {
        guest.stage1(Words.context(root));
        guest.map(root, 1, VA, OLD | attributes);
        guest.expectPa(VA, OLD);
        guest.map(root, 1, VA, NEW | attributes);
        guest.expectPa(VA, OLD);
    }

    @Test
    void aPageStaysUntilItsAddressIsInvalidated() {
        changedPage(Guest.PAGE);
        guest.invalidate(Scope.NH_VA, VMID, ASID, 0x2000, 0x2FFF);
        guest.invalidate(Scope.NH_VA, VMID, ASID + 1, VA, VA);
        guest.invalidate(Scope.NH_VA, VMID + 1, ASID, VA, VA);
        guest.invalidate(Scope.EL2_ALL, 0, 0);
        guest.invalidate(Scope.S2_IPA, VMID, 0, 0, -1L);
        guest.expectPa(VA, OLD);
        guest.invalidate(Scope.NH_VA, VMID, ASID, VA, VA);
        guest.expectPa(VA, NEW);
    }

    @ParameterizedTest
    @EnumSource(
            value = Scope.class,
            names = {"NH_ALL", "NH_ASID", "NH_VA", "NH_VAA", "S12_VMALL", "NSNH_ALL"})
    void everyEl1ScopeRemovesAnEntryThatIsNotGlobal(Scope scope) {
        changedPage(Guest.PAGE);
        guest.invalidate(scope, VMID, ASID);
        guest.expectPa(VA, NEW);
    }

    @Test
    void aGlobalEntryIsKeptByAsidAndRemovedByAddressWithAnyAsid() {
        changedPage(Guest.PAGE & ~NOT_GLOBAL);
        guest.invalidate(Scope.NH_ASID, VMID, ASID);
        guest.expectPa(VA, OLD);
        guest.invalidate(Scope.NH_VA, VMID, ASID + 7, VA, VA);
        guest.expectPa(VA, NEW);
    }

    @Test
    void aGlobalEntryServesEveryAsidOfItsVmid() {
        changedPage(Guest.PAGE & ~NOT_GLOBAL);
        Words other = Words.context(guest.table()).set(0, ContextDescriptor.ASID, 9);
        other.cd().writeTo(guest.memory, Guest.CONTEXTS + 64);
        guest.stream(2, Words.stage1(Guest.CONTEXTS + 64));
        assertThat(guest.of(DmaRequest.read(2, VA)).toString()).contains("pa=0x50000000");
        guest.stream(3, Words.stage1(Guest.CONTEXTS + 64).set(2, StreamTableEntry.S2VMID, 1));
        assertThat(guest.of(DmaRequest.read(3, VA)).kind()).isEqualTo(Translation.Kind.FAULT);
    }

    @Test
    void asetIsPartOfTheTagButNotOfTheCommand() {
        guest.stage1(Words.context(root).set(0, ContextDescriptor.ASET, 1));
        guest.map(root, 1, VA, OLD | Guest.PAGE);
        guest.expectPa(VA, OLD);
        guest.map(root, 1, VA, NEW | Guest.PAGE);
        Words.context(root).cd().writeTo(guest.memory, Guest.CONTEXTS + 64);
        guest.stream(2, Words.stage1(Guest.CONTEXTS + 64));
        assertThat(guest.of(DmaRequest.read(2, VA)).toString()).contains("pa=0x60000000");
        guest.expectPa(VA, OLD);
        guest.invalidate(Scope.NH_VA, VMID, ASID, VA, VA);
        guest.expectPa(VA, NEW);
    }

    @Test
    void streamsWithTheSameTagsShareEntries() {
        changedPage(Guest.PAGE);
        guest.stream(2, ste());
        assertThat(guest.of(DmaRequest.read(2, VA)).toString()).contains("pa=0x50000000");
    }

    @Test
    void aBlockGoesWhenAnyAddressInItIsInvalidated() {
        guest.stage1(Words.context(root));
        guest.map(root, 1, 2, 0, 0x4000_0000L | Guest.BLOCK);
        guest.expectPa(0x1F_F000L, 0x401F_F000L);
        guest.map(root, 1, 2, 0, 0x5000_0000L | Guest.BLOCK);
        guest.expectPa(0x3000, 0x4000_3000L);
        guest.invalidate(Scope.NH_VA, VMID, ASID, 0x8000, 0x8FFF);
        guest.expectPa(0x3000, 0x5000_3000L);
    }

    @Test
    void granuleAndLevelOfACommandMustFitTheEntry() {
        changedPage(Guest.PAGE);
        Invalidation caches = guest.smmu.invalidation();
        caches.tlb(new TlbInvalidation(Scope.NH_VA, VMID, 0xFFFF, ASID, VA, VA + 0xFFFF, 16, 0, false));
        guest.expectPa(VA, OLD);
        caches.tlb(new TlbInvalidation(Scope.NH_VA, VMID, 0xFFFF, ASID, 0, 0x1F_FFFF, 12, 2, true));
        guest.expectPa(VA, OLD);
        caches.tlb(new TlbInvalidation(Scope.NH_VA, VMID, 0xFFFF, ASID, VA, VA + 0xFFF, 12, 3, true));
        guest.expectPa(VA, NEW);
    }

    @Test
    void aLongRangeRemovesOnlyWhatIsInIt() {
        changedPage(Guest.PAGE);
        guest.invalidate(Scope.NH_VA, VMID, ASID, 0x2000, 0x7F_FFFF_FFFFL);
        guest.expectPa(VA, OLD);
        guest.invalidate(Scope.NH_VA, VMID, ASID, 0, 0x7F_FFFF_FFFFL);
        guest.expectPa(VA, NEW);
    }

    @Test
    void wildcardsIgnoreLowBitsOfTheVmidOfCommandsOnly() {
        guest.stage1(Words.context(root));
        guest.stream(Guest.STREAM, ste().set(2, StreamTableEntry.S2VMID, 0x11));
        guest.map(root, 1, VA, OLD | Guest.PAGE);
        guest.expectPa(VA, OLD);
        guest.map(root, 1, VA, NEW | Guest.PAGE);
        Invalidation caches = guest.smmu.invalidation();
        caches.tlb(new TlbInvalidation(Scope.NH_ALL, 0x17, 0xFFFC, 0, 0, -1L, 0, 0, false));
        guest.expectPa(VA, OLD);
        caches.tlb(new TlbInvalidation(Scope.NH_ALL, 0x13, 0xFFFC, 0, 0, -1L, 0, 0, false));
        guest.expectPa(VA, NEW);
    }

    @Test
    void upperAddressesAreInvalidatedAsTheyAreWritten() {
        long upper = 0xFFFF_FF80_0000_1000L;
        guest.stage1(Words.context(root)
                .set(0, ContextDescriptor.EPD1, 0)
                .set(0, ContextDescriptor.TG1, 2)
                .set(0, ContextDescriptor.T1SZ, 25)
                .put(2, ContextDescriptor.TTB, root));
        guest.map(root, 1, upper, OLD | Guest.PAGE);
        guest.expectPa(upper, OLD);
        guest.map(root, 1, upper, NEW | Guest.PAGE);
        guest.invalidate(Scope.NH_VA, VMID, ASID, VA, VA);
        guest.expectPa(upper, OLD);
        guest.invalidate(Scope.NH_VA, VMID, ASID, upper, upper);
        guest.expectPa(upper, NEW);
    }

    @Test
    void stageTwoEntriesGoByIpaAndByVmidButNotByVa() {
        guest.stream(Guest.STREAM, Words.stage2(root).set(2, StreamTableEntry.S2VMID, 3));
        guest.map(root, 1, VA, OLD | Guest.PAGE2);
        guest.expectPa(VA, OLD);
        guest.map(root, 1, VA, NEW | Guest.PAGE2);
        guest.invalidate(Scope.NH_ALL, 3, 0);
        guest.invalidate(Scope.NH_VAA, 3, 0, VA, VA);
        guest.invalidate(Scope.S2_IPA, 4, 0, VA, VA);
        guest.invalidate(Scope.S2_IPA, 3, 0, 0x2000, 0x2FFF);
        guest.expectPa(VA, OLD);
        guest.invalidate(Scope.S2_IPA, 3, 0, VA, VA);
        guest.expectPa(VA, NEW);
        guest.map(root, 1, VA, OLD | Guest.PAGE2);
        guest.expectPa(VA, NEW);
        guest.invalidate(Scope.S12_VMALL, 3, 0);
        guest.expectPa(VA, OLD);
    }

    @Test
    void anInvalidationByIpaKeepsCombinedEntries() {
        long identity = guest.table();
        guest.map(identity, 1, 1, 0x4000_0000L, 0x4000_0000L | Guest.BLOCK2);
        guest.map(identity, 1, 0x8000_0000L, OLD | Guest.PAGE2);
        guest.map(root, 1, VA, 0x8000_0000L | Guest.PAGE);
        Words.context(root).cd().writeTo(guest.memory, Guest.CONTEXTS);
        guest.stream(Guest.STREAM, Words.nested(Guest.CONTEXTS, identity));
        guest.expectPa(VA, OLD);
        guest.map(identity, 1, 0x8000_0000L, NEW | Guest.PAGE2);
        guest.invalidate(Scope.S2_IPA, VMID, 0, 0x8000_0000L, 0x8000_0FFFL);
        guest.expectPa(VA, OLD);
        guest.invalidate(Scope.NH_VAA, VMID, 0, VA, VA);
        guest.expectPa(VA, NEW);
    }

    @Test
    void anyPartOfABlockOverSmallerPagesRemovesAllItsPieces() {
        long identity = guest.table();
        guest.map(identity, 1, 1, 0x4000_0000L, 0x4000_0000L | Guest.BLOCK2);
        guest.map(identity, 1, 0x8000_0000L, OLD | Guest.PAGE2);
        guest.map(identity, 1, 0x8000_5000L, OLD | 0x5000 | Guest.PAGE2);
        guest.map(root, 1, 2, 0, 0x8000_0000L | Guest.BLOCK);
        Words.context(root).cd().writeTo(guest.memory, Guest.CONTEXTS);
        guest.stream(Guest.STREAM, Words.nested(Guest.CONTEXTS, identity));
        guest.expectPa(0, OLD);
        guest.expectPa(0x5000, OLD | 0x5000);
        guest.map(root, 1, 2, 0, 0);
        guest.expectPa(0x5000, OLD | 0x5000);
        guest.smmu.invalidation().tlb(new TlbInvalidation(Scope.NH_VA, VMID, 0xFFFF, ASID, 0, 0x1F_FFFF, 12, 2, true));
        guest.fault(0x5000, EventType.F_TRANSLATION);
        guest.fault(0, EventType.F_TRANSLATION);
    }

    @Test
    void el2EntriesHaveScopesOfTheirOwn() {
        guest.stage1(Words.context(root));
        guest.stream(Guest.STREAM, ste().set(1, StreamTableEntry.STRW, 2));
        guest.map(root, 1, VA, OLD | Guest.PAGE);
        guest.expectPa(VA, OLD);
        guest.map(root, 1, VA, NEW | Guest.PAGE);
        guest.invalidate(Scope.NSNH_ALL, 0, 0);
        guest.invalidate(Scope.EL2_ASID, 0, ASID);
        guest.invalidate(Scope.EL2_E2H_VA, 0, ASID, VA, VA);
        guest.expectPa(VA, OLD);
        guest.invalidate(Scope.EL2_VA, 0, 99, VA, VA);
        guest.expectPa(VA, NEW);
    }

    @Test
    void el2HostEntriesHaveAsids() {
        guest.control(new ControlState(true, false, true, true, false, 0, Guest.STREAMS, 8));
        guest.stage1(Words.context(root));
        guest.stream(Guest.STREAM, ste().set(1, StreamTableEntry.STRW, 2));
        guest.map(root, 1, VA, OLD | Guest.PAGE);
        guest.expectPa(VA, OLD);
        guest.map(root, 1, VA, NEW | Guest.PAGE);
        guest.invalidate(Scope.EL2_VA, 0, ASID, VA, VA);
        guest.invalidate(Scope.EL2_ASID, 0, ASID + 1);
        guest.expectPa(VA, OLD);
        guest.invalidate(Scope.EL2_ASID, 0, ASID);
        guest.expectPa(VA, NEW);
        guest.map(root, 1, VA, OLD | Guest.PAGE);
        guest.invalidate(Scope.EL2_ALL, 0, 0);
        guest.expectPa(VA, OLD);
    }

    @Test
    void anEntryStaysWhenItsStreamsContextIsDroppedAndTheTlbIsNot() {
        changedPage(Guest.PAGE);
        long other = guest.table();
        Words.context(other).cd().writeTo(guest.memory, Guest.CONTEXTS);
        guest.smmu.invalidation().cd(Guest.STREAM, 0, true);
        guest.expectPa(VA, OLD);
        guest.invalidate(Scope.NH_ASID, VMID, ASID);
        guest.fault(VA, EventType.F_TRANSLATION);
    }

    @Test
    void aContextStaysUntilItsOwnStreamInvalidatesIt() {
        guest.stage1(Words.context(root));
        guest.stream(2, ste());
        guest.map(root, 1, VA, OLD | Guest.PAGE);
        guest.expectPa(VA, OLD);
        guest.fault(DmaRequest.read(2, 0x9000), EventType.F_TRANSLATION);
        guest.memory.store64(Guest.CONTEXTS, guest.memory.load64(Guest.CONTEXTS) | EPD0);
        guest.smmu.invalidation().cd(Guest.STREAM, 0, true);
        guest.invalidate(Scope.NSNH_ALL, 0, 0);
        guest.fault(VA, EventType.F_TRANSLATION);
        assertThat(guest.of(DmaRequest.read(2, VA)).kind()).isEqualTo(Translation.Kind.OK);
        guest.invalidate(Scope.NSNH_ALL, 0, 0);
        guest.smmu.invalidation().cdAll(2);
        guest.fault(DmaRequest.read(2, VA), EventType.F_TRANSLATION);
    }

    @Test
    void aContextCommandKeepsTheStreamTableEntry() {
        guest.stage1(Words.context(root));
        guest.map(root, 1, VA, OLD | Guest.PAGE);
        guest.expectPa(VA, OLD);
        guest.stream(Guest.STREAM, new Words());
        guest.smmu.invalidation().cdAll(Guest.STREAM);
        guest.expectPa(VA, OLD);
        guest.smmu.invalidation().ste(Guest.STREAM + 1, false);
        guest.expectPa(VA, OLD);
        guest.smmu.invalidation().ste(Guest.STREAM, true);
        guest.fault(VA, EventType.C_BAD_STE);
    }

    @Test
    void aRangeOfStreamsIsNaturallyAligned() {
        Words bypass = new Words()
                .set(0, StreamTableEntry.V, 1)
                .set(0, StreamTableEntry.CONFIG, StreamTableEntry.CONFIG_BYPASS);
        for (int streamId : new int[] {0x2F, 0x30, 0x3F, 0x40}) {
            guest.stream(streamId, bypass);
            assertThat(guest.of(DmaRequest.read(streamId, 0)).kind()).isEqualTo(Translation.Kind.OK);
            guest.stream(streamId, new Words());
        }
        guest.smmu.invalidation().steRange(0x34, 3);
        guest.fault(DmaRequest.read(0x30, 0), EventType.C_BAD_STE);
        guest.fault(DmaRequest.read(0x3F, 0), EventType.C_BAD_STE);
        assertThat(guest.of(DmaRequest.read(0x2F, 0)).kind()).isEqualTo(Translation.Kind.OK);
        assertThat(guest.of(DmaRequest.read(0x40, 0)).kind()).isEqualTo(Translation.Kind.OK);
        guest.smmu.invalidation().steRange(0, 31);
        guest.fault(DmaRequest.read(0x40, 0), EventType.C_BAD_STE);
    }

    @Test
    void invalidStructuresAreKeptOnlyWhereAskedFor() {
        for (Structures kept : Structures.values()) {
            Guest unit = new Guest(Smmuv3Capabilities.everything(), CacheGeometry.DEFAULT.keeping(kept));
            unit.fault(VA, EventType.C_BAD_STE);
            Words.context(unit.table()).cd().writeTo(unit.memory, Guest.CONTEXTS);
            unit.stream(Guest.STREAM, ste());
            unit.fault(VA, kept == Structures.ALL ? EventType.C_BAD_STE : EventType.F_TRANSLATION);
            unit.smmu.invalidation().ste(Guest.STREAM, false);
            unit.fault(VA, EventType.F_TRANSLATION);
        }
    }

    @Test
    void faultsAndAbortedFetchesAreNeverKept() {
        Guest unit = new Guest(Smmuv3Capabilities.everything(), CacheGeometry.DEFAULT.keeping(Structures.ALL));
        unit.stream(Guest.STREAM, Words.stage1(0x9000_0000L));
        unit.fault(VA, EventType.F_CD_FETCH);
        unit.memory.addRam(0x9000_0000L, 4096);
        long table = unit.table();
        Words.context(table).cd().writeTo(unit.memory, 0x9000_0000L);
        unit.fault(VA, EventType.F_TRANSLATION);
        unit.map(table, 1, VA, OLD | Guest.PAGE);
        unit.expectPa(VA, OLD);
    }

    @Test
    void anEntryThatDoesNotPermitAnAccessIsWalkedAgain() {
        guest.stage1(Words.context(root));
        guest.map(root, 1, VA, OLD | Guest.PAGE | 1 << 7);
        guest.expectPa(VA, OLD);
        guest.fault(DmaRequest.write(Guest.STREAM, VA), EventType.F_PERMISSION);
        guest.map(root, 1, VA, OLD | Guest.PAGE);
        assertThat(guest.write(VA).kind()).isEqualTo(Translation.Kind.OK);
    }

    @Test
    void switchingOffAndOnKeepsTheCaches() {
        changedPage(Guest.PAGE);
        ControlState on = guest.control;
        guest.control(new ControlState(false, false, false, false, false, 0, 0, 0));
        guest.expectPa(VA, VA);
        guest.control(on);
        guest.expectPa(VA, OLD);
    }

    @Test
    void prefetchesFillTheCachesAndSayNothing() {
        guest.stage1(Words.context(root));
        guest.map(root, 1, VA, OLD | Guest.PAGE);
        guest.smmu.prefetchConfig(Guest.STREAM, -1);
        guest.smmu.prefetchConfig(77, -1);
        guest.smmu.prefetchAddress(Guest.STREAM, -1, VA);
        guest.smmu.prefetchAddress(Guest.STREAM, -1, 0x9000);
        assertThat(guest.events).isEmpty();
        guest.map(root, 1, VA, NEW | Guest.PAGE);
        guest.expectPa(VA, OLD);
        assertThat(guest.smmu.counters().tlbHits()).isEqualTo(1);
        assertThat(guest.smmu.counters().tlbMisses()).isZero();
    }

    @Test
    void countersAreExactOnOneThread() {
        guest.stage1(Words.context(root));
        guest.map(root, 1, VA, OLD | Guest.PAGE);
        guest.expectPa(VA, OLD);
        guest.expectPa(VA, OLD);
        guest.fault(0x9000, EventType.F_TRANSLATION);
        assertThat(guest.smmu.counters()).isEqualTo(new Smmuv3Counters(1, 2, 2, 1, 2, 6, 2, 1));
    }
}
