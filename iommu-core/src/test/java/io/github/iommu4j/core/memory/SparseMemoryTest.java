package io.github.iommu4j.core.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.memory.BusErrorException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SparseMemoryTest {

    private static final long TOP = 1L << 52;

    /** A store of one width, at an address that clusters around the places where the directory changes shape. */
    record Store(long address, long value, boolean wide) {}

    @Provide
    Arbitrary<List<Store>> stores() {
        Arbitrary<Long> base = Arbitraries.of(0L, 0x4000_0000L, (1L << 34) - 64, 1L << 34, 1L << 45, TOP - 4096);
        Arbitrary<Long> address = Combinators.combine(base, Arbitraries.longs().between(0, 511))
                .as((start, word) -> (start + word * 8) % TOP);
        return Combinators.combine(address, Arbitraries.longs(), Arbitraries.of(true, false))
                .as(Store::new)
                .list()
                .ofMaxSize(60);
    }

    @Property
    void memoryEqualsAMapOfWords(@ForAll("stores") List<Store> stores) {
        SparseMemory memory = new SparseMemory();
        Map<Long, Long> twin = new HashMap<>();
        for (Store store : stores) {
            if (store.wide()) {
                memory.store64(store.address(), store.value());
                twin.put(store.address(), store.value());
            } else {
                memory.store32(store.address() + 4, (int) store.value());
                twin.merge(store.address(), store.value() << 32, (old, high) -> old & 0xFFFF_FFFFL | high);
            }
            long expected = twin.getOrDefault(store.address(), 0L);
            assertThat(memory.compareAndSet64(store.address(), ~expected, 1)).isFalse();
            assertThat(memory.compareAndSet64(store.address(), expected, expected + 1))
                    .isTrue();
            twin.put(store.address(), expected + 1);
        }
        twin.forEach((address, value) -> {
            assertThat(memory.load64(address)).isEqualTo(value);
            assertThat(memory.load32(address)).isEqualTo(value.intValue());
            assertThat(memory.load32(address + 4)).isEqualTo((int) (value >>> 32));
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 0x1_0000, 0x4000_0000L, 1L << 34, TOP - 8})
    void unwrittenMemoryReadsZeroAndReadingDoesNotWrite(long address) {
        SparseMemory memory = new SparseMemory();
        assertThat(memory.load64(address)).isZero();
        memory.store64(address, 7);
        assertThat(memory.load64(address)).isEqualTo(7);
        assertThat(memory.load64(address ^ 0x8000)).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 52, -8, Long.MIN_VALUE})
    void anAddressAbove52BitsIsABusError(long address) {
        SparseMemory memory = new SparseMemory();
        assertThatThrownBy(() -> memory.load64(address)).isInstanceOf(BusErrorException.class);
        assertThatThrownBy(() -> memory.store32(address, 1)).isInstanceOf(BusErrorException.class);
        assertThatThrownBy(() -> memory.load32(address)).isInstanceOf(BusErrorException.class);
    }

    @Test
    void anUnalignedAddressIsRefused() {
        SparseMemory memory = new SparseMemory();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> memory.load64(0x1004))
                .withMessage("address 0x1004 is not aligned to 8 bytes");
        assertThatIllegalArgumentException().isThrownBy(() -> memory.store64(1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> memory.store32(2, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> memory.load32(2));
        assertThatIllegalArgumentException().isThrownBy(() -> memory.compareAndSet64(4, 0, 0));
    }

    @Test
    void outsideRamEverythingIsABusErrorAndInsideItWorks() {
        SparseMemory memory = SparseMemory.empty();
        memory.addRam(0x4000_1000L, 0x2_0000);
        assertThat(memory.load64(0x4000_1000L)).isZero();
        memory.store64(0x4000_1000L, 3);
        memory.store64(0x4002_0FF8L, 4);
        memory.store64(0x4001_8000L, 5);
        assertThat(memory.load64(0x4000_1000L)).isEqualTo(3);
        assertThat(memory.load64(0x4002_0FF8L)).isEqualTo(4);
        assertThat(memory.load64(0x4001_8000L)).isEqualTo(5);
        for (long outside : new long[] {0x4000_0FF8L, 0x4002_1000L, 0, 1L << 40}) {
            assertThatThrownBy(() -> memory.load64(outside))
                    .isInstanceOfSatisfying(
                            BusErrorException.class,
                            e -> assertThat(e.address()).isEqualTo(outside))
                    .hasMessage("bus error at physical address 0x" + Long.toHexString(outside));
            assertThatThrownBy(() -> memory.store64(outside, 1)).isInstanceOf(BusErrorException.class);
            assertThatThrownBy(() -> memory.compareAndSet64(outside, 0, 1)).isInstanceOf(BusErrorException.class);
        }
    }

    @Test
    void ramMayGrowPageByPageAndKeepsItsContents() {
        SparseMemory memory = SparseMemory.empty();
        memory.addRam(0x3000, 0x1000);
        memory.store64(0x3008, 9);
        memory.addRam(0x4000, 0x1000);
        memory.addRam(0, 0x1_0000);
        memory.addRam(1L << 44, 0x3_0000);
        assertThat(memory.load64(0x3008)).isEqualTo(9);
        assertThat(memory.load64(0xFFF8)).isZero();
        memory.store64((1L << 44) + 0x2_0000, 1);
        assertThat(memory.load64((1L << 44) + 0x2_0000)).isEqualTo(1);
        assertThat(memory.load64((1L << 44) + 0x1_0000)).isZero();
    }

    @Test
    void addingRamToMemoryThatAnswersEverywhereChangesNothing() {
        SparseMemory memory = new SparseMemory();
        memory.store64(0x1000, 5);
        memory.addRam(0x1000, 0x1000);
        assertThat(memory.load64(0x1000)).isEqualTo(5);
        assertThat(memory.load64(0x1_0000)).isZero();
    }

    @Test
    void ramThatIsNotARangeOfPagesIsRefused() {
        SparseMemory memory = SparseMemory.empty();
        for (long[] range : new long[][] {
            {0x10, 0x1000}, {0, 0x10}, {-4096, 4096}, {0, -4096}, {0, (1L << 40) + 4096}, {TOP - 4096, 8192}
        }) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> memory.addRam(range[0], range[1]))
                    .withMessageContaining("is not a page-aligned range");
        }
    }

    @Test
    void concurrentCompareAndSetLosesNoIncrement() throws InterruptedException {
        SparseMemory memory = new SparseMemory();
        Runnable increments = () -> {
            for (int i = 0; i < 50_000; ) {
                long address = 0x5_0000_0000L + (i & 7) * 0x1_0000L;
                long before = memory.load64(address);
                if (memory.compareAndSet64(address, before, before + 1)) {
                    i++;
                }
            }
        };
        Thread other = new Thread(increments);
        other.start();
        increments.run();
        other.join();
        long total = 0;
        for (int i = 0; i < 8; i++) {
            total += memory.load64(0x5_0000_0000L + i * 0x1_0000L);
        }
        assertThat(total).isEqualTo(100_000);
    }

    @Test
    void thePagesThereAreAreThoseOfWrittenChunksAscending() {
        SparseMemory memory = new SparseMemory();
        assertThat(memory.pages()).isEmpty();

        memory.store64(0x8_0000_1000_0008L, 1);
        memory.store32(0x2_3004L, 1);
        memory.store64(0x1000L, 0);

        assertThat(memory.pages().toArray())
                .hasSize(48)
                .startsWith(0x0L, 0x1000L)
                .contains(0x2_3000L, 0x8_0000_1000_0000L)
                .endsWith(0x8_0000_1000_F000L)
                .isSorted();
    }

    @Test
    void ofNamedRamEveryPageIsThereAndNoOther() {
        SparseMemory memory = SparseMemory.empty();
        memory.addRam(0xF000, 0x2000);
        memory.addRam(0x10_0000, 0x1_0000);
        memory.store64(0x1_0000, 7);

        assertThat(memory.pages().toArray())
                .hasSize(18)
                .startsWith(0xF000, 0x1_0000, 0x10_0000)
                .endsWith(0x10_F000);
    }
}
