package io.github.iommu4j.core.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator.Piece;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;

/** The arena against one that tries every place. */
class ArenaAllocatorProperties {

    private static final long UNIT = 64;

    /** Tries every place. */
    private record Naive(long base, long size, List<Piece> places) {

        @Nullable
        Long take(long place) {
            for (long at = (base + place - 1) / place * place; at + place <= base + size; at += place) {
                long from = at;
                if (places.stream()
                        .noneMatch(each -> each.address() < from + place && from < each.address() + each.size())) {
                    places.add(new Piece(at, place));
                    return at;
                }
            }
            return null;
        }

        void giveBack(long address) {
            places.removeIf(each -> each.address() == address);
        }
    }

    @Property(tries = 500)
    void everyPieceIsTheLowestPlaceThatFits(
            @ForAll @IntRange(max = 3000) int baseUnits,
            @ForAll @IntRange(min = 1, max = 5000) int sizeUnits,
            @ForAll @Size(min = 1, max = 120) List<@IntRange(max = 1 << 20) Integer> choices) {
        long base = baseUnits * UNIT;
        long size = sizeUnits * UNIT;
        ArenaAllocator arena = new ArenaAllocator(new SparseMemory(), base, size, new PlainLocking());
        Naive naive = new Naive(base, size, new ArrayList<>());
        List<Piece> given = new ArrayList<>();
        for (int choice : choices) {
            if (choice % 3 == 0 && !given.isEmpty()) {
                Piece piece = given.remove(choice / 3 % given.size());
                arena.free(piece.address(), piece.size());
                naive.giveBack(piece.address());
            } else {
                long asked = UNIT << choice / 3 % 9;
                long alignment = 1L << choice / 27 % 18;
                Long expected = naive.take(Math.max(asked, alignment));
                assertThat(take(arena, asked, alignment)).isEqualTo(expected);
                if (expected != null) {
                    given.add(new Piece(expected, asked));
                }
            }
            given.sort(Comparator.comparingLong(Piece::address));
            assertThat(arena.live()).isEqualTo(given);
        }
        assertThat(arena.liveBytes())
                .isEqualTo(given.stream().mapToLong(Piece::size).sum());
    }

    private static @Nullable Long take(ArenaAllocator arena, long size, long alignment) {
        try {
            return arena.allocate(size, alignment);
        } catch (IommuException refusal) {
            assertThat(refusal.errno()).isEqualTo(Errno.ENOMEM);
            return null;
        }
    }

    @Property(tries = 200)
    void whatIsGivenBackIsWholeAgain(
            @ForAll @IntRange(min = 6, max = 24) int arenaLg2,
            @ForAll @Size(min = 1, max = 60) List<@IntRange(min = 6, max = 24) Integer> sizesLg2) {
        long size = 1L << arenaLg2;
        ArenaAllocator arena = new ArenaAllocator(new SparseMemory(), 1L << 32, size, new PlainLocking());
        List<Piece> given = new ArrayList<>();
        for (int sizeLg2 : sizesLg2) {
            long asked = 1L << Math.min(sizeLg2, 20);
            Long address = take(arena, asked, asked);
            if (address != null) {
                given.add(new Piece(address, asked));
            }
        }
        given.forEach(piece -> arena.free(piece.address(), piece.size()));
        assertThat(arena.live()).isEmpty();
        if (arenaLg2 <= 20) {
            assertThat(take(arena, size, size)).isEqualTo(1L << 32);
        }
    }
}
