package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.cache.CacheEpoch;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

/** Tables in memory that does not let itself be updated: the walk ends, as one that met an external abort. */
class StubbornMemoryTest {

    private static final long VA = 0x4000_0000L;
    private static final long STAGE1 = 0x20_0000L;
    private static final long STAGE2 = 0x21_0000L;
    private static final int F_WALK_EABT = 0x0B;

    private final SparseMemory ram = new SparseMemory();
    private final List<EventRecord> events = new ArrayList<>();
    private final CacheEpoch epoch = new CacheEpoch();
    private int updates;
    /** Runs before every load. */
    private LongConsumer onLoad = address -> {};

    /** Answers a compare-and-set with 0 refused, 1 done; may throw. */
    private Translator unit(LongUnaryOperator onUpdate) {
        PhysicalMemory memory = new PhysicalMemory() {
            @Override
            public int load32(long address) {
                return ram.load32(address);
            }

            @Override
            public void store32(long address, int value) {
                ram.store32(address, value);
            }

            @Override
            public long load64(long address) {
                onLoad.accept(address);
                return ram.load64(address);
            }

            @Override
            public void store64(long address, long value) {
                ram.store64(address, value);
            }

            @Override
            public boolean compareAndSet64(long address, long expected, long replacement) {
                updates++;
                return onUpdate.applyAsLong(address) != 0 && ram.compareAndSet64(address, expected, replacement);
            }
        };
        EventRecorder recorder = (seen, dw0, dw1, dw2, dw3) -> {
            events.add(new EventRecord(dw0, dw1, dw2, dw3));
            return EventRecorder.Outcome.WRITTEN;
        };
        Smmuv3Capabilities all = Smmuv3Capabilities.everything();
        Translator unit = new Translator(
                memory,
                all,
                CacheGeometry.DEFAULT,
                epoch,
                (seen, dw0, dw1, dw2, dw3) ->
                        seen == epoch.now() ? recorder.record(seen, dw0, dw1, dw2, dw3) : EventRecorder.Outcome.STALE,
                new StalledTransactions(all, epoch, recorder, Endpoints.NONE, StallRecording.EVERY));
        unit.publish(new ControlState(true, false, true, false, false, 0, Guest.STREAMS, 8));
        Words.context(STAGE1).set(0, ContextDescriptor.HA, 1).cd().writeTo(ram, Guest.CONTEXTS);
        ram.store64(STAGE1 + 8, 0x8000_0000L | Guest.BLOCK & ~(1L << 10));
        return unit;
    }

    private void stage1Stream() {
        Words.stage1(Guest.CONTEXTS).ste().writeTo(ram, Guest.STREAMS + 64);
    }

    private void stage2Stream(long descriptor) {
        Words.stage2(STAGE2).set(2, StreamTableEntry.S2HA, 1).ste().writeTo(ram, Guest.STREAMS + 64);
        ram.store64(STAGE2 + 8, descriptor);
    }

    private EventRecord aborted(Translator unit) {
        Translation answer = unit.translate(DmaRequest.read(Guest.STREAM, VA));
        assertThat(((Translation.Fault) answer).code()).isEqualTo(F_WALK_EABT);
        assertThat(events).hasSize(1);
        return events.get(0);
    }

    @Test
    void aStage1DescriptorThatChangesForeverEndsTheWalk() {
        Translator unit = unit(address -> 0);
        stage1Stream();
        EventRecord record = aborted(unit);
        assertThat(record.dw3()).isEqualTo(STAGE1 + 8);
        assertThat(record.s2()).isFalse();
        assertThat(record.eventClass()).isEqualTo(EventRecord.CLASS_TT);
        assertThat(updates).isEqualTo(64);
    }

    @Test
    void aStage2DescriptorThatChangesForeverEndsTheWalk() {
        Translator unit = unit(address -> 0);
        stage2Stream(0x8000_0000L | Guest.BLOCK2 & ~(1L << 10));
        EventRecord record = aborted(unit);
        assertThat(record.dw3()).isEqualTo(STAGE2 + 8);
        assertThat(record.s2()).isTrue();
        assertThat(record.eventClass()).isEqualTo(EventRecord.CLASS_IN);
        assertThat(updates).isEqualTo(64);
    }

    @Test
    void anUpdateThatIsNotAnsweredIsAnExternalAbort() {
        Translator unit = unit(address -> {
            throw new BusErrorException(address);
        });
        stage1Stream();
        assertThat(aborted(unit).dw3()).isEqualTo(STAGE1 + 8);
    }

    @Test
    void aDescriptorThatChangedOnceIsWalkedToAgain() {
        Translator unit = unit(address -> {
            if (updates == 1) {
                ram.store64(address, 0xC000_0000L | Guest.BLOCK);
            }
            return 1;
        });
        stage1Stream();
        Translation answer = unit.translate(DmaRequest.read(Guest.STREAM, VA));
        assertThat(((Translation.Ok) answer).pa()).isEqualTo(0xC000_0000L);
    }

    /** Every start but the last is overtaken by an invalidation. */
    private void overtake(int starts) {
        AtomicInteger left = new AtomicInteger(starts);
        onLoad = address -> {
            if (address == Guest.CONTEXTS && left.getAndDecrement() > 0) {
                epoch.advance();
            }
        };
    }

    @Test
    void aStallThatIsOvertakenForeverIsHeldBackAllTheSame() {
        Translator unit = unit(address -> 1);
        stage1Stream();
        Words.context(STAGE1).set(0, ContextDescriptor.S, 1).cd().writeTo(ram, Guest.CONTEXTS);
        ram.store64(STAGE1 + 8, 0);
        overtake(64);
        Translation answer = unit.translate(DmaRequest.read(Guest.STREAM, VA));
        assertThat(answer).isEqualTo(new Translation.Stalled(0, 0x10, "F_TRANSLATION", true));
        assertThat(events).hasSize(1);
    }

    @Test
    void aFaultThatIsOvertakenForeverAbortsWithoutARecord() {
        Translator unit = unit(address -> 1);
        stage1Stream();
        ram.store64(STAGE1 + 8, 0);
        overtake(64);
        Translation answer = unit.translate(DmaRequest.read(Guest.STREAM, VA));
        assertThat(answer).isEqualTo(new Translation.Fault(0x10, "F_TRANSLATION", FaultResponse.ABORT, false));
    }

    @Test
    void anUpdateThatIsOvertakenOftenHoldsInvalidationsOff() {
        Translator unit = unit(address -> 1);
        stage1Stream();
        overtake(8);
        assertThat(unit.translate(DmaRequest.read(Guest.STREAM, VA))).isInstanceOf(Translation.Ok.class);
        assertThat(ram.load64(STAGE1 + 8)).isEqualTo(0x8000_0000L | Guest.BLOCK);
        assertThat(updates).isEqualTo(1);
    }

    @Test
    void aDescriptorThatWentAwayIsNotBroughtBack() {
        Translator unit = unit(address -> {
            ram.store64(address, 0);
            return 1;
        });
        stage1Stream();
        Translation answer = unit.translate(DmaRequest.read(Guest.STREAM, VA));
        assertThat(((Translation.Fault) answer).name()).isEqualTo("F_TRANSLATION");
        assertThat(ram.load64(STAGE1 + 8)).isZero();
    }
}
