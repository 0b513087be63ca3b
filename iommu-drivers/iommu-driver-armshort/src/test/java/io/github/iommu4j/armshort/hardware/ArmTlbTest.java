package io.github.iommu4j.armshort.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.armshort.layout.ArmV7Register;
import io.github.iommu4j.armshort.layout.FaultStatus;
import org.junit.jupiter.api.Test;

/** What the TLB of the plain unit keeps, and what each maintenance register takes out of it. */
class ArmTlbTest {

    private static final long TABLE = 0x8000_4400L;
    private static final int NG = 1 << 11;

    private final ArmBench bench = new ArmBench();

    private void page(long va, int raw) {
        bench.level1(va, (int) TABLE | 1).level2(TABLE, va, raw);
    }

    private static int pageAt(long pa, int flags) {
        return (int) pa | 0x472 | flags;
    }

    /** Caches a page of an address space, then changes the descriptor. */
    private void cache(long va, int asid, int flags) {
        bench.set(ArmV7Register.CONTEXTIDR, asid);
        page(va, pageAt(0x4000_0000, flags));
        assertThat(bench.ok(va).pa()).isEqualTo(0x4000_0000L);
        page(va, pageAt(0x5000_0000, flags));
    }

    private boolean isStale(long va, int asid) {
        bench.set(ArmV7Register.CONTEXTIDR, asid);
        return bench.ok(va).pa() == 0x4000_0000L;
    }

    @Test
    void whatIsCachedStaysUntilItIsInvalidated() {
        cache(0x1000, 1, NG);
        bench.set(ArmV7Register.SCTLR, ArmBench.LINUX | ArmBench.WXN)
                .set(ArmV7Register.TTBR0, 0)
                .set(ArmV7Register.PRRR, 0);
        assertThat(isStale(0x1000, 1)).isTrue();
        bench.set(ArmV7Register.TTBR0, (int) ArmBench.ROOT).set(ArmV7Register.TLBIALL, 0);
        assertThat(isStale(0x1000, 1)).isFalse();
    }

    @Test
    void entriesThatAreNotGlobalBelongToOneAddressSpace() {
        cache(0x1000, 1, NG);
        assertThat(isStale(0x1000, 2)).isFalse();
        assertThat(isStale(0x1000, 1)).isTrue();
        cache(0x2000, 1, 0);
        assertThat(isStale(0x2000, 2)).isTrue();
    }

    @Test
    void tlbimvaTakesOnePageOfOneAddressSpaceAndGlobalOnes() {
        cache(0x1000, 1, NG);
        bench.set(ArmV7Register.TLBIMVA, 0x1000 | 2);
        assertThat(isStale(0x1000, 1)).isTrue();
        bench.set(ArmV7Register.TLBIMVA, 0x2000 | 1);
        assertThat(isStale(0x1000, 1)).isTrue();
        bench.set(ArmV7Register.TLBIMVA, 0x1000 | 1);
        assertThat(isStale(0x1000, 1)).isFalse();
        cache(0x2000, 1, 0);
        bench.set(ArmV7Register.TLBIMVA, 0x2000 | 9);
        assertThat(isStale(0x2000, 1)).isFalse();
    }

    @Test
    void tlbimvaaTakesOnePageOfAllAddressSpaces() {
        cache(0x1000, 1, NG);
        bench.set(ArmV7Register.TLBIMVAA, 0x1000);
        assertThat(isStale(0x1000, 1)).isFalse();
    }

    @Test
    void tlbiasidLeavesGlobalEntries() {
        cache(0x1000, 1, NG);
        cache(0x2000, 1, 0);
        bench.set(ArmV7Register.TLBIASID, 2);
        assertThat(isStale(0x1000, 1)).isTrue();
        bench.set(ArmV7Register.TLBIASID, 1);
        assertThat(isStale(0x1000, 1)).isFalse();
        assertThat(isStale(0x2000, 1)).isTrue();
        bench.set(ArmV7Register.TLBIALL, 0);
        assertThat(isStale(0x2000, 1)).isFalse();
    }

    @Test
    void anyAddressOfABlockTakesAllOfIt() {
        bench.level1(0x30_0000, 0x4003_1C0E);
        assertThat(bench.ok(0x30_0000).pa()).isEqualTo(0x4000_0000L);
        bench.level1(0x30_0000, 0x5003_1C0E);
        bench.set(ArmV7Register.TLBIMVAA, 0x3F_F000);
        assertThat(bench.ok(0x30_0000).pa()).isEqualTo(0x5000_0000L);
    }

    @Test
    void faultsOfTheWalkAreNotCachedAndFaultsOfTheJudgementAre() {
        bench.faults(bench.read(0x1000), FaultStatus.TRANSLATION_L1);
        page(0x1000, 0x4000_0462);
        bench.faults(bench.read(0x1000), FaultStatus.ACCESS_FLAG_L2);
        page(0x1000, 0x4000_0672);
        bench.faults(bench.write(0x1000), FaultStatus.PERMISSION_L2);
        page(0x1000, 0x4000_0472);
        bench.faults(bench.write(0x1000), FaultStatus.PERMISSION_L2);
        bench.set(ArmV7Register.TLBIMVAA, 0x1000);
        assertThat(bench.write(0x1000)).isInstanceOf(Translation.Ok.class);
    }

    @Test
    void aFullSetMakesRoom() {
        ArmBench tiny =
                new ArmBench(ArmV7Capabilities.everything(), new TlbGeometry(1, 2, TlbGeometry.Faults.NOT_KEPT));
        for (long va = 0; va < 0x100_0000; va += 0x10_0000) {
            tiny.level1(va, 0x4003_1C0E | (int) va);
        }
        for (int round = 0; round < 3; round++) {
            for (long va = 0; va < 0x100_0000; va += 0x10_0000) {
                assertThat(tiny.ok(va).pa()).isEqualTo(0x4000_0000L | va);
            }
        }
        for (long va = 0; va < 0x100_0000; va += 0x10_0000) {
            tiny.level1(va, 0x5003_1C0E | (int) va);
        }
        long stale = 0;
        for (long va = 0xF0_0000; va >= 0; va -= 0x10_0000) {
            stale += tiny.ok(va).pa() < 0x5000_0000L ? 1 : 0;
        }
        assertThat(stale).isEqualTo(2);
    }

    @Test
    void geometriesAreChecked() {
        TlbGeometry.Faults none = TlbGeometry.Faults.NOT_KEPT;
        for (int[] wrong : new int[][] {{-1, 1}, {3, 1}, {1 << 21, 1}, {1, 0}, {1, 17}}) {
            assertThatThrownBy(() -> new TlbGeometry(wrong[0], wrong[1], none))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(String.valueOf(wrong[1] == 1 ? wrong[0] : wrong[1]));
        }
    }
}
