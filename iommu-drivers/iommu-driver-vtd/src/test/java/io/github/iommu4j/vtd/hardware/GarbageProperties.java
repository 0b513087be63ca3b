package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.testkit.memory.WatchedMemory;
import io.github.iommu4j.vtd.layout.TableMode;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Memory full of anything: nothing is thrown, nothing goes on for ever, nothing outside memory is touched. */
class GarbageProperties {

    private static final int PAGES = 16;
    private static final int REQUESTS = 24;
    /** Five levels over five, with a second walk for an update of each, and the structures. */
    private static final long MOST_LOADS = 128;

    @Property(tries = 1000)
    void noBitsInMemoryDisturbTheUnit(@ForAll long seed) {
        Random random = new Random(seed);
        SparseMemory ram = SparseMemory.empty();
        ram.addRam(0, 0x1000L * PAGES);
        for (long at = 0; at < 0x1000L * PAGES; at += 8) {
            ram.store64(at, word(random));
        }
        WatchedMemory memory = new WatchedMemory(ram);
        VtdCapabilities has = RandomMachine.capabilities(random);
        FaultSink sink = (reason, sid, pasid, info, attributes) -> {
            assertThat(reason).isBetween(1, 0x91);
            return true;
        };
        Unit unit = new Unit(has, new Deviations(Set.of()));
        Translator translator = new Translator(memory, unit, sink, CacheGeometry.DEFAULT);
        TableMode mode = TableMode.values()[random.nextInt(2)];
        long root = (long) random.nextInt(PAGES + 1) << 12;
        translator.control(new ControlState(true, mode, root));
        for (int i = 0; i < REQUESTS; i++) {
            long loads = memory.loads();
            int pasid = random.nextBoolean() ? -1 : random.nextInt() >>> random.nextInt(32);
            long iova = random.nextLong() >>> random.nextInt(64);
            translator.translate(random.nextInt() >>> 16 + random.nextInt(16), pasid, iova, random.nextInt());
            assertThat(memory.loads() - loads).isLessThan(MOST_LOADS);
            translator.admitPageRequest(random.nextInt() >>> 16 + random.nextInt(16), pasid, iova);
        }
    }

    /** Half of the words point into memory, so that walks go on. */
    private static long word(Random random) {
        return random.nextBoolean()
                ? random.nextLong()
                : (long) random.nextInt(PAGES) << 12 | random.nextInt(0x1000) | 1;
    }

    @Property(tries = 100)
    void memoryThatAnswersNowhereIsAFetchError(@ForAll long seed) {
        Random random = new Random(seed);
        SparseMemory nothing = SparseMemory.empty();
        FaultSink sink = (reason, sid, pasid, info, attributes) -> true;
        Unit unit = new Unit(VtdCapabilities.everything(), new Deviations(Set.of()));
        Translator translator = new Translator(nothing, unit, sink, CacheGeometry.DEFAULT);
        boolean scalable = random.nextBoolean();
        translator.control(
                new ControlState(true, scalable ? TableMode.SCALABLE : TableMode.LEGACY, random.nextLong() & -4096));
        long packed = translator.translate(random.nextInt(0x1_0000), -1, random.nextInt(0x7FFF_FFFF), 1);
        assertThat((int) packed & 0xFF).isEqualTo(scalable ? 0x38 : 0x08);
    }
}
