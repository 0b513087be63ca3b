package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Nested translation: every address of a first-stage entry goes through the second stage (Intel VT-d §3.8). */
class NestedTest {

    private static final long IOVA = 0x12_3456_7000L;
    /** Where the guest has its tables; the second stage adds {@link #OFFSET}. */
    private static final long GUEST = 0x8000_0000L;

    private static final long OFFSET = GUEST - 0x200_0000;

    private final TranslatorRig rig = TranslatorRig.everything().scalable();
    private final long second = rig.page();

    @BeforeEach
    void tables() {
        program(0);
        rig.map(second, GUEST, 2, 0x200_0083);
        rig.map(second, GUEST + 0x20_0000, 2, 0x40_0083);
        guestEntry(0, 4, GUEST + 0x1027);
        guestEntry(1, 3, GUEST + 0x2027);
        guestEntry(2, 2, GUEST + 0x3027);
        guestEntry(3, 1, GUEST + 0x20_0067);
    }

    private void program(long more) {
        rig.pasid(0, second | 0xC9 | more, 0x80_0001, GUEST);
        rig.unit.caches().everything();
    }

    private long guestEntry(int table, int level, long entry) {
        long at = TranslatorRig.entry(GUEST - OFFSET + 0x1000L * table, IOVA, level);
        rig.memory.store64(at, entry);
        return at;
    }

    private int code(Access access) {
        rig.unit.caches().everything();
        return TranslatorRig.code(rig.tagged(0, IOVA + 0x123, access));
    }

    @Test
    void addressesGoThroughBothStages() {
        assertThat(rig.write(IOVA + 0x123)).hasToString("Ok(pa=0x400123, size=2^12, rwx, type=0xff NON_SHAREABLE)");
        guestEntry(2, 2, GUEST + 0x20_00E7);
        rig.unit.caches().everything();
        assertThat(rig.read(IOVA + 0x123)).hasToString("Ok(pa=0x567123, size=2^21, rwx, type=0xff NON_SHAREABLE)");
    }

    @Test
    void tablesBeyondTheSecondStageOrNotReadable() {
        rig.pasid(0, second | 0xC9, 0x80_0001, 1L << 48);
        assertThat(code(Access.READ)).isEqualTo(0x74);
        rig.pasid(0, second | 0xC9, 0x80_0001, GUEST + 0x40_0000);
        assertThat(code(Access.READ)).isEqualTo(0x79);
        rig.map(second, GUEST + 0x40_0000, 2, 0x200_0082);
        assertThat(code(Access.READ)).isEqualTo(0x75);
        rig.pasid(0, second | 0xC9, 0x80_0001, GUEST);
        guestEntry(0, 4, GUEST + 0x40_1027);
        assertThat(code(Access.READ)).isEqualTo(0x76);
        guestEntry(0, 4, GUEST + 0x4000_0027L);
        assertThat(code(Access.READ)).isEqualTo(0x79);
        rig.map(second, GUEST + 0x60_0000, 2, TranslatorRig.NOWHERE & -1L << 21 | 0x83);
        guestEntry(0, 4, GUEST + 0x60_0027);
        assertThat(code(Access.READ)).as("a guest table that is not memory").isEqualTo(0x70);
        rig.map(second, GUEST + 0x80_0000, 2, 0x4000_0000_0000_0003L);
        guestEntry(0, 4, GUEST + 0x80_0027);
        assertThat(code(Access.READ)).isEqualTo(0x7A);
        rig.map(second, GUEST + 0x80_0000, 2, TranslatorRig.NOWHERE | 3);
        assertThat(code(Access.READ)).isEqualTo(0x78);
        rig.pasid(0, TranslatorRig.NOWHERE | 0xC9, 0x80_0001, GUEST);
        assertThat(code(Access.READ)).isEqualTo(0x7B);
    }

    @Test
    void updatesOfGuestEntriesNeedToWriteTheirPage() {
        rig.map(second, GUEST, 2, 0x200_0081);
        assertThat(code(Access.READ)).isEqualTo(-1);
        guestEntry(3, 1, GUEST + 0x20_0047);
        assertThat(code(Access.READ)).isEqualTo(0x77);
        guestEntry(3, 1, GUEST + 0x20_0027);
        assertThat(code(Access.READ)).isEqualTo(-1);
        assertThat(code(Access.WRITE)).isEqualTo(0x77);
    }

    @Test
    void updatesOfGuestEntriesMakeTheirPageDirty() {
        program(0x200);
        long at = rig.map(second, GUEST, 2, 0x200_0083);
        long target = rig.map(second, GUEST + 0x20_0000, 2, 0x40_0083);
        assertThat(code(Access.READ)).isEqualTo(-1);
        assertThat(rig.memory.load64(at)).isEqualTo(0x200_0183);
        assertThat(rig.memory.load64(target)).isEqualTo(0x40_0183);
        long leaf = guestEntry(3, 1, GUEST + 0x20_0007);
        assertThat(code(Access.READ)).isEqualTo(-1);
        assertThat(rig.memory.load64(leaf)).isEqualTo(GUEST + 0x20_0027);
        assertThat(rig.memory.load64(at)).isEqualTo(0x200_0383);
        assertThat(code(Access.WRITE)).isEqualTo(-1);
        assertThat(rig.memory.load64(leaf)).isEqualTo(GUEST + 0x20_0067);
        assertThat(rig.memory.load64(target)).isEqualTo(0x40_0383);
    }

    @Test
    void theAccessNeedsTheRightsOfBothStages() {
        rig.map(second, GUEST + 0x20_0000, 2, 0x40_0081);
        assertThat(code(Access.WRITE)).isEqualTo(0x85);
        rig.map(second, GUEST + 0x20_0000, 2, 0x40_0082);
        assertThat(code(Access.READ)).isEqualTo(0x86);
        rig.map(second, GUEST + 0x20_0000, 2, 0);
        assertThat(code(Access.READ)).isEqualTo(0x79);
        guestEntry(3, 1, 1L << 48 | 0x67);
        assertThat(code(Access.READ)).isEqualTo(0x84);
        rig.map(second, GUEST + 0x20_0000, 2, 0xFEE0_0083L);
        guestEntry(3, 1, GUEST + 0x20_0067);
        assertThat(code(Access.READ)).isEqualTo(0x87);
    }
}
