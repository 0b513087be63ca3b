package io.github.iommu4j.armshort.checks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.armshort.hardware.ArmV7Capabilities;
import io.github.iommu4j.armshort.hardware.ArmV7Mmu;
import io.github.iommu4j.armshort.hardware.M4u;
import io.github.iommu4j.armshort.hardware.TlbGeometry;
import io.github.iommu4j.armshort.layout.ArmV7Register;
import io.github.iommu4j.core.memory.SparseMemory;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/**
 * Mappings of all sizes are made and taken away with the invalidation each needs: a unit with a cache answers as one
 * without, however small or large the cache.
 */
class InvalidationProperties {

    private static final int STEPS = 120;
    private static final long SPACE = 0x200_0000L;
    private static final int[] SIZES = {12, 16, 20, 24};

    /** Writes mappings of which all words are equal, as software must. */
    private static final class Software {
        final SparseMemory memory = new SparseMemory();
        final Random random;

        Software(long seed) {
            random = new Random(seed);
        }

        /** Maps or unmaps a block; what is in the way goes. Nothing outside its 16 MiB changes. */
        void change(long iova, int sizeLg2, int nonGlobal) {
            boolean map = random.nextInt(3) > 0;
            int pa = random.nextInt() & -1 << sizeLg2;
            if (sizeLg2 >= 20) {
                int word = pa | 0xC02 | (sizeLg2 == 24 ? 1 << 18 : 0) | nonGlobal << 17;
                breakSupersection(iova);
                for (long at = iova; at < iova + (1L << sizeLg2); at += 0x10_0000) {
                    Units.level1(memory, at, map ? word : 0);
                }
                return;
            }
            long section = iova >>> 20 << 20;
            long table = 0x9000_0000L + (section >>> 10);
            if ((memory.load32(Units.ROOT + (section >>> 18)) & 3) != 1) {
                for (long at = section; at < section + 0x10_0000; at += 0x1000) {
                    Units.level2(memory, table, at, 0);
                }
                breakSupersection(section);
                Units.level1(memory, section, (int) table | 9);
            }
            int word = pa | (sizeLg2 == 16 ? 0x31 : 0x32) | nonGlobal << 11;
            breakLargePage(table, iova);
            for (long at = iova; at < iova + (1L << sizeLg2); at += 0x1000) {
                Units.level2(memory, table, at, map ? word : 0);
            }
        }

        /** A large page whose words do not stay equal goes as a whole. */
        private void breakLargePage(long table, long iova) {
            long first = iova >>> 16 << 16;
            if ((memory.load32(table + (iova >>> 12 & 255) * 4) & 3) == 1) {
                for (long at = first; at < first + 0x1_0000; at += 0x1000) {
                    Units.level2(memory, table, at, 0);
                }
            }
        }

        private void breakSupersection(long section) {
            long first = section >>> 24 << 24;
            int word = memory.load32(Units.ROOT + (section >>> 18));
            if ((word & 3) != 0 && (word & 1 << 18) != 0) {
                for (long at = first; at < first + 0x100_0000; at += 0x10_0000) {
                    Units.level1(memory, at, 0);
                }
            }
        }

        TlbGeometry cache() {
            TlbGeometry[] choices = {
                new TlbGeometry(1, 1, TlbGeometry.Faults.NOT_KEPT),
                new TlbGeometry(1, 16, TlbGeometry.Faults.NOT_KEPT),
                new TlbGeometry(8, 2, TlbGeometry.Faults.NOT_KEPT),
                TlbGeometry.DEFAULT,
                new TlbGeometry(1 << 12, 4, TlbGeometry.Faults.NOT_KEPT)
            };
            return choices[random.nextInt(choices.length)];
        }

        long block(int sizeLg2) {
            return random.nextLong() & SPACE - 1 & -1L << sizeLg2;
        }
    }

    @Property(tries = 300, shrinking = ShrinkingMode.OFF)
    void anM4uWithACacheAnswersAsOneWithout(@ForAll long seed) {
        Software software = new Software(seed);
        Random random = software.random;
        TlbGeometry cache = software.cache();
        M4u cached = M4u.builder(software.memory)
                .tlb(random.nextBoolean() ? cache.keeping(TlbGeometry.Faults.KEPT) : cache)
                .build();
        M4u plain = M4u.builder(software.memory).tlb(TlbGeometry.OFF).build();
        Units.start(cached);
        Units.start(plain);
        for (int i = 0; i < STEPS; i++) {
            int sizeLg2 = SIZES[random.nextInt(4)];
            long iova = software.block(sizeLg2);
            software.change(iova, sizeLg2, 1);
            if (random.nextInt(10) == 0) {
                Units.invalidateAll(cached);
            } else {
                Units.invalidate(cached, iova >>> 24 << 24, iova | 0xFF_FFFF);
            }
            for (int probe = 0; probe < 12; probe++) {
                DmaRequest request =
                        DmaRequest.read(Units.MASTER, probe < 6 ? iova + probe * 0x1234L : software.block(3));
                compare(plain.translate(request), cached.translate(request), request);
            }
        }
    }

    @Property(tries = 300, shrinking = ShrinkingMode.OFF)
    void aPlainUnitWithACacheAnswersAsOneWithout(@ForAll long seed) {
        Software software = new Software(seed);
        Random random = software.random;
        ArmV7Mmu cached = ArmV7Mmu.builder(software.memory)
                .capabilities(ArmV7Capabilities.everything())
                .tlb(software.cache())
                .build();
        ArmV7Mmu plain = ArmV7Mmu.builder(software.memory).tlb(TlbGeometry.OFF).build();
        Units.start(cached);
        Units.start(plain);
        for (int i = 0; i < STEPS; i++) {
            int asid = random.nextInt(3);
            Units.set(cached, ArmV7Register.CONTEXTIDR, asid);
            int sizeLg2 = SIZES[random.nextInt(4)];
            long iova = software.block(sizeLg2);
            software.change(iova, sizeLg2, random.nextInt(2));
            invalidate(cached, random, iova);
            for (int probe = 0; probe < 12; probe++) {
                DmaRequest request = DmaRequest.write(0, probe < 6 ? iova + probe * 0x1234L : software.block(3));
                compare(plain.translate(request), cached.translate(request), request);
            }
        }
    }

    /** The 16 MiB around an address, in one of the ways there are. */
    private static void invalidate(ArmV7Mmu mmu, Random random, long iova) {
        switch (random.nextInt(20)) {
            case 0 -> {
                for (long at = iova >>> 24 << 24; at <= (iova | 0xFF_FFFF); at += 0x1000) {
                    Units.set(mmu, ArmV7Register.TLBIMVAA, (int) at);
                }
            }
            case 1 -> {
                for (int asid = 0; asid < 3; asid++) {
                    for (long at = iova >>> 24 << 24; at <= (iova | 0xFF_FFFF); at += 0x1000) {
                        Units.set(mmu, ArmV7Register.TLBIMVA, (int) at | asid);
                    }
                }
            }
            default -> Units.set(mmu, ArmV7Register.TLBIALL, 0);
        }
    }

    private static void compare(Translation expected, Translation answer, DmaRequest request) {
        if (expected instanceof Translation.Ok) {
            assertThat(answer).as("%s", request).isEqualTo(expected);
        } else {
            assertThat(answer.kind()).as("%s", request).isEqualTo(Translation.Kind.FAULT);
        }
    }
}
