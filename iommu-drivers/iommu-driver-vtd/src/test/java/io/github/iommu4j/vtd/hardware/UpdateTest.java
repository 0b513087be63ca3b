package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.vtd.layout.TableMode;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A, D and EA bits (Intel VT-d §3.6.2, §3.7.2): set by compare-and-set, when a walk is snooped. */
class UpdateTest {

    private static final long IOVA = 0x3000;

    private final TranslatorRig rig = TranslatorRig.everything().scalable();

    /** Memory whose words can be read and not written, or that somebody else always writes first. */
    private record Stubborn(PhysicalMemory memory, boolean refuses) implements PhysicalMemory {
        @Override
        public int load32(long address) {
            return memory.load32(address);
        }

        @Override
        public void store32(long address, int value) {
            throw new BusErrorException(address);
        }

        @Override
        public long load64(long address) {
            return memory.load64(address);
        }

        @Override
        public void store64(long address, long value) {
            throw new BusErrorException(address);
        }

        @Override
        public boolean compareAndSet64(long address, long expected, long replacement) {
            if (refuses) {
                throw new BusErrorException(address);
            }
            return false;
        }
    }

    private int codeOver(PhysicalMemory memory) {
        FaultSink sink = (reason, sid, pasid, info, attributes) -> true;
        Unit unit = new Unit(rig.capabilities, new Deviations(Set.of()));
        Translator translator = new Translator(memory, unit, sink, CacheGeometry.DEFAULT);
        translator.control(new ControlState(true, TableMode.SCALABLE, TranslatorRig.ROOT));
        return TranslatorRig.code(translator.translate(DmaRequest.read(TranslatorRig.SID, IOVA)));
    }

    @Test
    void firstStageEntriesAreMarkedAsUsed() {
        long top = rig.firstStage(0, 0);
        long leaf = rig.map(top, IOVA, 1, 0x20_0007);
        rig.memory.store64(top, rig.memory.load64(top) & ~0x20);
        rig.read(IOVA);
        assertThat(rig.memory.load64(leaf)).isEqualTo(0x20_0027);
        assertThat(rig.memory.load64(top) & 0x60).isEqualTo(0x20);
        rig.write(IOVA);
        assertThat(rig.memory.load64(leaf))
                .as("a cached read does not save the D bit")
                .isEqualTo(0x20_0067);
    }

    @Test
    void eafeMarksTheExtendedBit() {
        long leaf = rig.map(rig.firstStage(0, 0x80), IOVA, 1, 0x20_0067);
        rig.read(IOVA);
        assertThat(rig.memory.load64(leaf)).isEqualTo(0x20_0467);
    }

    @Test
    void secondStageEntriesAreMarkedWithSsade() {
        long leaf = rig.map(rig.secondStage(0, 0), IOVA, 1, 0x20_0003);
        rig.write(IOVA);
        assertThat(rig.memory.load64(leaf)).isEqualTo(0x20_0003);
        rig.unit.caches().everything();
        leaf = rig.map(rig.secondStage(0, 0x200), IOVA, 1, 0x20_0003);
        rig.read(IOVA);
        assertThat(rig.memory.load64(leaf)).isEqualTo(0x20_0103);
        rig.write(IOVA);
        assertThat(rig.memory.load64(leaf)).isEqualTo(0x20_0303);
    }

    @Test
    void withoutSnoopingNoBitIsSetAndTheRequestIsBlocked() {
        long top = rig.firstStage(0, 0);
        rig.pasid(0, 0x41, 1, top);
        long leaf = rig.map(top, IOVA, 1, 0x20_0027);
        assertThat(TranslatorRig.code(rig.read(IOVA))).isEqualTo(-1);
        assertThat(TranslatorRig.code(rig.write(IOVA))).isEqualTo(0x90);
        assertThat(rig.memory.load64(leaf)).isEqualTo(0x20_0027);
        rig.unit.caches().everything();
        top = rig.secondStage(0, 0x200);
        rig.pasid(0, top | 0x289, 1, 0);
        rig.map(top, IOVA, 1, 0x20_0003);
        assertThat(TranslatorRig.code(rig.read(IOVA))).isEqualTo(0x7C);
    }

    @Test
    void anUpdateThatIsNotAnsweredHasItsOwnCode() {
        rig.map(rig.firstStage(0, 0), IOVA, 1, 0x20_0007);
        assertThat(codeOver(new Stubborn(rig.memory, true))).isEqualTo(0x91);
        rig.map(rig.secondStage(0, 0x200), IOVA, 1, 0x20_0003);
        assertThat(codeOver(new Stubborn(rig.memory, true))).isEqualTo(0x7D);
    }

    @Test
    void anEntryThatChangesForeverEndsTheWalk() {
        rig.map(rig.firstStage(0, 0), IOVA, 1, 0x20_0007);
        assertThat(codeOver(new Stubborn(rig.memory, false))).isEqualTo(0x91);
        rig.map(rig.secondStage(0, 0x200), IOVA, 1, 0x20_0003);
        assertThat(codeOver(new Stubborn(rig.memory, false))).isEqualTo(0x7D);
    }

    @Test
    void anExecutionMarksNoMoreThanARead() {
        long leaf = rig.map(rig.firstStage(0, 2), IOVA, 1, 0x20_0007);
        assertThat(TranslatorRig.code(rig.tagged(0, IOVA, Access.EXECUTE))).isEqualTo(-1);
        assertThat(rig.memory.load64(leaf)).isEqualTo(0x20_0027);
    }
}
