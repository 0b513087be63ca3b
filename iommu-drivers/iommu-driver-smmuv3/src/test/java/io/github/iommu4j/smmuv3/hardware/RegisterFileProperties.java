package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever a guest writes, the registers answer and the invariants of §6 hold. */
class RegisterFileProperties {

    private static final int[] WIDTHS = {1, 2, 4, 8};

    @Property(tries = 200)
    void noSequenceOfAccessesThrows(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Smmuv3Capabilities capabilities =
                random.nextBoolean() ? Smmuv3Capabilities.everything() : Smmuv3Capabilities.linuxVirt10();
        Bench bench = new Bench(
                capabilities, random.nextBoolean() ? CommandProcessing.ON_DOORBELL : CommandProcessing.STEPPED);
        for (int i = 0; i < 300; i++) {
            access(bench, random);
            assertThat(bench.read(SmmuRegister.CR0ACK)).isEqualTo(bench.read(SmmuRegister.CR0));
            assertThat(bench.read(SmmuRegister.IRQ_CTRLACK)).isEqualTo(bench.read(SmmuRegister.IRQ_CTRL));
        }
        assertThat(bench.read(SmmuRegister.IDR0)).isEqualTo(capabilities.idr0());
    }

    private static void access(Bench bench, SplittableRandom random) {
        SmmuRegister[] registers = SmmuRegister.values();
        SmmuRegister register = registers[random.nextInt(registers.length)];
        int width = WIDTHS[random.nextInt(WIDTHS.length)];
        long offset = random.nextInt(4) == 0 ? random.nextInt(-16, 0x2_0010) : register.offset() & -width;
        long value = random.nextInt(3) == 0 ? random.nextInt(64) : random.nextLong();
        switch (random.nextInt(8)) {
            case 0 -> bench.registers.read(offset, width);
            case 1 -> bench.event(random.nextLong());
            case 2 -> bench.commands.step();
            case 3 -> bench.ram.store64(Bench.COMMANDS + 8L * random.nextInt(64), random.nextInt(0x80));
            case 4 -> bench.write(SmmuRegister.CMDQ_BASE, Bench.COMMANDS | random.nextInt(32));
            default -> bench.registers.write(offset, width, value);
        }
    }

    /** A write of both halves, in either order, is the write of the whole. */
    @Property
    void halvesMakeTheWhole(@ForAll long value, @ForAll boolean upperFirst) {
        for (SmmuRegister register : SmmuRegister.values()) {
            if (register.width() == 8) {
                Bench whole = new Bench();
                whole.write(register, value);
                Bench halves = new Bench();
                int first = upperFirst ? 4 : 0;
                halves.registers.write(register.offset() + first, 4, value >>> 8 * first);
                halves.registers.write(register.offset() + (first ^ 4), 4, value >>> 8 * (first ^ 4));
                assertThat(halves.read(register)).isEqualTo(whole.read(register));
                assertThat(halves.registers.read(register.offset() + 4, 4) << 32
                                | halves.registers.read(register.offset(), 4))
                        .isEqualTo(whole.read(register));
            }
        }
    }

    /** A guest cannot make one doorbell consume more than one queue's length. */
    @Property(tries = 50)
    void aDoorbellIsBounded(
            @ForAll @IntRange(max = 6) int sizeLg2,
            @ForAll @Size(min = 1, max = 8) List<@IntRange(max = 255) Integer> opcodes) {
        Bench bench = new Bench().withCommandQueue(sizeLg2);
        int[] invalidations = {0};
        bench.duringInvalidation = () -> {
            invalidations[0]++;
            bench.write(SmmuRegister.CMDQ_PROD, bench.read(SmmuRegister.CMDQ_CONS) + (1L << sizeLg2));
        };
        for (int slot = 0; slot < 1 << sizeLg2; slot++) {
            bench.ram.store64(Bench.COMMANDS + 16L * slot, opcodes.get(slot % opcodes.size()));
            bench.ram.store64(Bench.COMMANDS + 16L * slot + 8, 0);
        }
        bench.write(SmmuRegister.CMDQ_PROD, 1L << sizeLg2);
        assertThat(invalidations[0]).isLessThanOrEqualTo(1 << sizeLg2);
    }
}
