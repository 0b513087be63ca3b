package io.github.iommu4j.smmuv3.checks;

import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.hardware.StallRecording;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.tables.Dice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.assertj.core.api.Assertions;

/**
 * Streams of devices whose every access stalls, a driver that answers or not, and a queue that is full, off, or in error:
 * every stall ends exactly once, its tag is not used again before, and its record is seen unless it was told to try again or
 * was aborted before there was room.
 */
class StallProperties {

    private static final int STREAMS = 4;
    private static final int STEPS = 120;
    private static final long CONTEXT = 0x4001_0000L;
    private static final long ROOT = 0x5000_0000L;
    private static final int EVENTS_LG2 = 2;
    private static final long EVENTS = 0x3200_0000L;
    private static final long CD_STALLS = 1L << 44;

    /** What is known of one stall. */
    private static final class Stall {
        private final int streamId;
        private boolean seen;

        Stall(int streamId) {
            this.streamId = streamId;
        }
    }

    @Property(tries = 400, shrinking = ShrinkingMode.OFF)
    void everyStallEndsOnceAndItsRecordIsSeenOnce(@ForAll long seed) {
        new Run(new Dice(seed)).play();
    }

    /** One SMMU and its history. */
    private static final class Run implements Endpoints {
        private final SparseMemory memory = new SparseMemory();
        private final Dice dice;
        private final Smmuv3 unit;
        private final Rig rig;
        private final StallRecording recording;
        private final Map<Integer, Stall> waiting = new HashMap<>();
        private final Map<Integer, Resumption> early = new HashMap<>();
        private final List<Integer> known = new ArrayList<>();
        private final Set<Integer> dead = new HashSet<>();
        private int consumed;

        Run(Dice dice) {
            this.dice = dice;
            recording = dice.pick(List.of(StallRecording.values()));
            Smmuv3Capabilities capabilities = Smmuv3Capabilities.everything().toBuilder()
                    .set(IdField.STALL_MODEL, dice.pick(0, 2))
                    .set(IdField.STALL_MAX, dice.pick(1, 3, 8, 1000))
                    .set(IdField.TERM_MODEL, dice.below(2))
                    .build();
            unit = Smmuv3.builder(memory)
                    .capabilities(capabilities)
                    .endpoints(this)
                    .stallRecording(recording)
                    .build();
            rig = new Rig(unit, memory, Rig.QUEUES);
            Layouts.context(memory, CONTEXT, 9, ROOT);
            memory.store64(CONTEXT, memory.load64(CONTEXT) | CD_STALLS);
            for (int stream = 0; stream < STREAMS; stream++) {
                Layouts.stage1Stream(memory, stream, 7, CONTEXT);
            }
            rig.start(Layouts.STREAM_TABLE, Layouts.STREAM_TABLE_CONFIG, 0);
            rig.write(Rig.CR0, Rig.CMDQEN);
            unit.registers().write(Rig.EVENTQ_BASE, 8, EVENTS | EVENTS_LG2);
            rig.write(Rig.CR0, enables(true));
        }

        private static int enables(boolean events) {
            return Rig.CMDQEN | Rig.SMMUEN | (events ? Rig.EVENTQEN : 0);
        }

        @Override
        public void resume(int streamId, int tag, Resumption outcome) {
            Stall stall = waiting.remove(tag);
            if (stall == null) {
                Assertions.assertThat(early.put(tag, outcome))
                        .as("tag %d ended twice", tag)
                        .isNull();
                return;
            }
            Assertions.assertThat(stall.streamId).isEqualTo(streamId);
            known.remove((Integer) tag);
            if (!stall.seen) {
                dead.add(tag);
            }
        }

        void play() {
            for (int step = 0; step < STEPS; step++) {
                switch (dice.below(10)) {
                    case 0, 1, 2, 3 -> access();
                    case 4, 5 -> drain();
                    case 6, 7 -> answer();
                    case 8 -> disturb();
                    default -> invalidate();
                }
                Assertions.assertThat(early).as("an end for nobody").isEmpty();
            }
            finish();
        }

        private void access() {
            int stream = dice.below(STREAMS);
            long address = 0x1000L * dice.below(3) + dice.below(8);
            long packed = unit.translate(stream, -1, address, dice.pick(1, 2));
            Assertions.assertThat(Translations.isStalled(packed)).isTrue();
            int tag = Translations.stallTag(packed);
            if (early.remove(tag) == null) {
                Assertions.assertThat(waiting.put(tag, new Stall(stream)))
                        .as("tag %d is taken", tag)
                        .isNull();
                dead.remove(tag);
            }
        }

        /** Reads every record there is, and frees the slots one after the other. */
        private void drain() {
            int producer = rig.read(Rig.EVENTQ_PROD);
            Assertions.assertThat(producer).as("stalls never overflow").isNotNegative();
            while (consumed != (rig.read(Rig.EVENTQ_PROD) & (2 << EVENTS_LG2) - 1)) {
                long slot = EVENTS + 32L * (consumed & (1 << EVENTS_LG2) - 1);
                take((int) memory.load64(slot + 8) & 0xFFFF, (int) (memory.load64(slot) >>> 32));
                Assertions.assertThat(memory.load64(slot + 8) >>> 31 & 1)
                        .as("Stall")
                        .isEqualTo(1);
                consumed = consumed + 1 & (2 << EVENTS_LG2) - 1;
                rig.write(Rig.EVENTQ_CONS, consumed);
                if (dice.oneIn(4)) {
                    return;
                }
            }
        }

        private void take(int tag, int streamId) {
            Stall stall = waiting.get(tag);
            if (stall == null) {
                Assertions.assertThat(dead.remove(tag))
                        .as("a record of tag %d that never was", tag)
                        .isTrue();
                return;
            }
            Assertions.assertThat(stall.streamId).isEqualTo(streamId);
            Assertions.assertThat(stall.seen).as("tag %d recorded twice", tag).isFalse();
            stall.seen = true;
            known.add(tag);
        }

        private void answer() {
            if (known.isEmpty() || dice.oneIn(8)) {
                rig.command(Commands.resume(dice.below(STREAMS), 0x8000 | dice.below(8), dice.below(4)));
                rig.sync();
                return;
            }
            int tag = dice.pick(known);
            int stream = Objects.requireNonNull(waiting.get(tag)).streamId;
            rig.command(Commands.resume(stream, tag, dice.below(4)));
            rig.command(Commands.resume(stream, tag, dice.below(4)));
            rig.sync();
            Assertions.assertThat(waiting).doesNotContainKey(tag);
        }

        private void disturb() {
            switch (dice.below(4)) {
                case 0 -> rig.write(Rig.CR0, enables(false));
                case 1 -> rig.write(Rig.CR0, enables(true));
                case 2 -> {
                    rig.command(Commands.stallTerm(dice.below(STREAMS)));
                    rig.sync();
                }
                default -> {
                    boolean events = (rig.read(Rig.CR0) & Rig.EVENTQEN) != 0;
                    rig.write(Rig.CR0, enables(events) & ~Rig.SMMUEN);
                    Assertions.assertThat(waiting).as("SMMUEN=0 ends all").isEmpty();
                    rig.write(Rig.CR0, enables(events));
                }
            }
        }

        private void invalidate() {
            rig.command(Commands.tlbi(Commands.TLBI_NSNH_ALL));
            rig.sync();
        }

        /** With the queue enabled and read, every stall is recorded or told to try again; answered, none is left. */
        private void finish() {
            rig.write(Rig.CR0, enables(true));
            for (int rounds = 0; !waiting.isEmpty(); rounds++) {
                Assertions.assertThat(rounds).as("left: %s", waiting.keySet()).isLessThan(10_000);
                drain();
                if (!known.isEmpty()) {
                    answer();
                }
            }
        }
    }
}
