package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/** IHI 0070 §6: access sizes, guards, handshakes. */
class RegisterFileTest {

    private static final Smmuv3Capabilities ALL_REGISTERS = Smmuv3Capabilities.everything().toBuilder()
            .enable(IdField.ATS, IdField.PRI, IdField.BTM, IdField.ATSRECERR)
            .set(IdField.PRIQS, 19)
            .build();

    private final Bench bench = new Bench(ALL_REGISTERS);

    @Test
    void theWindowIsTwoPagesOf64KiB() {
        assertThat(bench.registers.size()).isEqualTo(128 * 1024);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 16, 0, -4})
    void otherWidthsReadZeroAndWriteNothing(int width) {
        assertThat(bench.registers.read(0, width)).isZero();
        bench.registers.write(0x98, width, -1);
        assertThat(bench.read(SmmuRegister.CMDQ_PROD)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0x02, 4", "0x81, 4", "0x84, 8", "0x7C, 8", "0x98, 8", "0x00, 8", "0x20000, 4", "-4, 4", "-8, 8"})
    void misalignedUnimplementedAndPairedAccessesReadZeroAndWriteNothing(String offset, int width) {
        bench.registers.write(Long.decode(offset), width, -1);
        assertThat(bench.registers.read(Long.decode(offset), width)).isZero();
        for (SmmuRegister register : SmmuRegister.values()) {
            assertThat(bench.read(register)).as(register.name()).isEqualTo(new Bench(ALL_REGISTERS).read(register));
        }
    }

    @Test
    void halvesOf64BitRegistersAreReachedAlone() {
        bench.registers.write(0x84, 4, 0x4012_3456L);
        bench.registers.write(0x80, 4, 0xFFFF_FFFFL);
        assertThat(bench.read(SmmuRegister.STRTAB_BASE)).isEqualTo(0x4012_3456_FFFF_FFC0L);
        assertThat(bench.registers.read(0x84, 4)).isEqualTo(0x4012_3456L);
        assertThat(bench.registers.read(0x80, 4)).isEqualTo(0xFFFF_FFC0L);
    }

    @Test
    void bitsAboveTheWidthAreIgnored() {
        bench.registers.write(0x88, 4, 0xFFFF_FFFF_0000_0008L);
        assertThat(bench.read(SmmuRegister.STRTAB_BASE_CFG)).isEqualTo(8);
    }

    @ParameterizedTest
    @EnumSource(SmmuRegister.class)
    void readOnlyRegistersKeepTheirValue(SmmuRegister register) {
        long before = bench.read(register);
        bench.write(register, ~before);
        if (register.access() == SmmuRegister.Access.RO) {
            assertThat(bench.read(register)).isEqualTo(before);
        } else {
            assertThat(bench.read(register)).isNotEqualTo(before);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "CR0, 0x1DF",
        "CR1, 0xFFF",
        "CR2, 0xF",
        "IRQ_CTRL, 0x7",
        "GERRORN, 0x1FD",
        "GERROR_IRQ_CFG0, 0x00FFFFFFFFFFFFFC",
        "GERROR_IRQ_CFG1, 0xFFFFFFFF",
        "GERROR_IRQ_CFG2, 0x3F",
        "STRTAB_BASE, 0x40FFFFFFFFFFFFC0",
        "STRTAB_BASE_CFG, 0x307FF",
        "CMDQ_BASE, 0x40FFFFFFFFFFFFFF",
        "CMDQ_PROD, 0xFFFFF",
        "EVENTQ_BASE, 0x40FFFFFFFFFFFFFF",
        "EVENTQ_CONS, 0x800FFFFF",
        "EVENTQ_IRQ_CFG0, 0x00FFFFFFFFFFFFFC",
        "EVENTQ_IRQ_CFG1, 0xFFFFFFFF",
        "EVENTQ_IRQ_CFG2, 0x3F",
        "PRIQ_BASE, 0x40FFFFFFFFFFFFFF",
        "PRIQ_IRQ_CFG0, 0x00FFFFFFFFFFFFFC",
        "PRIQ_IRQ_CFG1, 0xFFFFFFFF",
        "PRIQ_IRQ_CFG2, 0x8000003F",
        "PRIQ_CONS, 0x800FFFFF",
        "AGBPA, 0",
        "STATUSR, 0",
    })
    void onlyDefinedBitsAreStored(SmmuRegister register, String mask) {
        bench.write(register, -1L);
        assertThat(bench.read(register)).isEqualTo(Long.decode(mask));
    }

    @ParameterizedTest
    @CsvSource({
        "CR0, 0xD",
        "CR2, 0x2",
        "IRQ_CTRL, 0x5",
        "GERRORN, 0x105",
        "GERROR_IRQ_CFG0, 0",
        "EVENTQ_IRQ_CFG1, 0",
        "EVENTQ_IRQ_CFG2, 0",
        "PRIQ_BASE, 0",
        "PRIQ_PROD, 0",
        "PRIQ_CONS, 0",
        "PRIQ_IRQ_CFG0, 0",
        "PRIQ_IRQ_CFG1, 0",
        "PRIQ_IRQ_CFG2, 0",
    })
    void fieldsOfAbsentFeaturesAreRes0(SmmuRegister register, String mask) {
        Bench plain = new Bench(Smmuv3Capabilities.linuxVirt10());
        plain.write(register, -1L);
        assertThat(plain.read(register)).isEqualTo(Long.decode(mask));
    }

    @Test
    void linearOnlyPartsHaveNoTableFormat() {
        Bench linear = new Bench(Smmuv3Capabilities.everything().toBuilder()
                .set(IdField.SIDSIZE, 6)
                .disable(IdField.ST_LEVEL)
                .build());
        linear.write(SmmuRegister.STRTAB_BASE_CFG, -1L);
        assertThat(linear.read(SmmuRegister.STRTAB_BASE_CFG)).isEqualTo(0x7FF);
    }

    @Test
    void aGroupInterruptOnLastCanBeSelectedWithoutMsis() {
        Bench wired = new Bench(ALL_REGISTERS.toBuilder().disable(IdField.MSI).build());
        wired.write(SmmuRegister.PRIQ_IRQ_CFG2, -1L);
        assertThat(wired.read(SmmuRegister.PRIQ_IRQ_CFG2)).isEqualTo(0x8000_0000L);
    }

    /** One enable at a time, and the registers that it makes read-only. */
    @ParameterizedTest
    @EnumSource(
            value = SmmuRegister.Guard.class,
            mode = Mode.EXCLUDE,
            names = {"NONE", "PER_FIELD", "UPDATE_FLAG"})
    void anEnableMakesItsRegistersReadOnlyAndNoOthers(SmmuRegister.Guard guard) {
        enable(guard);
        for (SmmuRegister register : SmmuRegister.values()) {
            if (register.access() == SmmuRegister.Access.RW && isPlain(register)) {
                long before = bench.read(register);
                bench.write(register, ~before);
                assertThat(bench.read(register) == before).as(register.name()).isEqualTo(register.guard() == guard);
            }
        }
    }

    private void enable(SmmuRegister.Guard guard) {
        switch (guard) {
            case SMMUEN -> bench.write(SmmuRegister.CR0, 1);
            case PRIQEN -> bench.write(SmmuRegister.CR0, 2);
            case EVENTQEN -> bench.write(SmmuRegister.CR0, 4);
            case CMDQEN -> bench.write(SmmuRegister.CR0, 8);
            case GERROR_IRQEN -> bench.write(SmmuRegister.IRQ_CTRL, 1);
            case PRIQ_IRQEN -> bench.write(SmmuRegister.IRQ_CTRL, 2);
            default -> bench.write(SmmuRegister.IRQ_CTRL, 4);
        }
    }

    private static boolean isPlain(SmmuRegister register) {
        return switch (register) {
            case CR0, CR1, IRQ_CTRL, GERRORN, GBPA -> false;
            default -> true;
        };
    }

    @ParameterizedTest
    @CsvSource({"0, 0xFFF", "1, 0x03F", "2, 0xFC0", "4, 0xFC0", "8, 0xFC0", "9, 0"})
    void tableAndQueueAttributesHaveTheirOwnGuards(int enables, String writable) {
        bench.write(SmmuRegister.CR0, enables);
        bench.write(SmmuRegister.CR1, 0xFFF);
        assertThat(bench.read(SmmuRegister.CR1)).isEqualTo(Long.decode(writable));
    }

    @Test
    void enablesAreAcknowledgedWhenTheWriteReturns() {
        bench.write(SmmuRegister.CR0, 0x5);
        assertThat(bench.read(SmmuRegister.CR0ACK)).isEqualTo(0x5);
        bench.write(SmmuRegister.CR0, 0x4);
        assertThat(bench.read(SmmuRegister.CR0ACK)).isEqualTo(0x4);
        bench.write(SmmuRegister.IRQ_CTRL, 0x5);
        assertThat(bench.read(SmmuRegister.IRQ_CTRLACK)).isEqualTo(0x5);
        bench.write(SmmuRegister.IRQ_CTRL, 0);
        assertThat(bench.read(SmmuRegister.IRQ_CTRLACK)).isZero();
    }

    @Test
    void theTableBaseIsWritableAgainAfterDisable() {
        bench.write(SmmuRegister.CR0, 1);
        bench.write(SmmuRegister.STRTAB_BASE, 0x1000);
        assertThat(bench.read(SmmuRegister.STRTAB_BASE)).isZero();
        bench.write(SmmuRegister.CR0, 0);
        bench.write(SmmuRegister.STRTAB_BASE, 0x1000);
        assertThat(bench.read(SmmuRegister.STRTAB_BASE)).isEqualTo(0x1000);
    }

    @Test
    void bypassAttributesNeedTheUpdateFlag() {
        bench.write(SmmuRegister.GBPA, 0x0010_0000);
        assertThat(bench.read(SmmuRegister.GBPA)).isZero();
        bench.write(SmmuRegister.GBPA, 0x8010_0000L);
        assertThat(bench.read(SmmuRegister.GBPA)).isEqualTo(0x0010_0000);
        bench.write(SmmuRegister.GBPA, 0xFFFF_FFFFL);
        assertThat(bench.read(SmmuRegister.GBPA)).isEqualTo(0x001F_3F1F);
    }

    @Test
    void bypassAttributesHaveTheResetValueOfThePart() {
        assertThat(new Bench(Smmuv3Capabilities.linuxVirt10()).read(SmmuRegister.GBPA))
                .isEqualTo(0x1000);
    }

    @Test
    void eventAndPriIndexesAnswerInPage0Too() {
        bench.registers.write(0xA8, 4, 0x8000_0000L);
        bench.registers.write(0xAC, 4, 5);
        bench.registers.write(0xC8, 4, 0x8000_0000L);
        bench.registers.write(0xCC, 4, 7);
        assertThat(bench.registers.read(0x100A8, 4)).isEqualTo(0x8000_0000L);
        assertThat(bench.registers.read(0x100AC, 4)).isEqualTo(5);
        assertThat(bench.registers.read(0x100C8, 4)).isEqualTo(0x8000_0000L);
        assertThat(bench.registers.read(0x100CC, 4)).isEqualTo(7);
        assertThat(bench.registers.read(0xAC, 4)).isEqualTo(5);
        assertThat(bench.registers.read(0x100A0, 8)).isZero();
    }

    @Test
    void hardwareOwnedIndexesHaveNoBitsAboveTheWrapFlag() {
        bench.write(SmmuRegister.CMDQ_BASE, 4);
        bench.write(SmmuRegister.EVENTQ_BASE, 5);
        bench.write(SmmuRegister.PRIQ_BASE, 6);
        bench.write(SmmuRegister.CMDQ_CONS, -1L);
        bench.write(SmmuRegister.EVENTQ_PROD, -1L);
        bench.write(SmmuRegister.PRIQ_PROD, -1L);
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isEqualTo(0x7F00_001F);
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).isEqualTo(0x8000_003FL);
        assertThat(bench.read(SmmuRegister.PRIQ_PROD)).isEqualTo(0x8000_007FL);
    }

    @Test
    void anIndexIsCutByTheSizeThePartCanDo() {
        Bench small = new Bench(ALL_REGISTERS.toBuilder().set(IdField.CMDQS, 2).build());
        small.write(SmmuRegister.CMDQ_BASE, 31);
        small.write(SmmuRegister.CMDQ_CONS, 0xFFFFF);
        assertThat(small.read(SmmuRegister.CMDQ_CONS)).isEqualTo(7);
        assertThat(small.read(SmmuRegister.CMDQ_BASE))
                .as("read back unmodified")
                .isEqualTo(31);
    }

    @Test
    void identificationFollowsTheImplementer() {
        Bench arm = new Bench(ALL_REGISTERS.toBuilder().iidr(0x4832_143B).build());
        List<Long> bytes = new ArrayList<>();
        for (int offset = 0xFD0; offset < 0x1000; offset += 4) {
            bytes.add(arm.registers.read(offset, 4));
        }
        assertThat(bytes).containsExactly(4L, 0L, 0L, 0L, 0x83L, 0xB4L, 0x2BL, 0x10L, 0x0DL, 0xF0L, 0x05L, 0xB1L);
        assertThat(arm.read(SmmuRegister.IIDR)).isEqualTo(0x4832_143B);
    }

    @Test
    void theTranslationPathIsToldWhatHasChanged() {
        bench.published.clear();
        bench.write(SmmuRegister.STRTAB_BASE, 0x4000);
        bench.write(SmmuRegister.STRTAB_BASE_CFG, 0x10210);
        bench.write(SmmuRegister.CR2, 0xF);
        bench.write(SmmuRegister.GBPA, 0x8010_0000L);
        bench.write(SmmuRegister.CR0, 0x11);
        bench.write(SmmuRegister.CR0, 0x11);
        bench.write(SmmuRegister.CMDQ_PROD, 0);
        assertThat(bench.published).hasSize(5);
        assertThat(bench.published.get(4))
                .isEqualTo(new ControlState(true, true, true, true, true, 0x10_0000, 0x4000, 0x10210));
    }

    @Test
    void resetForgetsEverything() {
        Bench untouched = new Bench(ALL_REGISTERS);
        for (SmmuRegister register : SmmuRegister.values()) {
            bench.write(register, 0xFFFF_FFFFL);
        }
        bench.registers.reset();
        for (SmmuRegister register : SmmuRegister.values()) {
            assertThat(bench.read(register)).as(register.name()).isEqualTo(untouched.read(register));
        }
        assertThat(bench.published.get(bench.published.size() - 1)).isEqualTo(ControlState.RESET);
    }

    @Test
    void errorsAreActiveWhileTheTwoRegistersDiffer() {
        synchronized (bench.state) {
            assertThat(bench.state.activate(GlobalError.SFM_ERR)).isTrue();
            assertThat(bench.state.activate(GlobalError.SFM_ERR))
                    .as("already active")
                    .isFalse();
        }
        assertThat(bench.read(SmmuRegister.GERROR)).isEqualTo(0x100);
        bench.acknowledgeErrors();
        assertThat(bench.isActive(GlobalError.SFM_ERR)).isFalse();
        synchronized (bench.state) {
            assertThat(bench.state.activate(GlobalError.SFM_ERR)).isTrue();
        }
        assertThat(bench.read(SmmuRegister.GERROR)).as("toggles back").isZero();
        assertThat(bench.read(SmmuRegister.GERRORN)).isEqualTo(0x100);
    }
}
