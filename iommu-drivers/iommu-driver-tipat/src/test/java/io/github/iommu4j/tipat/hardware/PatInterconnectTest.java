package io.github.iommu4j.tipat.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.testkit.memory.WatchedMemory;
import io.github.iommu4j.tipat.layout.PatRegister;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PatInterconnectTest {

    private static final long DRAM = 0x8_8000_0000L;

    private final WatchedMemory memory = new WatchedMemory(new SparseMemory());
    private final PatInterconnect soc = PatInterconnect.j721e(memory);
    private final PhysicalMemory device = soc.memoryOf(0x2_0001);

    private Pat enable(int number, int control) {
        Pat pat = soc.pats().get(number);
        Rig.control(pat, control);
        return pat;
    }

    private static long window(int number) {
        return 0x48_0000_0000L + number * 0x4000_0000L;
    }

    @Test
    void aJ721eHasFivePatsOneBehindTheOther() {
        assertThat(soc.pats()).hasSize(5).extracting(Pat::name).containsExactly("pat0", "pat1", "pat2", "pat3", "pat4");
        assertThat(soc.pats())
                .extracting(pat -> pat.window().base())
                .containsExactly(window(0), window(1), window(2), window(3), window(4));
        MmioRegion registers = soc.registers();
        assertThat(registers.size()).isEqualTo(5 * 0x1000);
        registers.write(0x3010, 4, 0x21);
        assertThat(Rig.read(soc.pats().get(3), PatRegister.CONTROL)).isEqualTo(0x21);
        assertThat(registers.read(0x3010, 4)).isEqualTo(0x21);
        assertThat(registers.read(0x2010, 4)).isZero();
        registers.write(0x5010, 4, 0x21);
        registers.write(-0xFF0, 4, 0x21);
        assertThat(registers.read(0x5010, 4)).isZero();
        assertThat(registers.read(-1, 4)).isZero();
        assertThat(soc.step()).isFalse();
    }

    @Test
    void P05_whatIsInNoWindowReachesMemoryUnchanged() {
        device.store64(DRAM, 0x1122_3344_5566_7788L);
        assertThat(memory.load64(DRAM)).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(soc.translate(DmaRequest.read(1, DRAM))).isEqualTo(new Translation.Ok(DRAM, 38, 7, Pat.ATTRIBUTES));
        assertThat(Translations.sizeLg2(soc.translate(1, window(5), Access.READ)))
                .isEqualTo(30);
    }

    @Test
    void P07_aTargetInAnotherWindowIsTranslatedAgain() {
        Rig.map(enable(0, 1), 2, window(3) + 0x5_1000);
        Rig.map(enable(3, 0x21), 5, DRAM);
        long answer = soc.translate(1, window(0) + 0x2008, Access.WRITE);
        assertThat(Translations.pa(answer)).isEqualTo(DRAM + 0x1008);
        assertThat(Translations.sizeLg2(answer)).isEqualTo(12);
        device.store32(window(0) + 0x2008, 5);
        assertThat(memory.load32(DRAM + 0x1008)).isEqualTo(5);
        Explanation explanation = soc.explain(DmaRequest.write(1, window(0) + 0x2008));
        assertThat(explanation.fetches()).extracting(Explanation.Fetch::role).containsExactly("pat0", "pat3");
        assertThat(explanation.fetches())
                .extracting(Explanation.Fetch::address)
                .containsExactly(0x3640_0010L, 0x364C_0028L);
        assertThat(explanation.result()).isEqualTo(new Translation.Ok(DRAM + 0x1008, 12, 7, Pat.ATTRIBUTES));
        assertThat(explanation.conclusion()).isEqualTo("translated by pat3");
    }

    @Test
    void P07_aTargetInItsOwnWindowIsTranslatedAgain() {
        Pat pat = enable(0, 1);
        for (int page = 0; page < 15; page++) {
            Rig.map(pat, page, window(0) + (page + 1) * 0x1000L);
        }
        Rig.map(pat, 15, DRAM);
        assertThat(Translations.pa(soc.translate(1, window(0), Access.READ))).isEqualTo(DRAM);
        Rig.map(pat, 16, window(0));
        long tooFar = soc.translate(1, window(0) + 0x1_0000, Access.READ);
        assertThat(PatFault.of(tooFar)).isEqualTo(PatFault.HOP_LIMIT);
    }

    @Test
    void P07_aLoopOfWindowsIsRefusedAndNotLogged() {
        Rig.map(enable(0, 1), 0, window(1));
        Rig.map(enable(1, 1), 0, window(0));
        long answer = soc.translate(1, window(0), Access.READ);
        assertThat(PatFault.of(answer)).isEqualTo(PatFault.HOP_LIMIT);
        assertThat(Translations.isRecorded(answer)).isFalse();
        Explanation explanation = soc.explain(DmaRequest.read(1, window(0)));
        assertThat(explanation.fetches()).hasSize(PatInterconnect.DEFAULT_HOP_LIMIT);
        assertThat(explanation.conclusion()).isEqualTo("still in a window after 16 look-ups");
        assertThatThrownBy(() -> device.load32(window(0)))
                .isInstanceOfSatisfying(
                        BusErrorException.class,
                        error -> assertThat(error.address()).isEqualTo(window(0)));
        assertThat(memory.loads()).isZero();
    }

    @Test
    void P07_anErrorOnTheWayIsLoggedByThePatThatRefused() {
        Rig.map(enable(0, 1), 0, window(1) + 0x42_0000);
        enable(1, 1);
        Translation answer = soc.translate(DmaRequest.read(0x123, window(0) + 0x10));
        assertThat(answer).hasToString("Fault(PAGE_DISABLED, ABORT, recorded)");
        assertThat(soc.pats().get(1).registers().read(0xAC, 4)).isEqualTo(0x4042_0010L);
        assertThat(soc.pats().get(1).registers().read(0xB4, 4)).isEqualTo(0x0123_1000L);
        assertThat(soc.pats().get(0).registers().read(0xC0, 4)).isZero();
        assertThat(soc.explain(DmaRequest.read(1, window(0))).conclusion()).isEqualTo("pat1: ENABLE=0");
    }

    @Test
    void P08_aRefusedAccessIsABusErrorAndTouchesNoMemory() {
        enable(0, 1);
        assertThatThrownBy(() -> device.load64(window(0))).isInstanceOf(BusErrorException.class);
        assertThatThrownBy(() -> device.store64(window(0), 1)).isInstanceOf(BusErrorException.class);
        assertThatThrownBy(() -> device.store32(window(0), 1)).isInstanceOf(BusErrorException.class);
        assertThatThrownBy(() -> device.compareAndSet64(window(0), 0, 1)).isInstanceOf(BusErrorException.class);
        assertThatThrownBy(() -> device.load64(1L << 48)).isInstanceOf(BusErrorException.class);
        assertThat(memory.loads() + memory.stores()).isZero();
        assertThat(soc.explain(DmaRequest.read(1, 1L << 48)).result().toString())
                .contains("ADDRESS_SIZE");
    }

    @Test
    void P08_runsOfWordsCrossPages() {
        Pat pat = enable(0, 1);
        Rig.map(pat, 0, DRAM + 0x5000);
        Rig.map(pat, 1, DRAM);
        device.storeRun64(window(0) + 0xFF0, 1, 1, 4);
        long[] words = new long[4];
        device.loadRun64(window(0) + 0xFF0, words, 4);
        assertThat(words).containsExactly(1, 2, 3, 4);
        assertThat(memory.load64(DRAM + 0x5FF8)).isEqualTo(2);
        assertThat(memory.load64(DRAM)).isEqualTo(3);
    }

    @Test
    void whatMakesNoSenseIsNotBuilt() {
        Pat one = Pat.builder(new PatWindow(0x10_0000, 0x20_0000)).build();
        Pat inside = Pat.builder(new PatWindow(0x20_0000, 0x20_0000)).build();
        Pat beside = Pat.builder(new PatWindow(0x30_0000, 0x10_0000)).build();
        assertThatThrownBy(() -> new PatInterconnect(memory, List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PatInterconnect(memory, List.of(one), 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PatInterconnect(memory, List.of(one, inside)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("overlapping");
        assertThatThrownBy(() -> new PatInterconnect(memory, List.of(inside, one)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(new PatInterconnect(memory, List.of(one, beside)).pats()).hasSize(2);
    }
}
