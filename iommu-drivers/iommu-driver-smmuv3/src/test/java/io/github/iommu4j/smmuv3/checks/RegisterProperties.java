package io.github.iommu4j.smmuv3.checks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import io.github.iommu4j.smmuv3.tables.Dice;
import io.github.iommu4j.smmuv3.tables.Scenario;
import io.github.iommu4j.smmuv3.tables.Shape;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/** Whatever is written to whatever offset, between translations, doorbells and random commands. */
class RegisterProperties {

    private static final int STEPS = 300;
    private static final int IRQ_CTRL = 0x50;
    private static final int IRQ_CTRLACK = 0x54;
    private static final long WINDOW = 0x2_0000;
    private static final int[] WIDTHS = {1, 2, 4, 4, 4, 4, 8, 8};

    /** Registers that an enable of CR0 freezes: offset, width, enable. */
    private static final int[][] FROZEN = {
        {Rig.STRTAB_BASE, 8, Rig.SMMUEN},
        {Rig.STRTAB_BASE_CFG, 4, Rig.SMMUEN},
        {Rig.CR2, 4, Rig.SMMUEN},
        {Rig.CMDQ_BASE, 8, Rig.CMDQEN},
        {Rig.EVENTQ_BASE, 8, Rig.EVENTQEN},
    };

    /** One SMMU, and what was last seen in its registers. */
    private static final class Subject {
        final Dice dice;
        final SparseMemory memory;
        final Scenario scenario;
        final Rig rig;
        final TranslationUnit unit;
        final List<Long> constants;
        int gerror;
        int gerrorn;
        int cons;
        int prod;
        int queueLg2;

        Subject(Dice dice) {
            this.dice = dice;
            this.memory = dice.oneIn(2) ? SparseMemory.empty() : new SparseMemory();
            Shape shape = Shape.random(dice);
            Smmuv3Capabilities capabilities = Features.random(shape, dice);
            this.unit = Units.smmu(memory, capabilities, dice.pick(List.of(Units.Caching.values())));
            this.rig = new Rig(unit, memory, Rig.QUEUES);
            this.scenario = Scenario.build(memory, rig.id(), shape, dice);
            if (dice.oneIn(2)) {
                rig.start(scenario, dice.below(4));
            } else {
                memory.addRam(Rig.QUEUES, Rig.QUEUE_AREA);
            }
            this.constants = constants();
            look();
        }

        List<Long> constants() {
            List<Long> values = new ArrayList<>();
            for (SmmuRegister register : SmmuRegister.values()) {
                String name = register.name();
                boolean identifies = name.startsWith("IDR") || name.endsWith("IDR") || name.matches("[PC]IDR\\d");
                values.add(identifies ? unit.registers().read(register.offset(), 4) : 0L);
            }
            return values;
        }

        void look() {
            gerror = rig.read(Rig.GERROR);
            gerrorn = rig.read(Rig.GERRORN);
            cons = rig.read(Rig.CMDQ_CONS) & 0xF_FFFF;
            prod = rig.read(Rig.CMDQ_PROD) & 0xF_FFFF;
            queueLg2 = Math.min(rig.read(Rig.CMDQ_BASE) & 31, 19);
        }
    }

    @Property(tries = 1500, shrinking = ShrinkingMode.OFF)
    void nothingThrowsAndTheRegistersKeepTheirRules(@ForAll long seed) {
        Subject subject = new Subject(new Dice(seed));
        for (int i = 0; i < STEPS; i++) {
            long[] frozen = frozen(subject);
            int enabled = subject.rig.read(Rig.CR0ACK);
            String deed = act(subject);
            check(subject, deed);
            long[] after = frozen(subject);
            for (int number = 0; number < FROZEN.length; number++) {
                if ((enabled & FROZEN[number][2]) != 0) {
                    assertThat(after[number])
                            .as("frozen 0x%x after %s", FROZEN[number][0], deed)
                            .isEqualTo(frozen[number]);
                }
            }
        }
        assertThat(subject.constants()).isEqualTo(subject.constants);
    }

    private static String act(Subject subject) {
        Dice dice = subject.dice;
        switch (dice.below(8)) {
            case 0, 1 -> {
                long stream = dice.oneIn(2) || subject.scenario.contexts().isEmpty()
                        ? dice.bits(4)
                        : dice.pick(subject.scenario.contexts()).streamId();
                subject.unit.translate((int) stream, dice.below(4) - 2, dice.bits(dice.between(1, 64)), dice.below(64));
                return "translate";
            }
            case 2 -> {
                long slot = Rig.QUEUES + 16L * dice.below(256);
                subject.memory.store64(slot, dice.oneIn(2) ? dice.pick(0x46, 0x30, 0x12, 0x03, 0x04) : dice.bits(64));
                subject.memory.store64(slot + 8, dice.oneIn(2) ? 0 : dice.bits(64));
                return "store a command";
            }
            case 3 -> {
                subject.unit.step();
                return "step";
            }
            case 4 -> {
                long offset = dice.oneIn(8) ? dice.bits(64) : dice.bits(18);
                int width = dice.pick(WIDTHS);
                long value = subject.unit.registers().read(offset, width);
                assertThat(width == 8 ? 0 : value >>> 8 * width).isZero();
                return "read";
            }
            default -> {
                return write(subject);
            }
        }
    }

    private static String write(Subject subject) {
        Dice dice = subject.dice;
        SmmuRegister[] all = SmmuRegister.values();
        long offset = dice.oneIn(10) ? dice.bits(18) : all[dice.below(all.length)].offset();
        if (dice.oneIn(3)) {
            offset = dice.pick(Rig.CR0, Rig.CR0, Rig.CMDQ_PROD, Rig.GERRORN, Rig.EVENTQ_CONS, Rig.CMDQ_CONS);
        }
        int width = dice.pick(WIDTHS);
        long value = switch (dice.below(5)) {
            case 0 -> dice.bits(64);
            case 1 -> dice.bits(4);
            case 2 -> Rig.QUEUES | dice.bits(4);
            case 3 -> subject.scenario.streamTableBase() | dice.bits(5);
            default -> subject.rig.read(Rig.GERROR) ^ dice.bits(1) << dice.below(9);
        };
        if (offset == Rig.CMDQ_PROD) {
            value = subject.rig.read(Rig.CMDQ_CONS) + dice.bits(4);
        }
        subject.unit.registers().write(offset, width, value);
        return String.format("write of %d bytes to 0x%x: 0x%x", width, offset, value);
    }

    private static void check(Subject subject, String deed) {
        int gerrorBefore = subject.gerror;
        int consBefore = subject.cons;
        subject.look();
        int toggled = gerrorBefore ^ subject.gerror;
        assertThat((gerrorBefore ^ subject.gerrorn) & toggled)
                .as("active errors toggled by %s", deed)
                .isZero();
        assertThat(subject.rig.read(Rig.CR0ACK)).as(deed).isEqualTo(subject.rig.read(Rig.CR0));
        assertThat(subject.rig.read(IRQ_CTRLACK)).as(deed).isEqualTo(subject.rig.read(IRQ_CTRL));
        assertThat(subject.unit.registers().size()).isEqualTo(WINDOW);
        boolean written = deed.contains(String.format("to 0x%x:", Rig.CMDQ_CONS))
                || deed.contains(String.format("to 0x%x:", Rig.CMDQ_PROD))
                || deed.contains(String.format("to 0x%x:", Rig.CMDQ_BASE));
        if (!written) {
            int mask = (2 << subject.queueLg2) - 1;
            int moved = subject.cons - consBefore & mask;
            int available = subject.prod - consBefore & mask;
            assertThat(moved).as("commands consumed by %s", deed).isLessThanOrEqualTo(available);
        }
    }

    private static long[] frozen(Subject subject) {
        long[] values = new long[FROZEN.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = subject.unit.registers().read(FROZEN[i][0], FROZEN[i][1]);
        }
        return values;
    }
}
