package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.vtd.layout.VtdRegister;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RegisterFileTest {

    private static final VtdCapabilities EVERYTHING =
            VtdCapabilities.of(0x10, Units.CAP | 1L << 61, Units.ECAP | 1L << 25 | 1L << 44 | 1L << 51 | 1L << 52, 46);

    private final RegisterRig rig = RegisterRig.of(EVERYTHING);
    private final MmioRegion window = rig.vtd.registers();

    @ParameterizedTest
    @EnumSource(VtdRegister.class)
    void afterAResetARegisterHasItsResetValue(VtdRegister register) {
        long expected = switch (register) {
            case VER -> 0x10;
            case CAP -> EVERYTHING.cap();
            case ECAP -> EVERYTHING.ecap();
            case FECTL, IECTL, PECTL -> 0x8000_0000L;
            case CCMD -> 0x0800_0000_0000_0000L;
            case IOTLB -> 0x0200_0000_0000_0000L;
            default -> 0;
        };
        assertThat(rig.read(register)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "VER, 0x10",
        "GCMD, 0",
        "RTADDR, 0xFFFFFFFFFFFFFC00",
        "CCMD, 0x78000003FFFFFFFF",
        "FEDATA, 0xFFFF",
        "FEADDR, 0xFFFFFFFC",
        "FEUADDR, 0xFFFFFFFF",
        "FECTL, 0x80000000",
        "PMEN, 0x80000001",
        "PLMBASE, 0xFFF00000",
        "PLMLIMIT, 0xFFF00000",
        "PHMBASE, 0x3FFFFFF00000",
        "PHMLIMIT, 0x3FFFFFF00000",
        "IQH, 0",
        "IQT, 0x7FFF0",
        "IQA, 0xFFFFFFFFFFFFF807",
        "ICS, 0",
        "IQERCD, 0",
        "IRTA, 0xFFFFFFFFFFFFF80F",
        "PQH, 0x7FFE0",
        "PQT, 0x7FFE0",
        "PQA, 0xFFFFFFFFFFFFF007",
        "PRS, 0",
        "MTRRCAP, 0",
        "MTRRDEF, 0xCFF",
        "MTRR_FIX4K_F8000, 0xFFFFFFFFFFFFFFFF",
        "MTRR_PHYSBASE9, 0xFFFFFFFFFFFFF0FF",
        "MTRR_PHYSMASK0, 0xFFFFFFFFFFFFF800",
        "PERFCAP, 0",
        "ECMD, 0xFFFFFFFFFFFFFFFF",
        "ECRSP, 0x0",
        "ECCAP3, 0",
        "VCMD, 0xFFFFFFFFFFFFFFFF",
        "VCCAP, 0",
        "IVA, 0",
        "FRCD_LOW, 0"
    })
    void afterAWriteOfOnesARegisterHasItsWritableBits(VtdRegister register, String expected) {
        rig.write(register, -1L);
        assertThat(rig.read(register)).isEqualTo(Long.parseUnsignedLong(expected.replace("0x", ""), 16));
    }

    @Test
    void iotlbCommandsKeepWhatTheyCarry() {
        rig.write(VtdRegister.IOTLB, 0x7FFF_FFFF_FFFF_FFFFL);
        assertThat(rig.read(VtdRegister.IOTLB)).isEqualTo(0x3203_FFFF_0000_0000L);
    }

    @Test
    void anExtendedDestinationModeThatDoesNotExistReadsAsZero() {
        RegisterRig without = RegisterRig.of(Units.ecap(Units.ECAP & ~(1L << 4)));
        without.write(VtdRegister.IRTA, -1L);
        assertThat(without.read(VtdRegister.IRTA)).isEqualTo(0xFFFF_FFFF_FFFF_F00FL);
    }

    @Test
    void bothHalvesOfARegisterAreAccessible() {
        long at = rig.offset(VtdRegister.RTADDR);
        window.write(at, 4, 0x1234_5FFFL);
        window.write(at + 4, 4, 0x77);
        assertThat(rig.read(VtdRegister.RTADDR)).isEqualTo(0x77_1234_5C00L);
        assertThat(window.read(at, 4)).isEqualTo(0x1234_5C00L);
        assertThat(window.read(at + 4, 4)).isEqualTo(0x77);
    }

    @ParameterizedTest
    @CsvSource({"0x20, 1", "0x20, 2", "0x22, 4", "0x24, 8", "0x18, 8", "0x50, 4", "0x50, 8", "-4, 4", "0x1000, 4"})
    void otherAccessesReadZeroAndWriteNothing(String offset, int width) {
        window.write(Long.decode(offset), width, -1L);
        assertThat(window.read(Long.decode(offset), width)).isZero();
        assertThat(rig.read(VtdRegister.RTADDR)).isZero();
        assertThat(rig.read(VtdRegister.GSTS)).isZero();
    }

    @Test
    void registersOfAbsentCapabilitiesDoNotExist() {
        RegisterRig plain = RegisterRig.of(Units.PLAIN);
        for (VtdRegister register : VtdRegister.values()) {
            if (!register.isPresent(Units.PLAIN.cap(), Units.PLAIN.ecap())) {
                plain.write(register, -1L);
                assertThat(plain.read(register)).as(register.name()).isZero();
            }
        }
        assertThat(plain.vtd.registers().size()).isEqualTo(0x1000);
    }

    @Test
    void theWindowReachesTheLastRecordAndTheIotlbRegisters() {
        long manyRecords = 0x3FFL << 24 | 0xFFL << 40;
        assertThat(RegisterRig.of(Units.cap(Units.CAP | manyRecords))
                        .vtd
                        .registers()
                        .size())
                .isEqualTo(0x5000);
        assertThat(RegisterRig.of(Units.ecap(Units.ECAP | 0x3FFL << 8))
                        .vtd
                        .registers()
                        .size())
                .isEqualTo(0x4000);
    }

    @Test
    void registersThatStandOnOthersAreRefused() {
        VtdCapabilities low = Units.cap(Units.CAP & ~(0x3FFL << 24) | 4L << 24);
        assertThatThrownBy(() -> RegisterRig.of(low))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("FRCD_LOW at 0x40 stands on FEADDR");
        assertThatThrownBy(() -> RegisterRig.of(Units.cap(Units.CAP | 8)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("AFL");
    }

    @Test
    void enhancedAndVirtualCommandsDoNotExist() {
        rig.write(VtdRegister.ECMD, 0xF0);
        rig.write(VtdRegister.VCMD, 1);
        assertThat(rig.read(VtdRegister.ECRSP)).isEqualTo(2);
        assertThat(rig.read(VtdRegister.VCRSP)).isEqualTo(2);
        assertThat(rig.read(VtdRegister.ECCAP0)).isZero();
    }

    @Test
    void theUpperHalfOfACommandDoesNotStartIt() {
        window.write(rig.offset(VtdRegister.ECMD) + 4, 4, 7);
        assertThat(rig.read(VtdRegister.ECRSP)).isZero();
        assertThat(rig.read(VtdRegister.ECMD)).isEqualTo(7L << 32);
    }

    @Test
    void aWarmResetKeepsStickyRegistersOnly() {
        rig.report(5, 0x10);
        rig.write(VtdRegister.RTADDR, 0x5000);
        rig.write(VtdRegister.FECTL, 0);
        rig.write(VtdRegister.IQT, 0x40);
        rig.command(RegisterRig.QIE | RegisterRig.SRTP | RegisterRig.SIRTP);
        rig.command(RegisterRig.TE | RegisterRig.IRE);
        long status = rig.status();
        rig.vtd.reset();
        assertThat(rig.status()).isEqualTo(status).isNotZero();
        assertThat(rig.fault(0).sid()).isEqualTo(0x10);
        assertThat(rig.queueError()).isEqualTo(3);
        assertThat(rig.read(VtdRegister.GSTS)).isZero();
        assertThat(rig.read(VtdRegister.RTADDR)).isZero();
        assertThat(rig.read(VtdRegister.FECTL)).isEqualTo(0x8000_0000L);
        assertThat(rig.read(VtdRegister.IQT)).isZero();
        assertThat(rig.translation.state())
                .isEqualTo(new ControlState(false, io.github.iommu4j.vtd.layout.TableMode.RESERVED, 0));
        assertThat(rig.translation.taken()).contains("everything");
    }
}
