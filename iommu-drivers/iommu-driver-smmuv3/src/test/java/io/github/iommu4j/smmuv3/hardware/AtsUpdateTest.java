package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.AddressType;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** IHI 0070 §3.13: what Translation Requests update, which are writes unless NW is 1, and that they never stall. */
class AtsUpdateTest {

    private static final long VA = 0x4000_0000L;
    private static final long PA = 0x8000_0000L;
    private static final long DBM = 1L << 51;
    private static final long AF = 1L << 10;
    private static final long READ_ONLY = 1L << 7;
    private static final long CLEAN = PA | DBM | 0xCC1;
    private static final long CLEAN2 = PA | DBM | 0x77D;

    private final Guest guest = Guest.cached();
    private final long root = guest.table();
    private final long root2 = guest.table();

    private Words context() {
        return Words.context(root).set(0, ContextDescriptor.HA, 1).set(0, ContextDescriptor.HD, 1);
    }

    private void stage1(long descriptor) {
        guest.stage1(context());
        guest.stream(Guest.STREAM, Words.stage1(Guest.CONTEXTS).set(1, StreamTableEntry.EATS, 1));
        guest.entry(root, 1, descriptor);
    }

    private void nested(int eats, long descriptor, long below) {
        stage1(descriptor);
        guest.control(new ControlState(true, true, true, false, false, 0, Guest.STREAMS, 8));
        guest.entry(root2, 1, Guest.RAM | Guest.BLOCK2).entry(root2, 2, below);
        guest.stream(
                Guest.STREAM,
                Words.nested(Guest.CONTEXTS, root2)
                        .set(1, StreamTableEntry.EATS, eats)
                        .set(2, StreamTableEntry.S2HA, 1)
                        .set(2, StreamTableEntry.S2HD, 1));
    }

    /** The rights granted; a request without a write has NW=1. */
    private int asked(Access access) {
        Translation answer = guest.of(DmaRequest.of(Guest.STREAM, VA, access).ofType(AddressType.TRANSLATION_REQUEST));
        return ((Translation.Ok) answer).permissions();
    }

    private long stage1Descriptor() {
        return guest.memory.load64(root + 8);
    }

    private long stage2Descriptor() {
        return guest.memory.load64(root2 + 16);
    }

    @ParameterizedTest
    @CsvSource({"READ, 1", "EXECUTE, 1"})
    void aRequestWithNwSetsTheFlagAndGetsNoWriteToACleanPage(Access access, int rights) {
        stage1(CLEAN & ~AF);
        assertThat(asked(access) & 3).isEqualTo(rights);
        assertThat(stage1Descriptor()).isEqualTo(CLEAN);
    }

    @ParameterizedTest
    @CsvSource({"WRITE", "READ_WRITE"})
    void aRequestWithoutNwMakesTheCleanPageDirty(Access access) {
        stage1(CLEAN & ~AF);
        assertThat(asked(access) & 3).isEqualTo(3);
        assertThat(stage1Descriptor()).isEqualTo(CLEAN & ~READ_ONLY);
    }

    @Test
    void aRequestForAPageThatWasCachedCleanMakesItDirty() {
        stage1(CLEAN);
        guest.read(VA);
        assertThat(asked(Access.READ) & 3).isEqualTo(1);
        assertThat(asked(Access.WRITE) & 3).isEqualTo(3);
        assertThat(stage1Descriptor()).isEqualTo(CLEAN & ~READ_ONLY);
    }

    @Test
    void aWriteThatStage1DeniesMakesNothingDirty() {
        nested(1, CLEAN & ~DBM, CLEAN2);
        assertThat(asked(Access.WRITE) & 3).isEqualTo(1);
        assertThat(stage1Descriptor()).isEqualTo(CLEAN & ~DBM);
        assertThat(stage2Descriptor()).isEqualTo(CLEAN2);
    }

    @Test
    void bothStagesBecomeDirtyWhereBothGrantIt() {
        nested(1, CLEAN, CLEAN2);
        assertThat(asked(Access.READ) & 3).isEqualTo(1);
        assertThat(stage2Descriptor()).isEqualTo(CLEAN2);
        assertThat(asked(Access.WRITE) & 3).isEqualTo(3);
        assertThat(stage1Descriptor()).isEqualTo(CLEAN & ~READ_ONLY);
        assertThat(stage2Descriptor()).isEqualTo(PA | DBM | 0x7FD);
    }

    @Test
    void aWriteOnlyStage2PageIsLeftCleanByARequestWithNw() {
        nested(1, CLEAN, PA | DBM | 0x73D);
        assertThat(asked(Access.READ) & 3).isZero();
        assertThat(stage2Descriptor()).isEqualTo(PA | DBM | 0x73D);
    }

    @Test
    void splitStageRequestsUpdateStage1AndTranslatedAccessesStage2() {
        nested(2, CLEAN & ~AF, CLEAN2 & ~AF);
        assertThat(asked(Access.WRITE) & 3).isEqualTo(3);
        assertThat(stage1Descriptor()).isEqualTo(CLEAN & ~READ_ONLY);
        assertThat(stage2Descriptor()).isEqualTo(CLEAN2 & ~AF);
        Translation answer = guest.of(DmaRequest.write(Guest.STREAM, PA).ofType(AddressType.TRANSLATED));
        assertThat(answer).isInstanceOf(Translation.Ok.class);
        assertThat(stage2Descriptor()).isEqualTo(PA | DBM | 0x7FD);
    }

    @Test
    void aRequestNeverStalls() {
        stage1(0);
        guest.stage1(context().set(0, ContextDescriptor.S, 1));
        guest.stream(Guest.STREAM, Words.stage1(Guest.CONTEXTS).set(1, StreamTableEntry.EATS, 1));
        guest.invalidate(TlbInvalidation.Scope.NSNH_ALL, 0, 0);
        assertThat(asked(Access.READ)).isZero();
        assertThat(guest.events).isEmpty();
        assertThat(guest.read(VA)).isInstanceOf(Translation.Stalled.class);
    }
}
