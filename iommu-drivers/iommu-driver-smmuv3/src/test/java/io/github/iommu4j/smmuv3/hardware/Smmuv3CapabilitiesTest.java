package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.iommu4j.smmuv3.layout.IdField;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class Smmuv3CapabilitiesTest {

    private static final Set<IdField> ABSENT = EnumSet.of(
            IdField.ATOS,
            IdField.VATOS,
            IdField.RME_IMPL,
            IdField.REL,
            IdField.QUEUES_PRESET,
            IdField.TABLES_PRESET,
            IdField.ECMDQ,
            IdField.MPAM,
            IdField.DPT,
            IdField.PASIDTT,
            IdField.EPAN,
            IdField.S1PI,
            IdField.S2PI,
            IdField.S2PO,
            IdField.THE,
            IdField.MTEPERM,
            IdField.AIE,
            IdField.DS,
            IdField.D128,
            IdField.ARCH_MAJOR);

    private static Smmuv3Capabilities.Builder all() {
        return Smmuv3Capabilities.everything().toBuilder();
    }

    @Test
    void presetsHoldTheCapturedRegisters() {
        Smmuv3Capabilities seven = Smmuv3Capabilities.linuxVirt7();
        assertThat(new int[] {seven.idr0(), seven.idr1(), seven.idr3(), seven.idr5(), seven.aidr()})
                .containsExactly(0x0D40_101A, 0x0273_0010, 0x1404, 0x74, 1);
        Smmuv3Capabilities ten = Smmuv3Capabilities.linuxVirt10();
        assertThat(new int[] {ten.idr0(), ten.idr1(), ten.idr3(), ten.idr5(), ten.aidr(), ten.gbpaReset()})
                .containsExactly(0x0D44_101B, 0x0273_0010, 0x1414, 0x74, 1, 0x1000);
    }

    @Test
    void capturedRegistersDecode() {
        Smmuv3Capabilities ten = Smmuv3Capabilities.linuxVirt10();
        assertThat(ten.s1p() && ten.s2p() && ten.cohacc() && ten.asid16() && ten.vmid16() && ten.termModel())
                .isTrue();
        assertThat(ten.ttfAArch64()).isTrue();
        assertThat(ten.ttfAArch32()).isFalse();
        assertThat(ten.ttendian()).isEqualTo(2);
        assertThat(ten.stallModel()).isEqualTo(1);
        assertThat(ten.stLevel()).isTrue();
        assertThat(ten.sidSize()).isEqualTo(16);
        assertThat(ten.ssidSize()).isZero();
        assertThat(ten.eventqs()).isEqualTo(19);
        assertThat(ten.cmdqs()).isEqualTo(19);
        assertThat(ten.priqs()).isZero();
        assertThat(ten.had() && ten.xnx() && ten.ril()).isTrue();
        assertThat(ten.bbml()).isEqualTo(2);
        assertThat(ten.oasBits()).isEqualTo(44);
        assertThat(ten.iasBits()).isEqualTo(44);
        assertThat(ten.vaxBits()).isEqualTo(48);
        assertThat(ten.gran4k() && ten.gran16k() && ten.gran64k()).isTrue();
        assertThat(ten.archMinor()).isEqualTo(1);
        assertThat(ten.btm() || ten.hyp() || ten.ats() || ten.ns1ats() || ten.msi() || ten.sev() || ten.pri())
                .isFalse();
        assertThat(ten.vmw() || ten.cd2l() || ten.atsrecerr() || ten.attrPermsOverride() || ten.attrTypesOverride())
                .isFalse();
        assertThat(ten.pbha() || ten.pps() || ten.fwb() || ten.stt() || ten.e0pd() || ten.ptwnnc())
                .isFalse();
        assertThat(ten.httu()).isZero();
        assertThat(ten.stallMax()).isZero();
    }

    @Test
    void everythingHasLargestSizes() {
        Smmuv3Capabilities capabilities = Smmuv3Capabilities.everything();
        assertThat(capabilities.sidSize()).isEqualTo(32);
        assertThat(capabilities.ssidSize()).isEqualTo(20);
        assertThat(capabilities.oasBits()).isEqualTo(52);
        assertThat(capabilities.vaxBits()).isEqualTo(52);
    }

    @Test
    void inputSizeIsAtLeast40BitsWithShortTables() {
        assertThat(all().set(IdField.TTF, 3).set(IdField.OAS, 0).build().iasBits())
                .isEqualTo(40);
        assertThat(all().set(IdField.TTF, 1).set(IdField.OAS, 6).build().iasBits())
                .isEqualTo(40);
        assertThat(all().set(IdField.TTF, 2).set(IdField.OAS, 0).build().iasBits())
                .isEqualTo(32);
    }

    @ParameterizedTest
    @EnumSource(IdField.class)
    void everyFieldIsKeptOrRefusedByName(IdField field) {
        Smmuv3Capabilities.Builder builder = Smmuv3Capabilities.builder()
                .enable(IdField.S1P, IdField.S2P, IdField.GRAN4K, IdField.ATS, IdField.ST_LEVEL)
                .set(IdField.TTF, 2)
                .set(field, field == IdField.TTENDIAN ? 2 : 1);
        if (ABSENT.contains(field)) {
            assertThatIllegalArgumentException().isThrownBy(builder::build).withMessageContaining(field + "=1 is not");
        } else {
            assertThat(builder.build().get(field)).isEqualTo(field == IdField.TTENDIAN ? 2 : 1);
        }
    }

    @Test
    void builderKeepsWhatItStartsFrom() {
        Smmuv3Capabilities ten = Smmuv3Capabilities.linuxVirt10();
        assertThat(ten.toBuilder().build()).isEqualTo(ten);
        assertThat(ten.toBuilder().iidr(0x43B).gbpaReset(0x10_0000).build())
                .isEqualTo(new Smmuv3Capabilities(
                        ten.idr0(), ten.idr1(), ten.idr3(), ten.idr5(), ten.aidr(), 0x43B, 0x10_0000));
        assertThat(all().disable(IdField.HYP).build().hyp()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "TTF, 0, TTF=0",
        "TTENDIAN, 1, TTENDIAN=1",
        "HTTU, 3, HTTU=3",
        "BBML, 3, BBML=3",
        "OAS, 7, OAS=7",
        "VAX, 2, VAX=2",
        "VAX, 3, VAX=3",
        "ARCH_MAJOR, 1, ARCH_MAJOR=1",
        "ARCH_MINOR, 4, ARCH_MINOR=4",
        "ST_LEVEL, 0, SIDSIZE=32 of 7 or more needs ST_LEVEL",
        "ST_LEVEL, 2, ST_LEVEL=2",
        "SIDSIZE, 33, SIDSIZE=33",
        "SSIDSIZE, 21, SSIDSIZE=21",
        "CMDQS, 20, CMDQS=20",
        "EVENTQS, 20, EVENTQS=20",
        "PRIQS, 20, PRIQS=20",
        "ATS, 0, PRI=1 needs ATS",
        "STALL_MODEL, 3, STALL_MODEL=3",
        "STALL_MODEL, 1, STALL_MAX=1024 must be 0",
        "S1P, 0, HYP=1 needs both stages",
        "S2P, 0, HYP=1 needs both stages",
        "ATOS, 1, ATOS=1 is not modelled",
        "ECMDQ, 1, ECMDQ=1 is not modelled",
        "D128, 1, D128=1 is not modelled",
    })
    void contradictionsAreRefusedByName(IdField field, int value, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> all().set(field, value).build())
                .withMessageContaining(message);
    }

    @Test
    void anSmmuNeedsAStageAndAGranule() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> all().disable(IdField.S1P, IdField.S2P).build())
                .withMessageContaining("at least one stage");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> all().disable(IdField.GRAN4K, IdField.GRAN16K, IdField.GRAN64K)
                        .build())
                .withMessageContaining("at least one granule");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> all().disable(IdField.S2P, IdField.HYP).build())
                .withMessageContaining("VMW=1 needs stage 2");
    }

    @Test
    void smallStreamTablesNeedNoSecondLevel() {
        assertThat(all().set(IdField.SIDSIZE, 6)
                        .set(IdField.ST_LEVEL, 0)
                        .build()
                        .sidSize())
                .isEqualTo(6);
    }

    @Test
    void reservedBitsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Smmuv3Capabilities.fromIdRegisters(0x8D40_101A, 0x0273_0010, 0x1404, 0x74, 1))
                .withMessage("IDR0 has reserved bits 0x80000000 set");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Smmuv3Capabilities.fromIdRegisters(0x0D40_101A, 0x0273_0010, 0x1405, 0x74, 1))
                .withMessage("IDR3 has reserved bits 0x1 set");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> all().gbpaReset(0x8000_0000).build())
                .withMessageContaining("Update");
    }

    @Test
    void fieldsOfARegisterDoNotOverlap() {
        for (IdField one : IdField.values()) {
            assertThat(Arrays.stream(IdField.values())
                            .filter(other -> other != one && other.register() == one.register())
                            .filter(other -> (other.field().mask() & one.field().mask()) != 0))
                    .as(one.name())
                    .isEmpty();
        }
    }
}
