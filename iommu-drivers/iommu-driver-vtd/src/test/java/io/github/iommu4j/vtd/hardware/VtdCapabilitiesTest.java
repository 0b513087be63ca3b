package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class VtdCapabilitiesTest {

    /** Values read from running machines. */
    @ParameterizedTest
    @CsvSource({
        "D2008C22260206, F00F4A", "D2008C222F0606, F00F4A", "D2008C222F0606, 480080F00F4A",
        "1D2008C222F0606, 880000F00F4A", "D2008C222F0606, F42", "1D2008C222F0606, 880000000F42"
    })
    void recordedRegistersAreUnits(String cap, String ecap) {
        long capWord = Long.parseLong(cap, 16);
        VtdCapabilities has = VtdCapabilities.of(0x10, capWord, Long.parseLong(ecap, 16), 48);
        assertThat(has.cap()).isEqualTo(capWord);
        assertThat(has.domainIdBits()).isEqualTo(16);
        assertThat(has.faultRecordOffset()).isEqualTo(0x220);
        assertThat(has.faultRecords()).isEqualTo(1);
        assertThat(has.iotlbRegisterOffset()).isEqualTo(0xF0);
        assertThat(has.maximumAddressMask()).isEqualTo(18);
        assertThat(has.secondStageLargePages()).isEqualTo(3);
        assertThat(has.version()).isEqualTo(0x10);
        assertThat(has.passesThrough() && has.queuesInvalidations() && has.invalidatesPages())
                .isTrue();
        assertThat(has.drainsReads() && has.drainsWrites()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "D2008C222F0606, 8, 48, IR=1: needs QI=1",
        "D2008C222F0606, 4, 48, DT=1: needs QI=1",
        "D2008C222F0606, 80000000000, 48, SMTS=1: needs QI=1",
        "D2008C222F0606, 12, 48, EIM=1: needs IR=1",
        "8D2008C222F0606, 2, 48, PI=1: needs IR=1",
        "D2008C222F0606, 800000000002, 48, FSTS=1: needs SMTS=1",
        "D2008C222F0606, 400000000002, 48, SSTS=1: needs SMTS=1",
        "D2008C222F0606, 480004000002, 48, NEST=1: needs FSTS=1",
        "D2008C222F0606, 880004000002, 48, NEST=1: needs SSTS=1",
        "D2008C222F0606, 20000002, 48, PRS=1: needs DT=1",
        "D2008C222F0606, 20000006, 48, PRS=1: needs PASID=1",
        "D2008C222F0606, 1A000000002, 48, ECAP.PSS 20: is at most 19: a PASID has 20 bits",
        "D2008C222F0607, 2, 48, CAP.ND 7: is reserved",
        "D2008C222F0706, 2, 48, CAP.SAGAW 0x7: has reserved bits 0 and 4",
        "D2008C222F0606, 2, 11, host address width 11: is 12 to 52 bits",
        "D2008C222F0606, 2, 53, host address width 53: is 12 to 52 bits"
    })
    void whatCannotBeIsRefusedWithValueAndRule(String cap, String ecap, int width, String message) {
        assertThatThrownBy(() -> VtdCapabilities.of(0x10, Long.parseLong(cap, 16), Long.parseLong(ecap, 16), width))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void hugePageSizesOfTheSecondStageAreReserved() {
        VtdCapabilitiesBuilder builder = VtdCapabilities.legacy().toBuilder().secondStageLargePages(7);
        assertThatThrownBy(builder::build).hasMessage("CAP.SSLPS 0x7: has reserved bits 2 and 3");
        assertThatThrownBy(() -> VtdCapabilities.legacy().toBuilder().domainIdBits(5))
                .hasMessage("5 bits of a domain id: not an even number from 4 to 16");
        assertThatThrownBy(() -> VtdCapabilities.legacy().toBuilder().domainIdBits(2))
                .hasMessageStartingWith("2 bits");
        assertThatThrownBy(() -> VtdCapabilities.legacy().toBuilder().domainIdBits(18))
                .hasMessageStartingWith("18 bits");
    }

    @Test
    void fieldsAreSetOneByOne() {
        VtdCapabilities has = VtdCapabilities.legacy().toBuilder()
                .domainIdBits(8)
                .faultRecords(256)
                .maximumAddressMask(63)
                .guestAddressWidth(64)
                .secondStageWidths(8)
                .hostAddressWidth(39)
                .pasidBits(20)
                .build();
        assertThat(has.domainIdBits()).isEqualTo(8);
        assertThat(has.faultRecords()).isEqualTo(256);
        assertThat(has.maximumAddressMask()).isEqualTo(63);
        assertThat(has.guestAddressWidth()).isEqualTo(64);
        assertThat(has.secondStageWidths()).isEqualTo(8);
        assertThat(has.hostAddressWidth()).isEqualTo(39);
        assertThat(has.pasidBits()).isEqualTo(20);
        assertThat(has.maximumHandleMask()).isEqualTo(15);
    }

    /** Each feature is one bit, and one accessor says so. */
    @ParameterizedTest
    @EnumSource(VtdFeature.class)
    void aFeatureIsOneBitWithOneAccessor(VtdFeature feature) throws ReflectiveOperationException {
        VtdCapabilities base = VtdCapabilities.everything().toBuilder()
                .with(VtdFeature.values())
                .build();
        assertThat(base.has(feature)).isTrue();
        assertThat(Long.bitCount(feature.capMask()) + Long.bitCount(feature.ecapMask()))
                .isEqualTo(1);
        int changed = 0;
        VtdCapabilities bare = VtdCapabilities.of(0x10, 0, 0, 48);
        VtdCapabilities one;
        try {
            one = bare.toBuilder().with(feature).build();
        } catch (IllegalArgumentException needsOthers) {
            bare = base.toBuilder()
                    .without(VtdFeature.PRS, VtdFeature.NEST, VtdFeature.PI, VtdFeature.EIM)
                    .build();
            bare = without(bare, feature);
            one = bare.toBuilder().with(feature).build();
        }
        for (Method method : VtdCapabilities.class.getMethods()) {
            if (method.getReturnType() == boolean.class
                    && method.getParameterCount() == 0
                    && !Modifier.isStatic(method.getModifiers())
                    && !method.invoke(one).equals(method.invoke(bare))) {
                changed++;
            }
        }
        assertThat(changed).isEqualTo(1);
    }

    private static VtdCapabilities without(VtdCapabilities has, VtdFeature feature) {
        if (feature == VtdFeature.SMTS || feature == VtdFeature.FSTS || feature == VtdFeature.SSTS) {
            VtdCapabilities smaller =
                    has.toBuilder().without(VtdFeature.FSTS, VtdFeature.SSTS).build();
            return smaller.has(feature) ? smaller.toBuilder().without(feature).build() : smaller;
        }
        return has.toBuilder().without(feature).build();
    }
}
