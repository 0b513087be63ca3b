package io.github.iommu4j.tipat.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.memory.SparseMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Random tables, targets and garbage against {@link NaiveInterconnect}. */
final class TranslationProperties {

    private static final long MIB = 1 << 20;
    private static final int ACCESSES = 200;

    private static List<Pat> pats(Random random, int count) {
        List<Pat> pats = new ArrayList<>();
        long base = 0x10 * MIB;
        for (int i = 0; i < count; i++) {
            long size = (1 + random.nextInt(4)) * MIB;
            pats.add(Pat.builder(new PatWindow(base, size))
                    .name("pat" + i)
                    .pages(1 + random.nextInt(600))
                    .build());
            base += size + random.nextInt(3) * MIB;
        }
        return pats;
    }

    /** Control registers that are mostly on, and entries that are mostly on and often point into windows. */
    private static void program(List<Pat> pats, Random random) {
        for (Pat pat : pats) {
            Rig.control(pat, random.nextInt(16) << 4 | (random.nextInt(8) == 0 ? 0 : 1));
            for (int page = 0; page < 600; page++) {
                long target = random.nextInt(3) == 0 ? random.nextLong() : (0x0F + random.nextInt(24)) * MIB;
                pat.table().write(Rig.offsetOf(page), 4, target >>> 12 | random.nextInt(256));
                pat.table().write(Rig.offsetOf(page) + 4, 4, target >>> 44 | (long) (random.nextInt(5) - 1) << 31);
            }
        }
    }

    private static void garbage(List<Pat> pats, Random random) {
        for (int i = 0; i < 500; i++) {
            Pat pat = pats.get(random.nextInt(pats.size()));
            pat.table().write(random.nextInt(0x4000), 1 << random.nextInt(4), random.nextLong());
            pat.registers().write(random.nextInt(0x100), 1 << random.nextInt(4), random.nextLong());
        }
    }

    private static long address(Random random) {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextLong() >>> 16;
            default -> 0x0F * MIB + (long) (random.nextDouble() * 24 * MIB);
        };
    }

    @Property(tries = 300)
    void P07_everyAnswerIsTheOneOfDivisionAndRecursion(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 5) int count,
            @ForAll @IntRange(min = 1, max = 6) int hops) {
        Random random = new Random(seed);
        List<Pat> pats = pats(random, count);
        PatInterconnect interconnect = new PatInterconnect(new SparseMemory(), pats, hops);
        NaiveInterconnect naive = new NaiveInterconnect(pats, hops);
        program(pats, random);
        if (random.nextInt(3) == 0) {
            garbage(pats, random);
        }
        for (int i = 0; i < ACCESSES; i++) {
            long address = address(random);
            Optional<Long> expected = naive.follow(address);
            long answer = interconnect.translate(random.nextInt(), address, Access.READ);
            assertThat(Translations.isOk(answer)).as("0x%x", address).isEqualTo(expected.isPresent());
            expected.ifPresent(pa ->
                    assertThat(Translations.pa(answer)).as("0x%x", address).isEqualTo(pa));
        }
    }

    @Property(tries = 200)
    void P07_theWholeRegionOfAnAnswerSharesIt(@ForAll long seed, @ForAll @IntRange(min = 1, max = 5) int count) {
        Random random = new Random(seed);
        List<Pat> pats = pats(random, count);
        PatInterconnect interconnect = new PatInterconnect(new SparseMemory(), pats);
        program(pats, random);
        for (int i = 0; i < ACCESSES; i++) {
            long address = address(random) & (1L << 48) - 1;
            long answer = interconnect.translate(1, address, Access.READ);
            if (Translations.isOk(answer)) {
                long inRegion = (1L << Translations.sizeLg2(answer)) - 1;
                long other = address & ~inRegion | random.nextLong() & inRegion;
                long otherAnswer = interconnect.translate(1, other, Access.READ);
                assertThat(Translations.isOk(otherAnswer)).isTrue();
                assertThat(Translations.pa(otherAnswer) & ~inRegion).isEqualTo(Translations.pa(answer) & ~inRegion);
                assertThat(Translations.pa(otherAnswer) & inRegion).isEqualTo(other & inRegion);
            }
        }
    }

    @Property(tries = 100)
    void P11_anExplanationForetellsTheAnswer(@ForAll long seed, @ForAll @IntRange(min = 1, max = 3) int count) {
        Random random = new Random(seed);
        List<Pat> pats = pats(random, count);
        PatInterconnect interconnect = new PatInterconnect(new SparseMemory(), pats);
        program(pats, random);
        for (int i = 0; i < ACCESSES; i++) {
            DmaRequest request = DmaRequest.read(random.nextInt(8), address(random));
            Explanation explanation = interconnect.explain(request);
            Translation answer = interconnect.translate(request);
            assertThat(explanation.result()).isEqualTo(answer);
            assertThat(explanation.fetches()).hasSizeLessThanOrEqualTo(PatInterconnect.DEFAULT_HOP_LIMIT);
            assertThat(explanation.event().isEmpty())
                    .isEqualTo(!(answer instanceof Translation.Fault fault && fault.recorded()));
        }
    }

    @Property(tries = 200)
    void P08_whatADeviceStoresIsBehindThePagesAndNowhereElse(@ForAll long seed) {
        Random random = new Random(seed);
        Pat pat = Pat.builder(new PatWindow(0x100 * MIB, MIB)).pages(16).build();
        Rig.control(pat, 1);
        SparseMemory memory = new SparseMemory();
        PhysicalMemory device = new PatInterconnect(memory, List.of(pat)).memoryOf(1);
        List<Long> frames = new ArrayList<>();
        for (int page = 0; page < 16; page++) {
            frames.add((1 + random.nextInt(64) + 64L * page) << 12);
            Rig.map(pat, page, frames.get(page));
        }
        for (int i = 0; i < ACCESSES; i++) {
            int page = random.nextInt(16);
            int word = random.nextInt(512) * 8;
            long window = 0x100 * MIB + page * 4096L + word;
            long value = random.nextLong();
            device.store64(window, value);
            assertThat(memory.load64(frames.get(page) + word)).isEqualTo(value);
            assertThat(device.load64(window)).isEqualTo(value);
            assertThat(device.load32(window + 4)).isEqualTo((int) (value >>> 32));
            device.store32(window, 7);
            assertThat(memory.load32(frames.get(page) + word)).isEqualTo(7);
            assertThat(device.compareAndSet64(window, value, 1)).isEqualTo((int) value == 7);
        }
    }
}
