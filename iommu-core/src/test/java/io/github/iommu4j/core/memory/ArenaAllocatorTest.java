package io.github.iommu4j.core.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator.Piece;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArenaAllocatorTest {

    private final SparseMemory memory = new SparseMemory();

    private ArenaAllocator arena(long base, long size) {
        return new ArenaAllocator(memory, base, size, new PlainLocking());
    }

    @Test
    void tablesLieAsCloseAsTheirSizesAllow() {
        ArenaAllocator arena = arena(0x8000_0000L, 1 << 30);
        assertThat(arena.allocate(0x4000, 0x4000)).isEqualTo(0x8000_0000L);
        assertThat(arena.allocate(0x400, 0x400)).isEqualTo(0x8000_4000L);
        assertThat(arena.allocate(0x1000, 0x1000)).isEqualTo(0x8000_5000L);
        assertThat(arena.allocate(0x400, 0x400)).isEqualTo(0x8000_4400L);
        arena.free(0x8000_4000L, 0x400);
        assertThat(arena.allocate(0x400, 0x400)).isEqualTo(0x8000_4000L);
        assertThat(arena.live())
                .containsExactly(
                        new Piece(0x8000_0000L, 0x4000),
                        new Piece(0x8000_4000L, 0x400),
                        new Piece(0x8000_4400L, 0x400),
                        new Piece(0x8000_5000L, 0x1000));
    }

    @Test
    void aPieceReadsZeroThoughItsMemoryDidNot() {
        ArenaAllocator arena = arena(0x1000, 0x2000);
        memory.storeRun64(0x1000, -1, 0, 0x2000 / 8);
        long piece = arena.allocate(0x1000, 0x1000);
        long[] words = new long[0x200];
        memory.loadRun64(piece, words, words.length);
        assertThat(words).containsOnly(0);
        assertThat(memory.load64(piece + 0x1000)).isEqualTo(-1);
    }

    @Test
    void aFullArenaAnswersWithEnomem() {
        ArenaAllocator arena = arena(0x40, 0x80);
        assertThat(arena.allocate(64, 64)).isEqualTo(0x40);
        assertThatThrownBy(() -> arena.allocate(128, 64))
                .isInstanceOfSatisfying(
                        IommuException.class,
                        refusal -> assertThat(refusal.errno()).isEqualTo(Errno.ENOMEM));
        assertThat(arena.allocate(64, 64)).isEqualTo(0x80);
        assertThatThrownBy(() -> arena.allocate(64, 64)).hasMessageContaining("ENOMEM");
    }

    @Test
    void whatIsLargerThanTheWholeArenaIsRefused() {
        ArenaAllocator arena = arena(0, 0x1000);
        assertThatThrownBy(() -> arena.allocate(1L << 40, 64)).hasMessageContaining("ENOMEM");
        assertThat(arena.allocate(0x1000, 0x1000)).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "0x1000, 0x800",
        "0x1000, 0x3000",
        "0x2000, 0x1000",
        "0x1040, 0x1000",
        "0x0, 0x1000",
        "0x900000000, 0x1000"
    })
    void onlyWhatWasGivenOutCanBeGivenBack(String address, String size) {
        ArenaAllocator arena = arena(0x1000, 0x10_0000);
        arena.allocate(0x1000, 0x1000);
        assertThatThrownBy(() -> arena.free(Long.decode(address), Long.decode(size)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(address);
        arena.free(0x1000, 0x1000);
        assertThatThrownBy(() -> arena.free(0x1000, 0x1000)).isInstanceOf(AssertionError.class);
    }

    @ParameterizedTest
    @CsvSource({
        "0x1000, 0x30",
        "0x1010, 0x1000",
        "0x1000, 0x0",
        "-0x1000, 0x1000",
        "0xFFFFFFFFFF000, 0x2000",
        "0x40, 0x7FFFFFFFFFFFFFC0"
    })
    void anArenaLiesOnWholeUnitsOfMemory(String base, String size) {
        assertThatThrownBy(() -> arena(Long.decode(base), Long.decode(size)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({"32, 64", "96, 64", "64, 96", "0, 64"})
    void sizesAndAlignmentsArePowersOfTwoFrom64(long size, long alignment) {
        assertThatThrownBy(() -> arena(0, 0x1000).allocate(size, alignment))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anArenaMayEndWhereMemoryEnds() {
        ArenaAllocator arena = arena((1L << 52) - 0x1000, 0x1000);
        assertThat(arena.allocate(0x1000, 64)).isEqualTo((1L << 52) - 0x1000);
    }

    @Test
    void threadsGetDifferentPieces() throws Exception {
        ArenaAllocator arena = arena(0, 1 << 24);
        List<CompletableFuture<Set<Long>>> threads = Stream.generate(
                        () -> CompletableFuture.supplyAsync(() -> churn(arena)))
                .limit(2)
                .toList();
        Set<Long> all = new HashSet<>();
        for (CompletableFuture<Set<Long>> thread : threads) {
            thread.get(60, TimeUnit.SECONDS)
                    .forEach(address -> assertThat(all.add(address)).isTrue());
        }
        assertThat(arena.live()).hasSize(all.size());
    }

    private static Set<Long> churn(ArenaAllocator arena) {
        Set<Long> kept = new HashSet<>();
        for (int i = 0; i < 2000; i++) {
            long size = 64L << i % 8;
            long address = arena.allocate(size, size);
            if (i % 4 == 0) {
                kept.add(address);
            } else {
                arena.free(address, size);
            }
        }
        return kept;
    }
}
