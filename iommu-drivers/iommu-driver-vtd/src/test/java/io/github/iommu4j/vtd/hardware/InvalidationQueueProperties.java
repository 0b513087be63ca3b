package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/** Random bytes in the queue: it stops at exactly the descriptors that a naive decoder refuses. */
class InvalidationQueueProperties {

    private static final long[] MASKS_0 = {
        0,
        0x3_FFFF_FFFF_003FL,
        0xFFFF_00FFL,
        0xFFF0_FFFF_001F_F00FL,
        0xFFFF_F800_001FL,
        0xFFFF_FFFF_0000_00FFL,
        0xF_FFFF_FFFF_003FL,
        0xF_FFFF_FFFF_003FL,
        0xFFFF_FFFF_FFFF_F1FFL,
        0xF_FFFF_FFFF_F03FL
    };

    private static long[] someDescriptor(Random dice) {
        long[] words = new long[4];
        int type = dice.nextInt(10);
        words[0] = dice.nextInt(4) == 0 ? dice.nextLong() : dice.nextLong() & MASKS_0[type] & ~0xFL | type;
        words[1] = dice.nextInt(3) == 0 ? 0 : dice.nextLong() & ~(dice.nextInt(3) == 0 ? 0 : 0xFA0L);
        words[2] = dice.nextInt(8) == 0 ? dice.nextLong() : 0;
        words[3] = dice.nextInt(8) == 0 ? dice.nextLong() : 0;
        return words;
    }

    @Property(tries = 1500, shrinking = ShrinkingMode.OFF)
    void theQueueStopsAtExactlyTheInvalidDescriptors(@ForAll long seed) {
        Random dice = new Random(seed);
        RegisterRig rig = RegisterRig.of(Units.FULL);
        int bytes = 16 << dice.nextInt(2);
        int queueLg2 = dice.nextInt(3);
        rig.write(VtdRegister.IQA, RegisterRig.QUEUE | queueLg2 | (bytes == 32 ? RegisterRig.WIDE : 0));
        int slots = (1 << 12 + queueLg2) / bytes;
        int count = 1 + dice.nextInt(20);
        long[][] queue = new long[count][];
        for (int i = 0; i < count; i++) {
            queue[i] = someDescriptor(dice);
            for (int word = 0; word < bytes / 8; word++) {
                rig.memory.store64(RegisterRig.QUEUE + (long) i * bytes + 8L * word, queue[i][word]);
            }
        }
        rig.command(RegisterRig.QIE);
        rig.write(VtdRegister.IQT, (long) count * bytes % ((long) slots * bytes));
        for (int i = 0; i < count; i++) {
            int error = NaiveDecoder.error(queue[i], bytes);
            if (error == 0) {
                continue;
            }
            String story = String.format("seed %d: %x %x in %d bytes", seed, queue[i][0], queue[i][1], bytes);
            assertThat(rig.status()).as(story).isEqualTo(RegisterRig.IQE);
            assertThat(rig.queueError()).as(story).isEqualTo(error);
            assertThat(rig.read(VtdRegister.IQH)).as(story).isEqualTo((long) i * bytes);
            overwrite(rig, RegisterRig.QUEUE + (long) i * bytes, bytes);
            rig.write(VtdRegister.FSTS, RegisterRig.IQE);
        }
        assertThat(rig.status()).isZero();
        assertThat(rig.read(VtdRegister.IQH)).isEqualTo(rig.read(VtdRegister.IQT));
        assertThat(rig.vtd.counters().queues().descriptors()).isEqualTo(count);
    }

    /** A wait that signals nothing, as software repairs a queue. */
    private static void overwrite(RegisterRig rig, long address, int bytes) {
        for (int word = 0; word < bytes / 8; word++) {
            rig.memory.store64(address + 8L * word, word == 0 ? 5 : 0);
        }
    }

    @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
    void randomTailsAreRefusedByRuleAndEndInTheQueue(@ForAll long seed) {
        Random dice = new Random(seed);
        RegisterRig rig = RegisterRig.of(Units.FULL);
        int bytes = 16 << dice.nextInt(2);
        rig.write(VtdRegister.IQA, RegisterRig.QUEUE | (bytes == 32 ? RegisterRig.WIDE : 0));
        for (long at = 0; at < 0x1000; at += bytes) {
            overwrite(rig, RegisterRig.QUEUE + at, bytes);
        }
        rig.command(RegisterRig.QIE);
        for (int i = 0; i < 10; i++) {
            long tail = dice.nextInt(dice.nextInt(3) == 0 ? 0x8_0000 : 0x1000) & ~0xFL;
            long head = rig.read(VtdRegister.IQH);
            rig.write(VtdRegister.IQT, tail);
            int error = tail >= 0x1000 ? 1 : tail % bytes != 0 ? 6 : 0;
            assertThat(rig.status() != 0).isEqualTo(error != 0);
            assertThat(rig.read(VtdRegister.IQH)).isEqualTo(error == 0 ? tail : head);
            if (error != 0) {
                assertThat(rig.queueError()).isEqualTo(error);
                rig.write(VtdRegister.IQT, head);
                rig.write(VtdRegister.FSTS, RegisterRig.IQE);
            }
        }
    }
}
