package io.github.iommu4j.armshort.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.armshort.layout.LarbControl;
import io.github.iommu4j.armshort.layout.M4uLayout;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What parts have, and what no part can have. */
class CapabilitiesTest {

    @Test
    void partsAreAsTheKernelsTablesSay() {
        M4uCapabilities mt8173 = M4uCapabilities.mt8173();
        assertThat(mt8173.larbs()).extracting(LarbWiring::ports).containsExactly(8, 10, 21, 15, 6, 9);
        assertThat(mt8173.outputBits()).isEqualTo(33);
        assertThat(M4uCapabilities.mt6795().larbs()).hasSize(5);
        assertThat(M4uCapabilities.mt6795().layout()).isEqualTo(M4uLayout.MT8173);
        assertThat(M4uCapabilities.mt8167().larbs()).hasSize(3);
        assertThat(M4uCapabilities.mt8167().layout().larbControl()).isEqualTo(LarbControl.WORD_AT_FC0);
        assertThat(M4uCapabilities.mt8167().outputBits()).isEqualTo(35);
        assertThat(M4uCapabilities.mt2712().features()).containsExactly(M4uFeature.CHECKS_PA_RANGE);
        assertThat(M4uCapabilities.mt8183().larbs())
                .extracting(LarbWiring::larb)
                .containsExactly(0, 4, 5, 6, 7, 2, 3, 1);
    }

    @Test
    void impossiblePartsAreRefused() {
        M4uCapabilities part = M4uCapabilities.mt8173();
        assertThatThrownBy(() -> part.withAddresses(33, 33)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> part.withAddresses(32, 31)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> part.withAddresses(34, 36)).isInstanceOf(IllegalArgumentException.class);
        LarbWiring larb = LarbWiring.direct(1, 1, 1);
        for (List<LarbWiring> wrong : List.of(
                List.of(larb, LarbWiring.direct(1, 1, 2)),
                List.of(larb, LarbWiring.direct(2, 1, 1)),
                List.of(LarbWiring.direct(1, 1, 8)),
                List.of(new LarbWiring(1, 1, 1, 1)))) {
            assertThatThrownBy(() -> part.withLarbs(wrong)).isInstanceOf(IllegalArgumentException.class);
        }
        int[][] wrong = {{32, 1, 0, 0}, {-1, 1, 0, 0}, {0, 0, 0, 0}, {0, 33, 0, 0}, {0, 1, -1, 0}, {0, 1, 0, -1}};
        for (int[] wiring : wrong) {
            assertThatThrownBy(() -> new LarbWiring(wiring[0], wiring[1], wiring[2], wiring[3]))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void wideAddressesNeedSupersectionsAndSecureFetchesASecureUnit() {
        assertThatThrownBy(() -> new ArmV7Capabilities(40, Set.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ArmV7Capabilities.everything().withOutputBits(33))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ArmV7Capabilities.everything().with(ArmV7Feature.SECURE_INSTRUCTION_FETCH))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(ArmV7Capabilities.everything()
                        .without(ArmV7Feature.SUPERSECTIONS)
                        .outputBits())
                .isEqualTo(32);
        assertThat(ArmV7Capabilities.everything().without(ArmV7Feature.PXN).outputBits())
                .isEqualTo(40);
    }

    @Test
    void aLarbHasAWordOrAWordForEachPort() {
        M4u mt8167 = new M4uBench(M4uCapabilities.mt8167()).m4u;
        SmiLarb one = mt8167.larb(2);
        assertThat(one.id()).isEqualTo(2);
        assertThat(one.registers().read(0xFC0, 4)).isEqualTo(0xFFFF_FFFFL);
        assertThat(one.registers().size()).isEqualTo(0x1000);
        one.registers().write(0xFC4, 4, 1);
        one.registers().write(0xFBC, 4, 1);
        assertThat(one.registers().read(0xFC4, 4)).isZero();
        assertThat(one.registers().read(0xFBC, 4)).isZero();
        SmiLarb each = new M4uBench(M4uCapabilities.mt8183()).m4u.larb(2);
        each.registers().write(0x380, 4, -1);
        assertThat(each.registers().read(0x380, 4)).isEqualTo(0xFF01);
        each.registers().write(0x384, 4, 0);
        assertThat(each.isTranslated(0)).isTrue();
        assertThat(each.isTranslated(1)).isFalse();
        SmiLarb mt8173 = new M4uBench().m4u.larb(0);
        assertThat(mt8173.registers().read(0xF00, 4)).isEqualTo(0xFF);
    }

    @Test
    void infracfgShowsTheMode() {
        Infracfg block = new Infracfg(Infracfg.MemoryMode.FOUR_GIGABYTES);
        assertThat(block.registers().read(0xF00, 4)).isEqualTo(1 << 13);
        block.registers().write(0xF00, 4, 0);
        assertThat(block.registers().read(0xF00, 4)).isEqualTo(1 << 13);
        assertThat(block.registers().read(0xF04, 4)).isZero();
        assertThat(new Infracfg(Infracfg.MemoryMode.ORDINARY).registers().read(0xF00, 4))
                .isZero();
    }
}
