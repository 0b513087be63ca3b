package io.github.iommu4j.vtd.layout;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.testkit.layout.LayoutAssert;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RegisterLayoutTest {

    private static final long CAP = 0x00d2_008c_222f_0606L;
    private static final long ECAP = 0xf0_0f4aL;

    private static List<VtdRegister> at(VtdRegister.Base base) {
        return Arrays.stream(VtdRegister.values())
                .filter(register -> register.base() == base)
                .collect(Collectors.toList());
    }

    @ParameterizedTest
    @EnumSource(VtdRegister.Base.class)
    void registersDoNotOverlap(VtdRegister.Base base) {
        LayoutAssert.offsetsAscend(at(base), VtdRegister::offset, VtdRegister::width);
    }

    @ParameterizedTest
    @EnumSource(VtdRegister.class)
    void noBitIsBothWrittenAndCleared(VtdRegister register) {
        assertThat(register.writable() & register.clearable()).isZero();
        if (register.width() == 4) {
            assertThat((register.writable() | register.clearable() | register.reset()) >>> 32)
                    .isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GCMD, 0x18",
        "GSTS, 0x1C",
        "FSTS, 0x34",
        "FEUADDR, 0x44",
        "PMEN, 0x64",
        "IQA, 0x90",
        "ICS, 0x9C",
        "IEUADDR, 0xAC",
        "IRTA, 0xB8",
        "PQA, 0xD0",
        "PRS, 0xDC",
        "PEUADDR, 0xEC",
        "MTRR_PHYSMASK9, 0x218",
        "ECMD, 0x400",
        "ECCAP3, 0x448",
        "VCRSP, 0xE10",
        "IVA, 0xF0",
        "IOTLB, 0xF8",
        "FRCD_LOW, 0x220",
        "FRCD_HIGH, 0x228"
    })
    void registersStandWhereTheSpecificationSays(VtdRegister register, String offset) {
        assertThat(register.offset(CAP, ECAP)).isEqualTo(Integer.decode(offset));
    }

    @Test
    void registersExistWithTheirCapability() {
        assertThat(VtdRegister.VER.isPresent(0, 0)).isTrue();
        assertThat(VtdRegister.IOTLB.isPresent(0, 0)).isTrue();
        assertThat(VtdRegister.AFLOG.isPresent(8, 0)).isTrue();
        assertThat(VtdRegister.PMEN.isPresent(0x20, 0)).isTrue();
        assertThat(VtdRegister.PMEN.isPresent(0x40, 0)).isTrue();
        assertThat(VtdRegister.PLMBASE.isPresent(0x20, 0)).isTrue();
        assertThat(VtdRegister.PHMBASE.isPresent(0x40, 0)).isTrue();
        assertThat(VtdRegister.PHMBASE.isPresent(0x20, 0)).isFalse();
        assertThat(VtdRegister.IQA.isPresent(0, 2)).isTrue();
        assertThat(VtdRegister.IRTA.isPresent(0, 8)).isTrue();
        assertThat(VtdRegister.PQA.isPresent(0, 1L << 29)).isTrue();
        assertThat(VtdRegister.MTRRDEF.isPresent(0, 1L << 25)).isTrue();
        assertThat(VtdRegister.PERFCAP.isPresent(0, 1L << 51)).isTrue();
        assertThat(VtdRegister.ECMD.isPresent(1L << 61, 0)).isTrue();
        assertThat(VtdRegister.VCMD.isPresent(0, 1L << 44)).isTrue();
        assertThat(Arrays.stream(VtdRegister.values()).filter(register -> !register.isPresent(0, 0)))
                .hasSize(75);
    }

    @Test
    void eventAndErrorRegistersAreSticky() {
        assertThat(Arrays.stream(VtdRegister.values()).filter(VtdRegister::isSticky))
                .containsExactly(
                        VtdRegister.FSTS,
                        VtdRegister.ICS,
                        VtdRegister.IQERCD,
                        VtdRegister.PRS,
                        VtdRegister.FRCD_LOW,
                        VtdRegister.FRCD_HIGH);
        assertThat(VtdRegister.GCMD.isWriteOnly()).isTrue();
        assertThat(VtdRegister.IVA.isWriteOnly()).isTrue();
        assertThat(VtdRegister.GSTS.isWriteOnly()).isFalse();
        assertThat(VtdRegister.GCMD.presence()).isEqualTo(VtdRegister.Presence.ALWAYS);
    }

    @Test
    void fieldsOfRegistersDoNotOverlap() {
        for (Class<?> register : List.of(
                RegisterFields.Global.class,
                RegisterFields.Rtaddr.class,
                RegisterFields.Ccmd.class,
                RegisterFields.Iva.class,
                RegisterFields.Iotlb.class,
                RegisterFields.Fsts.class,
                RegisterFields.EventControl.class,
                RegisterFields.Pmen.class,
                RegisterFields.Iqa.class,
                RegisterFields.Ics.class,
                RegisterFields.Iqercd.class,
                RegisterFields.Irta.class,
                RegisterFields.Pqa.class,
                RegisterFields.Prs.class)) {
            LayoutAssert.fieldsFormWords(register, 1);
        }
        LayoutAssert.fieldsFormWords(FaultRecord.class, 3);
    }

    @Test
    void capturedFaultRecordsDecode() {
        FaultRecord read = new FaultRecord(0x7f_ffff_f000L, 0xc0ff_ff06_0000_0031L);
        assertThat(read.isFull()).isTrue();
        assertThat(read.requestType()).isEqualTo(2);
        assertThat(read.reason()).isEqualTo(6);
        assertThat(read.sid()).isEqualTo(0x31);
        assertThat(read.hasPasid()).isFalse();
        assertThat(read.pasid()).isEqualTo(0xFFFF);
        assertThat(read.page()).isEqualTo(0x7f_ffff_f000L);
        assertThat(read.addressType()).isZero();
        FaultRecord cleared = new FaultRecord(0, 0x4000_0071_8000_0038L);
        assertThat(cleared.isFull()).isFalse();
        assertThat(cleared.hasPasid()).isTrue();
        assertThat(cleared.reason()).isEqualTo(0x71);
        FaultRecord write = new FaultRecord(0, 0x0000_0005_8000_0021L);
        assertThat(write.requestType()).isZero();
        FaultRecord interrupt = new FaultRecord(0x8017_0000_0000_0000L, 0xA000_0021_1000_00F8L);
        assertThat(interrupt.interruptIndex()).isEqualTo(0x8017);
        assertThat(interrupt.requestType()).isEqualTo(1);
        assertThat(interrupt.addressType()).isEqualTo(2);
        assertThat(interrupt)
                .hasToString("fault 0x21 sid=0x00f8 page=0x8017000000000000 [a0000021100000f8 8017000000000000]");
    }
}
