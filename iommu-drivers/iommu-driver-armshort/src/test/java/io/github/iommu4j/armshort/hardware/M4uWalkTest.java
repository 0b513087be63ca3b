package io.github.iommu4j.armshort.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.armshort.layout.MasterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** MediaTek's reading of short descriptors: bits 9, 4 and 5 are address bits 32, 33 and 34. */
class M4uWalkTest {

    /** Raw, physical address, log2 of the size: all of them leaves that Linux writes. */
    @ParameterizedTest
    @CsvSource({
        "2, 0x40001C42, 0x040001000, 12", "2, 0x40001E42, 0x140001000, 12", "2, 0x05000E72, 0x705000000, 12",
        "2, 0x05001E11, 0x305000000, 16", "1, 0x05031032, 0x605000000, 20", "1, 0xC03B1202, 0x1C0300000, 20",
        "1, 0x05071222, 0x505000000, 24", "1, 0x440F1202, 0x144000000, 24"
    })
    void theExamplesDecode(int level, String raw, String pa, int sizeLg2) {
        M4uBench bench = new M4uBench(M4uCapabilities.mt8183());
        int word = Long.decode(raw).intValue();
        if (level == 1) {
            bench.level1(0x1000_0000, word);
        } else {
            bench.level2(0x1000_0000, word);
        }
        assertThat(bench.read(0x1000_0123L)).isInstanceOfSatisfying(Translation.Ok.class, ok -> {
            assertThat(ok.pa()).isEqualTo(Long.decode(pa) | 0x123);
            assertThat(ok.sizeLg2()).isEqualTo(sizeLg2);
            assertThat(ok.permissions()).isEqualTo(7);
        });
    }

    @Test
    void aPartOf33BitsTakesOnlyBit9() {
        M4uBench bench = new M4uBench().level2(0, 0x0500_0E72).level1(0x10_0000, 0x0507_1232);
        assertThat(bench.pa(0)).isEqualTo(0x1_0500_0000L);
        assertThat(bench.pa(0x10_0000)).isEqualTo(0x1_0510_0000L);
    }

    @Test
    void supersectionsHaveNoOtherHighBits() {
        M4uBench bench = new M4uBench(M4uCapabilities.mt8183()).level1(0, 0x44FF_11C2);
        assertThat(bench.pa(0)).isEqualTo(0x4400_0000L);
    }

    @Test
    void tablesMayLieAbove4GiBWhereThePartHasTheBits() {
        long root = 0x1_8000_0000L;
        long table = 0x1_8000_4000L;
        for (M4uFeature[] features : new M4uFeature[][] {{M4uFeature.TABLES_ABOVE_4G}, {}}) {
            M4uBench bench = new M4uBench(M4uCapabilities.mt8183().withFeatures(features));
            bench.set(M4uRegister.PT_BASE_ADDR, 0x8000_0001);
            long high = features.length == 0 ? 0 : 1L << 32;
            bench.memory.store32((root & 0xFFFF_FFFFL | high) + 4, 0x8000_4201);
            bench.memory.store32((table & 0xFFFF_FFFFL | high) + 8, 0x4000_1C42);
            assertThat(bench.pa(0x10_2345L)).isEqualTo(0x4000_1345L);
        }
    }

    @Test
    void thirtyFourBitAddressesIndexATableOf64KiB() {
        M4uBench bench = new M4uBench(M4uCapabilities.mt8183().withAddresses(34, 35));
        bench.set(M4uRegister.PT_BASE_ADDR, 0x8000_C000);
        bench.memory.store32(0x8000_0000L + (0x3_1234_5678L >>> 20 << 2), 0x4033_1002);
        assertThat(bench.read(0x3_1234_5678L))
                .isInstanceOfSatisfying(
                        Translation.Ok.class, ok -> assertThat(ok.pa()).isEqualTo(0x4034_5678L));
        assertThat(bench.read(0x4_0000_0000L)).hasToString("Fault(ABORT, ABORT, not recorded)");
        assertThat(bench.m4u.explain(DmaRequest.read(M4uBench.MASTER, 1L << 40)).conclusion())
                .contains("never arrives");
    }

    @Test
    void thereAreNoPermissionsNoDomainsAndNoAccessFlag() {
        M4uBench bench = new M4uBench();
        for (int rights : new int[] {0, 0x8000, 0xC00, 0x8C10, 0x1E0}) {
            bench.level1(0, 0x4000_0002 | rights).flushAll();
            for (Access access : Access.values()) {
                DmaRequest request = DmaRequest.of(M4uBench.MASTER, 0x123, access);
                assertThat(bench.m4u.translate(request).kind()).isEqualTo(Translation.Kind.OK);
                assertThat(bench.m4u.translate(request.privileged()).kind()).isEqualTo(Translation.Kind.OK);
            }
        }
    }

    @Test
    void aDescriptorThatEndsIn11IsATranslationFault() {
        M4uBench bench = new M4uBench().level1(0, 0x4000_0003);
        assertThat(bench.read(0)).hasToString("Fault(TRANSLATION_FAULT, RAZ_WI, recorded)");
    }

    @Test
    void aTableBaseOfZeroIsATableAtZero() {
        M4uBench bench = new M4uBench().set(M4uRegister.PT_BASE_ADDR, 0);
        bench.memory.store32(4, 0x4000_0002);
        assertThat(bench.pa(0x10_0040)).isEqualTo(0x4000_0040L);
    }

    /** CPU address, descriptor. */
    @ParameterizedTest
    @CsvSource({
        "0x080001000, 0x80001E42",
        "0x120000000, 0x20000E42",
        "0x0FFFFF000, 0xFFFFFE42",
        "0x40000000, 0x40000E42"
    })
    void inFourGigabyteModeTheBusPutsMemoryBackWhereOthersSeeIt(String pa, String raw) {
        M4uBench bench = new M4uBench(builder -> builder.infracfg(new Infracfg(Infracfg.MemoryMode.FOUR_GIGABYTES)));
        bench.level2(0, Long.decode(raw).intValue());
        assertThat(bench.pa(0x88)).isEqualTo(Long.decode(pa) | 0x88);
        assertThat(bench.m4u.explain(DmaRequest.read(M4uBench.MASTER, 0)).toText())
                .contains("small page at 0x1");
    }

    @Test
    void fourGigabyteModeNeeds33Bits() {
        assertThatThrownBy(() -> new M4uBench(
                        builder -> builder.capabilities(M4uCapabilities.mt8173().withAddresses(32, 32))
                                .infracfg(new Infracfg(Infracfg.MemoryMode.FOUR_GIGABYTES))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aResultOutsideTheValidRangeIsAnInvalidPaFault() {
        M4uBench bench = new M4uBench(M4uCapabilities.mt2712())
                .level2(0x5000, 0x8000_1E42)
                .level2(0, 0x8000_1C42);
        assertThat(bench.isMapped(0)).isTrue();
        bench.flushAll().set(M4uRegister.VLD_PA_RNG, 0x704);
        assertThat(bench.pa(0x5000)).isEqualTo(0x1_8000_1000L);
        assertThat(bench.write(0x123)).hasToString("Fault(INVALID_PA_FAULT, RAZ_WI, recorded)");
        assertThat(bench.get(M4uRegister.FAULT_ST1)).isEqualTo(4);
        assertThat(bench.get(M4uRegister.MMU0_INVLD_PA)).isEqualTo(0x8000_1123);
        assertThat(bench.m4u.explain(DmaRequest.write(M4uBench.MASTER, 0)).conclusion())
                .contains("out of range");
        M4uBench other = new M4uBench().level2(0, 0x8000_1C42).set(M4uRegister.VLD_PA_RNG, 0x704);
        assertThat(other.isMapped(0)).isTrue();
    }

    @Test
    void aPortThatIsNotEnabledGoesPast() {
        M4uBench bench = new M4uBench();
        bench.m4u.larb(0).reset();
        assertThat(bench.read(0x1234_5678L)).hasToString("Ok(pa=0x12345678, size=2^63, rwx, type=0xff NON_SHAREABLE)");
        assertThat(bench.read(0x2_0000_0000L)).hasToString("Fault(ABORT, ABORT, not recorded)");
        assertThat(bench.m4u.explain(DmaRequest.read(M4uBench.MASTER, 0)).conclusion())
                .isEqualTo("larb 0 port 5 goes past the M4U");
        assertThat(bench.m4u.explain(DmaRequest.read(M4uBench.MASTER, -1)).conclusion())
                .contains("nothing has");
        bench.m4u.larb(0).registers().write(0xF00, 4, 1 << 4);
        assertThat(bench.read(0)).isInstanceOf(Translation.Ok.class);
        bench.m4u.larb(0).registers().write(0xF00, 4, 1 << 5);
        assertThat(bench.read(0)).isInstanceOf(Translation.Fault.class);
    }

    @Test
    void portsThatDoNotExistAbort() {
        M4uBench bench = new M4uBench();
        for (int stream : new int[] {new MasterId(0, 8).id(), new MasterId(6, 0).id(), 1 << 10, -1}) {
            DmaRequest request = DmaRequest.read(stream, 0);
            assertThat(bench.m4u.translate(request)).hasToString("Fault(ABORT, ABORT, not recorded)");
            assertThat(bench.m4u.explain(request).conclusion()).isEqualTo("there is no such port");
        }
        assertThatThrownBy(() -> bench.m4u.larb(6)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> bench.m4u.larb(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aBankSelectsBits33And32() {
        M4uBench bench = new M4uBench(M4uCapabilities.mt8183().withAddresses(34, 35));
        bench.memory.store32(M4uBench.ROOT + (0x2_0000_0000L >>> 20 << 2), 0x4000_0002);
        bench.m4u.larb(0).registers().write(0x380 + 4 * 5, 4, 0xAA01);
        assertThat(bench.pa(0x40)).isEqualTo(0x4000_0040L);
        assertThat(bench.pa(0x2_0000_0040L)).isEqualTo(0x4000_0040L);
        assertThat(bench.m4u.explain(DmaRequest.read(M4uBench.MASTER, 0x40)).result())
                .isEqualTo(bench.read(0x40));
    }
}
