package io.github.iommu4j.armshort.checks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.armshort.hardware.ArmV7Capabilities;
import io.github.iommu4j.armshort.hardware.ArmV7Mmu;
import io.github.iommu4j.armshort.hardware.Infracfg;
import io.github.iommu4j.armshort.hardware.LarbWiring;
import io.github.iommu4j.armshort.hardware.M4u;
import io.github.iommu4j.armshort.hardware.M4uCapabilities;
import io.github.iommu4j.armshort.hardware.M4uFeature;
import io.github.iommu4j.armshort.hardware.RangeCompletion;
import io.github.iommu4j.armshort.layout.ArmV7Register;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.armshort.layout.RegisterAccess;
import io.github.iommu4j.testkit.memory.WatchedMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.jspecify.annotations.Nullable;

/** Whatever is written to whatever offset, between translations and steps. */
class RegisterProperties {

    private static final int STEPS = 300;
    private static final int MOST_READS = 4;
    private static final int[] WIDTHS = {1, 2, 4, 4, 4, 4, 4, 8};

    private static final class Line {
        int pulses;
    }

    private static void fuzz(
            RandomTables tables, TranslationUnit unit, List<MmioRegion> windows, WatchedMemory memory) {
        Random random = tables.random;
        for (int i = 0; i < STEPS; i++) {
            MmioRegion window = windows.get(random.nextInt(3) > 0 ? 0 : random.nextInt(windows.size()));
            long offset = offset(random, window == windows.get(0) ? unit : null);
            int width = WIDTHS[random.nextInt(WIDTHS.length)];
            int value = random.nextInt(3) == 0 ? tables.base() : random.nextInt() >>> random.nextInt(32);
            if (random.nextBoolean()) {
                window.write(offset, width, value);
            }
            long read = window.read(offset, width);
            assertThat(width == 8 ? 0 : read >>> 8 * width).isZero();
            long loads = memory.loads();
            int stream = random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(128);
            long iova = random.nextInt(8) == 0 ? random.nextLong() : tables.address(34);
            unit.translate(stream, random.nextInt(), iova, random.nextInt());
            assertThat(memory.loads() - loads).isLessThanOrEqualTo(MOST_READS);
            if (random.nextInt(8) == 0) {
                tables.change();
                unit.step();
            }
        }
        assertThat(memory.stores()).isZero();
    }

    private static long offset(Random random, @Nullable TranslationUnit unit) {
        if (random.nextInt(10) == 0) {
            return random.nextLong() >>> random.nextInt(64);
        }
        if (unit instanceof M4u) {
            return M4uRegister.values()[random.nextInt(M4uRegister.values().length)].offset();
        }
        if (unit != null) {
            return ArmV7Register.values()[random.nextInt(ArmV7Register.values().length)].offset();
        }
        return new long[] {0xF00, 0xFC0, 0x380 + 4L * random.nextInt(32), 0x220}[random.nextInt(4)];
    }

    @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
    void nothingAGuestWritesHurtsAnM4u(@ForAll long seed) {
        RandomTables tables = new RandomTables(seed);
        Random random = tables.random;
        WatchedMemory watched = new WatchedMemory(tables.memory);
        List<M4uCapabilities> parts = List.of(
                M4uCapabilities.mt8173(),
                M4uCapabilities.mt2712(),
                M4uCapabilities.mt8167(),
                M4uCapabilities.mt8183().withAddresses(34, 35).withFeatures(M4uFeature.TABLES_ABOVE_4G));
        M4uCapabilities part = parts.get(random.nextInt(parts.size()));
        Line line = new Line();
        M4u m4u = M4u.builder(watched)
                .capabilities(part)
                .infracfg(new Infracfg(Infracfg.MemoryMode.values()[random.nextInt(2)]))
                .rangeCompletion(RangeCompletion.values()[random.nextInt(2)])
                .interrupt(() -> line.pulses++)
                .build();
        tables.fill(0x8000_0000L, part.inputBits());
        tables.thicken();
        List<MmioRegion> windows =
                new ArrayList<>(List.of(m4u.registers(), m4u.common().registers()));
        for (LarbWiring larb : part.larbs()) {
            windows.add(m4u.larb(larb.larb()).registers());
        }
        fuzz(tables, m4u, windows, watched);
        for (M4uRegister register : M4uRegister.values()) {
            if (register.access() == RegisterAccess.WO) {
                assertThat(Units.get(m4u, register)).isZero();
            }
        }
        assertThat(m4u.protectAddress(random.nextLong())).isNotNegative();
        int pulses = line.pulses;
        Units.set(m4u, M4uRegister.INT_CONTROL0, 1 << 12);
        assertThat(Units.get(m4u, M4uRegister.FAULT_ST1) | Units.get(m4u, M4uRegister.L2_FAULT_ST))
                .isZero();
        assertThat(line.pulses).isEqualTo(pulses);
    }

    @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
    void nothingAGuestWritesHurtsThePlainUnit(@ForAll long seed) {
        RandomTables tables = new RandomTables(seed);
        WatchedMemory watched = new WatchedMemory(tables.memory);
        ArmV7Mmu mmu = ArmV7Mmu.builder(watched)
                .capabilities(ArmV7Capabilities.everything())
                .build();
        tables.fill(0x8000_0000L, 32);
        tables.thicken();
        fuzz(tables, mmu, List.of(mmu.registers()), watched);
        mmu.reset();
        assertThat(mmu.registers().read(ArmV7Register.SCTLR.offset(), 4)).isZero();
    }
}
