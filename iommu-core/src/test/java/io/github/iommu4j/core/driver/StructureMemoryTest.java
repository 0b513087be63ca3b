package io.github.iommu4j.core.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StructureMemoryTest {

    private final ArenaAllocator arena = new ArenaAllocator(new SparseMemory(), 0x1_0000, 0x1_0000, new PlainLocking());
    private final List<Long> alignments = new ArrayList<>();
    private final List<Long> freed = new ArrayList<>();
    private final StructureMemory structures = new StructureMemory(new PageAllocator() {
        @Override
        public long allocate(long size, long alignment) {
            alignments.add(alignment);
            return arena.allocate(size, alignment);
        }

        @Override
        public void free(long address, long size) {
            freed.add(address);
            arena.free(address, size);
        }
    });

    @Test
    void aPieceIsAlignedToItsSizeUnlessAskedOtherwise() {
        structures.allocate(0x100);
        structures.allocate(0x4000);
        structures.allocate(0x2000, 0x1000);

        assertThat(alignments).containsExactly(0x100L, 0x4000L, 0x1000L);
        assertThat(structures.inUse()).isEqualTo(3);
    }

    @Test
    void aPieceGoesBackOnceAlone() {
        long first = structures.allocate(0x1000);
        long second = structures.allocate(0x1000);
        structures.free(first);

        assertThat(freed).containsExactly(first);
        assertThat(structures.inUse()).isOne();
        assertThatThrownBy(() -> structures.free(first))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("not taken");
        structures.freeAll();
        assertThat(freed).containsExactly(first, second);
    }

    @Test
    void allGoBackInTheirOrder() {
        long first = structures.allocate(0x4000);
        long second = structures.allocate(0x1000);
        long third = structures.allocate(0x1000);
        structures.freeAll();
        structures.freeAll();

        assertThat(freed).containsExactly(first, second, third);
        assertThat(structures.inUse()).isZero();
        assertThat(arena.live()).isEmpty();
    }

    @Test
    void whatIsRefusedIsNotTaken() {
        assertThatThrownBy(() -> structures.allocate(0x2_0000))
                .isInstanceOfSatisfying(
                        IommuException.class,
                        refusal -> assertThat(refusal.errno()).isEqualTo(Errno.ENOMEM));
        assertThat(structures.inUse()).isZero();
    }
}
