package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.vtd.layout.VtdRegister;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegisterInvalidationTest {

    private static final long ICC = 1L << 63;
    private static final long PAGES = ICC | 3L << 60 | 7L << 32;

    private final RegisterRig rig = RegisterRig.of(Units.FULL);

    @ParameterizedTest
    @CsvSource({
        "0xA000000000000000, 0x2800000000000000, context global",
        "0xC000000000000007, 0x5000000000000007, context domain 7",
        "0xE000000312340007, 0x7800000312340007, context device 7 1234 3"
    })
    void contextCommandsAnswerWithWhatTheyDid(String command, String answer, String call) {
        rig.write(VtdRegister.CCMD, Long.parseUnsignedLong(command.substring(2), 16));
        assertThat(rig.read(VtdRegister.CCMD)).isEqualTo(Long.decode(answer));
        assertThat(rig.translation.taken()).containsExactly(call);
    }

    @ParameterizedTest
    @CsvSource({
        "0x9000000000000000, 0x1200000000000000, iotlb global",
        "0xA003000700000000, 0x2403000700000000, iotlb domain 7",
        "0xB000000700000000, 0x3600000700000000, iotlb pages 7 123000 18 leaves"
    })
    void iotlbCommandsAnswerWithWhatTheyDid(String command, String answer, String call) {
        rig.write(VtdRegister.IVA, 0x12_3052);
        rig.write(VtdRegister.IOTLB, Long.parseUnsignedLong(command.substring(2), 16));
        assertThat(rig.read(VtdRegister.IOTLB)).isEqualTo(Long.decode(answer));
        assertThat(rig.translation.taken()).containsExactly(call);
    }

    @Test
    void aCommandActsWithTheDwordThatHoldsItsLastBit() {
        MmioRegion window = rig.vtd.registers();
        long at = rig.offset(VtdRegister.CCMD);
        window.write(at + 4, 4, 0x2000_0000L);
        window.write(at, 4, 0x8000_0009L);
        assertThat(rig.translation.taken()).isEmpty();
        window.write(at + 4, 4, 0xC000_0000L);
        assertThat(rig.translation.taken()).containsExactly("context domain 9");
        assertThat(rig.read(VtdRegister.CCMD)).isEqualTo(0x5000_0000_8000_0009L);
        long iotlb = rig.offset(VtdRegister.IOTLB);
        window.write(iotlb, 4, -1L);
        assertThat(rig.translation.taken()).isEmpty();
        window.write(iotlb + 4, 4, 0x9000_0000L);
        assertThat(rig.translation.taken()).containsExactly("iotlb global");
    }

    @Test
    void reservedGranularitiesAreRefused() {
        rig.write(VtdRegister.CCMD, ICC);
        rig.write(VtdRegister.IOTLB, ICC);
        assertThat(rig.read(VtdRegister.CCMD)).isZero();
        assertThat(rig.read(VtdRegister.IOTLB)).isZero();
        assertThat(rig.translation.taken()).isEmpty();
    }

    @Test
    void moreThanMamvIsRefused() {
        rig.write(VtdRegister.IVA, 19);
        rig.write(VtdRegister.IOTLB, PAGES);
        assertThat(rig.read(VtdRegister.IOTLB)).isEqualTo(3L << 60 | 7L << 32);
        assertThat(rig.translation.taken()).isEmpty();
    }

    @Test
    void withoutPageSelectionTheDomainGoes() {
        RegisterRig other = RegisterRig.of(Units.cap(Units.CAP & ~(1L << 39)));
        other.write(VtdRegister.IVA, 63);
        other.write(VtdRegister.IOTLB, PAGES);
        assertThat(other.read(VtdRegister.IOTLB)).isEqualTo(3L << 60 | 2L << 57 | 7L << 32);
        assertThat(other.translation.taken()).containsExactly("iotlb domain 7");
    }

    @Test
    void besideTheQueueCommandsAreRefused() {
        rig.startQueue();
        rig.write(VtdRegister.CCMD, ICC | 1L << 61);
        rig.write(VtdRegister.IOTLB, ICC | 1L << 60);
        assertThat(rig.read(VtdRegister.CCMD)).isEqualTo(1L << 61);
        assertThat(rig.read(VtdRegister.IOTLB)).isEqualTo(1L << 60);
        assertThat(rig.translation.taken()).isEmpty();
    }

    @Test
    void besideTheQueueCommandsHangAsADeviation() {
        RegisterRig other = RegisterRig.of(Units.FULL, VtdDeviation.COMMAND_REGISTERS_HANG_BESIDE_QUEUE);
        other.write(VtdRegister.CCMD, ICC | 1L << 61);
        assertThat(other.read(VtdRegister.CCMD)).isEqualTo(0x2800_0000_0000_0000L);
        other.translation.taken();
        other.startQueue();
        other.write(VtdRegister.CCMD, ICC | 1L << 61);
        other.write(VtdRegister.IOTLB, ICC | 1L << 60);
        assertThat(other.read(VtdRegister.CCMD)).isEqualTo(0xA800_0000_0000_0000L);
        assertThat(other.read(VtdRegister.IOTLB)).isEqualTo(0x9200_0000_0000_0000L);
        assertThat(other.translation.taken()).isEmpty();
    }

    @Test
    void aDomainCommandIsGlobalAsADeviation() {
        RegisterRig other = RegisterRig.of(Units.FULL, VtdDeviation.CONTEXT_DOMAIN_COMMAND_IS_GLOBAL);
        other.write(VtdRegister.CCMD, ICC | 2L << 61 | 7);
        assertThat(other.read(VtdRegister.CCMD)).isEqualTo(2L << 61 | 1L << 59 | 7);
        other.write(VtdRegister.CCMD, ICC | 3L << 61 | 7);
        assertThat(other.translation.taken()).containsExactly("context global", "context device 7 0 0");
    }

    @Test
    void fromVersionSixOnCommandsAreRefused() {
        RegisterRig six = RegisterRig.of(VtdCapabilities.of(0x60, Units.CAP, Units.ECAP, 46));
        six.write(VtdRegister.CCMD, ICC | 1L << 61);
        six.write(VtdRegister.IOTLB, ICC | 1L << 60);
        assertThat(six.translation.taken()).isEmpty();
        assertThat(six.read(VtdRegister.IOTLB)).isEqualTo(1L << 60);
    }

    @Test
    void contextCommandsAreForLegacyModeUnlessAUnitDeviates() {
        rig.write(VtdRegister.RTADDR, 0x5400);
        rig.command(RegisterRig.SRTP);
        rig.write(VtdRegister.CCMD, ICC | 1L << 61);
        assertThat(rig.read(VtdRegister.CCMD)).isEqualTo(1L << 61);
        rig.write(VtdRegister.IOTLB, ICC | 1L << 60);
        assertThat(rig.translation.taken()).containsExactly("iotlb global");
        RegisterRig other = RegisterRig.of(Units.FULL, VtdDeviation.CONTEXT_COMMAND_IN_ANY_MODE);
        other.write(VtdRegister.RTADDR, 0x5400);
        other.command(RegisterRig.SRTP);
        other.write(VtdRegister.CCMD, ICC | 1L << 61);
        assertThat(other.read(VtdRegister.CCMD)).isEqualTo(0x2800_0000_0000_0000L);
    }
}
