package io.github.iommu4j.tipat.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.memory.MmioRegion;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PatTableTest {

    /** BASE_L; BASE_H, ORDERID, REPLACE_OID and ENABLE: the masks of {@code cslr_pat.h}. */
    private static final long LOW = 0xFFFF_FFFFL;

    private static final long HIGH = 0x0000_000FL | 0x0F00_0000L | 0x4000_0000L | 0x8000_0000L;

    private final MmioRegion table = Rig.pat(1000).table();

    @ParameterizedTest
    @CsvSource({"0, 0x0", "1, 0x8", "255, 0x7F8", "256, 0x1000", "257, 0x1008", "511, 0x17F8", "999, 0x3738"})
    void P02_every256EntriesStartOn4KiB(int page, String offset) {
        assertThat(PatTable.offsetOf(page)).isEqualTo(Long.decode(offset));
        table.write(Long.decode(offset), 4, 0x1234_5678);
        table.write(Long.decode(offset) + 4, 4, 0x8000_000AL);
        assertThat(table.read(Long.decode(offset), 4)).isEqualTo(0x1234_5678);
        assertThat(table.read(Long.decode(offset) + 4, 4)).isEqualTo(0x8000_000AL);
        table.write(Long.decode(offset) + 4, 4, 0);
        table.write(Long.decode(offset), 4, 0);
        for (long at = 0; at < table.size(); at += 4) {
            assertThat(table.read(at, 4)).as("0x%x", at).isZero();
        }
    }

    @Test
    void P02_theTableOfTheBindingIsSixteenBytesForEachPage() {
        assertThat(Rig.pat(16384).table().size()).isEqualTo(0x40000).isEqualTo(16384L << 4);
        assertThat(Rig.pat(1).table().size()).isEqualTo(0x1000);
        assertThat(Rig.pat(131072).table().size()).isEqualTo(0x20_0000);
        assertThat(table.size()).isEqualTo(0x4000);
    }

    @Test
    void P02_holesAndWhatLiesBeyondTheLastEntryReadZeroAndIgnoreWrites() {
        for (long hole : new long[] {0x800, 0xFFC, 0x1800, 0x3740, 0x37FC, 0x3FFC, 0x4000, -4, 1L << 40}) {
            table.write(hole, 4, -1);
            assertThat(table.read(hole, 4)).as("0x%x", hole).isZero();
        }
        for (long at = 0; at < table.size(); at += 4) {
            assertThat(table.read(at, 4)).as("0x%x", at).isZero();
        }
    }

    @Test
    void P02_onlyAlignedAccessesOf32BitsReachTheTable() {
        table.write(0, 4, 0x1111_1111);
        table.write(4, 4, 0x8000_0001L);
        for (int width : new int[] {1, 2, 8}) {
            table.write(0, width, -1);
            assertThat(table.read(0, width)).as("width %s", width).isZero();
        }
        table.write(2, 4, -1);
        assertThat(table.read(2, 4)).isZero();
        assertThat(table.read(0, 4)).isEqualTo(0x1111_1111);
        assertThat(table.read(4, 4)).isEqualTo(0x8000_0001L);
    }

    @Test
    void P10_reservedBitsOfTheHighWordReadZeroAndOrderIdsAreKept() {
        table.write(8, 4, -1L);
        table.write(12, 4, -1L);
        assertThat(table.read(8, 4)).isEqualTo(LOW);
        assertThat(table.read(12, 4)).isEqualTo(HIGH);
        assertThat(table.read(0, 4)).isZero();
        assertThat(table.read(16, 4)).isZero();
    }

    @Test
    void P02_garbageWritesChangeNothingButTheirOwnWord() {
        Random random = new Random(47);
        long[] expected = new long[0x5000 / 4];
        for (int i = 0; i < 50_000; i++) {
            long offset = random.nextInt(0x5000) - 0x400L;
            int width = 1 << random.nextInt(4);
            long value = random.nextLong();
            table.write(offset, width, value);
            if (width == 4 && offset % 4 == 0 && offset >= 0 && offset % 0x1000 < 0x800 && entry(offset) < 1000) {
                expected[(int) offset / 4] = value & (offset % 8 == 0 ? LOW : HIGH);
            }
            if (i % 5_000 == 0) {
                assertWords(expected);
            }
        }
        assertWords(expected);
    }

    private static long entry(long offset) {
        return offset / 0x1000 * 256 + offset % 0x1000 / 8;
    }

    private void assertWords(long[] expected) {
        for (int word = 0; word < expected.length; word++) {
            assertThat(table.read(4L * word, 4)).as("0x%x", 4 * word).isEqualTo(expected[word]);
        }
    }
}
