package io.github.iommu4j.smmuv3.checks;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.reference.CommandRules;
import io.github.iommu4j.smmuv3.reference.IdRegisters;
import io.github.iommu4j.smmuv3.tables.Dice;
import io.github.iommu4j.smmuv3.tables.Shape;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.assertj.core.api.Assertions;

/** Random commands: the queue stops at exactly the illegal ones and goes on after they are acknowledged. */
class CommandProperties {

    private static final long QUEUE = 0x1000_0000L;
    private static final int QUEUE_LG2 = 5;
    private static final int SLOTS = 1 << QUEUE_LG2;
    private static final int CERROR_ILL = 1;
    private static final int CERROR_ABT = 2;

    private static final int[] OPCODES = {
        0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x10, 0x11, 0x12, 0x13, 0x18, 0x1A, 0x20, 0x21, 0x22, 0x23, 0x28,
        0x2A, 0x30, 0x40, 0x41, 0x44, 0x45, 0x46, 0x50, 0x58, 0x5A, 0x60, 0x70, 0x73, 0x80,
    };

    @Property(tries = 3000, shrinking = ShrinkingMode.OFF)
    void theQueueStopsAtTheFirstIllegalCommand(@ForAll long seed) {
        Dice dice = new Dice(seed);
        Smmuv3Capabilities capabilities = someCapabilities(dice);
        SparseMemory memory = SparseMemory.empty();
        memory.addRam(QUEUE, 0x1000);
        MmioRegion registers =
                Units.smmu(memory, capabilities, Units.Caching.DEFAULT).registers();
        CommandRules rules = new CommandRules(IdRegisters.readFrom(registers));
        long[][] commands = new long[SLOTS][];
        int count = dice.between(1, SLOTS);
        int start = dice.below(2 * SLOTS);
        for (int i = 0; i < count; i++) {
            int slot = start + i & SLOTS - 1;
            commands[slot] = new long[] {someCommand(dice), dice.oneIn(4) ? 0 : dice.bits(64)};
            memory.store64(QUEUE + 16L * slot, commands[slot][0]);
            memory.store64(QUEUE + 16L * slot + 8, commands[slot][1]);
        }
        registers.write(Rig.CMDQ_BASE, 8, QUEUE | QUEUE_LG2);
        registers.write(Rig.CMDQ_CONS, 4, start);
        registers.write(Rig.CMDQ_PROD, 4, start);
        registers.write(Rig.CR0, 4, Rig.CMDQEN);
        int end = start + count & 2 * SLOTS - 1;
        registers.write(Rig.CMDQ_PROD, 4, end);
        int gerror = 0;
        for (int i = 0; i < count; i++) {
            int index = start + i & 2 * SLOTS - 1;
            long[] command = commands[index & SLOTS - 1];
            if (!rules.isIllegal(command[0], command[1])) {
                continue;
            }
            gerror ^= 1;
            String story = String.format("0x%016x 0x%016x on %s", command[0], command[1], capabilities);
            Assertions.assertThat(registers.read(Rig.CMDQ_CONS, 4))
                    .as(story)
                    .isEqualTo(index | (long) CERROR_ILL << 24);
            Assertions.assertThat(registers.read(Rig.GERROR, 4)).as(story).isEqualTo(gerror);
            memory.store64(QUEUE + 16L * (index & SLOTS - 1), 0x46);
            registers.write(Rig.GERRORN, 4, gerror);
        }
        Assertions.assertThat(registers.read(Rig.CMDQ_CONS, 4) & 0xF_FFFF).isEqualTo(end);
        Assertions.assertThat(registers.read(Rig.GERROR, 4)).isEqualTo(gerror);
    }

    @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
    void aQueueThatMemoryDoesNotAnswerStopsWithAnAbortUntilItDoes(@ForAll long seed) {
        Dice dice = new Dice(seed);
        SparseMemory memory = SparseMemory.empty();
        MmioRegion registers = Units.smmu(memory, Smmuv3Capabilities.everything(), Units.Caching.DEFAULT)
                .registers();
        int count = dice.between(1, SLOTS);
        registers.write(Rig.CMDQ_BASE, 8, QUEUE | QUEUE_LG2);
        registers.write(Rig.CR0, 4, Rig.CMDQEN);
        registers.write(Rig.CMDQ_PROD, 4, count);
        Assertions.assertThat(registers.read(Rig.CMDQ_CONS, 4)).isEqualTo((long) CERROR_ABT << 24);
        Assertions.assertThat(registers.read(Rig.GERROR, 4)).isEqualTo(1);
        memory.addRam(QUEUE, 0x1000);
        for (int i = 0; i < count; i++) {
            memory.store64(QUEUE + 16L * i, 0x46);
        }
        registers.write(Rig.GERRORN, 4, 1);
        Assertions.assertThat(registers.read(Rig.CMDQ_CONS, 4) & 0xF_FFFF).isEqualTo(count);
        Assertions.assertThat(registers.read(Rig.GERROR, 4)).isEqualTo(1);
    }

    private static long someCommand(Dice dice) {
        long opcode = dice.oneIn(8) ? dice.bits(8) : dice.pick(OPCODES);
        long fields = dice.bits(64) & ~0xFFL & ~(dice.oneIn(4) ? 0 : 1L << 10);
        return opcode | (dice.oneIn(4) ? 0 : fields & ~(dice.oneIn(4) ? 0x01F1_F000L : 0));
    }

    private static Smmuv3Capabilities someCapabilities(Dice dice) {
        Shape shape = Shape.random(dice);
        Smmuv3Capabilities.Builder builder = Features.random(shape, dice).toBuilder();
        builder.set(IdField.RIL, dice.below(2)).set(IdField.MSI, 0);
        if (dice.oneIn(4)) {
            builder.set(dice.oneIn(2) ? IdField.S1P : IdField.S2P, 0).disable(IdField.HYP, IdField.VMW);
        }
        return builder.build();
    }
}
