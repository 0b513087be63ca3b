package io.github.iommu4j.tipat.hardware;

import static io.github.iommu4j.tipat.layout.PatRegister.CONFIG;
import static io.github.iommu4j.tipat.layout.PatRegister.CONTROL;
import static io.github.iommu4j.tipat.layout.PatRegister.DESTINATION_ID;
import static io.github.iommu4j.tipat.layout.PatRegister.EOI_REG;
import static io.github.iommu4j.tipat.layout.PatRegister.EXCEPTION_ENABLE_CLEAR;
import static io.github.iommu4j.tipat.layout.PatRegister.EXCEPTION_ENABLE_SET;
import static io.github.iommu4j.tipat.layout.PatRegister.EXCEPTION_LOGGING_CONTROL;
import static io.github.iommu4j.tipat.layout.PatRegister.EXCEPTION_LOGGING_DATA0;
import static io.github.iommu4j.tipat.layout.PatRegister.EXCEPTION_LOGGING_DATA1;
import static io.github.iommu4j.tipat.layout.PatRegister.EXCEPTION_LOGGING_DATA2;
import static io.github.iommu4j.tipat.layout.PatRegister.EXCEPTION_LOGGING_DATA3;
import static io.github.iommu4j.tipat.layout.PatRegister.EXCEPTION_LOGGING_HEADER0;
import static io.github.iommu4j.tipat.layout.PatRegister.EXCEPTION_LOGGING_HEADER1;
import static io.github.iommu4j.tipat.layout.PatRegister.EXCEPTION_PEND_CLEAR;
import static io.github.iommu4j.tipat.layout.PatRegister.EXCEPTION_PEND_SET;
import static io.github.iommu4j.tipat.layout.PatRegister.PID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.tipat.layout.PatRegister;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class PatRegistersTest {

    private final AtomicInteger pulses = new AtomicInteger();
    private final Pat pat = Pat.builder(Rig.WINDOW)
            .pages(1024)
            .sourceId(0xBEEF)
            .interrupt(pulses::incrementAndGet)
            .build();

    private long read(PatRegister register) {
        return Rig.read(pat, register);
    }

    private void write(PatRegister register, long value) {
        Rig.write(pat, register, value);
    }

    private long fault(int stream, long address) {
        return pat.translate(stream, address, Access.WRITE);
    }

    @Test
    void P01_pidAndConfigAreReadOnly() {
        assertThat(read(PID) >>> 8 & 7).isEqualTo(1);
        assertThat(read(PID) & 0x3F).isZero();
        assertThat(read(CONFIG)).isEqualTo(1024);
        write(PID, -1);
        write(CONFIG, -1);
        assertThat(read(PID)).isEqualTo(0x6000_0100L);
        assertThat(read(CONFIG)).isEqualTo(1024);
        Pat other = Pat.builder(Rig.WINDOW).pid(0xFEDC_BA98).build();
        assertThat(Rig.read(other, PID)).isEqualTo(0xFEDC_BA98L);
        assertThat(Rig.read(other, CONFIG)).isEqualTo(16384);
    }

    @Test
    void P01_controlKeepsItsFieldsAndNoReservedBit() {
        assertThat(read(CONTROL)).isZero();
        write(CONTROL, -1);
        assertThat(read(CONTROL)).isEqualTo(0xF3);
        write(CONTROL, 0x21);
        assertThat(read(CONTROL)).isEqualTo(0x21);
        pat.reset();
        assertThat(read(CONTROL)).isZero();
    }

    @Test
    void P01_onlyAlignedAccessesOf32BitsReachRegisters() {
        write(CONTROL, 0x31);
        MmioRegion registers = pat.registers();
        for (int width : new int[] {1, 2, 8}) {
            registers.write(0x10, width, 0);
            assertThat(registers.read(0x10, width)).isZero();
        }
        registers.write(0x12, 4, 0);
        assertThat(registers.read(0x12, 4)).isZero();
        assertThat(registers.read(0x14, 4)).isZero();
        assertThat(registers.read(-4, 4)).isZero();
        registers.write(0x1010, 4, 0);
        assertThat(read(CONTROL)).isEqualTo(0x31);
    }

    @Test
    void P09_anErrorIsLoggedWithItsAddressAndWhoMadeIt() {
        write(DESTINATION_ID, 0x1FF);
        assertThat(read(DESTINATION_ID)).isEqualTo(0xFF);
        assertThat(pat.translate(DmaRequest.write(0x5123, Rig.BASE + 0x1234).privileged()))
                .isEqualTo(new Translation.Fault(1, "DISABLED", FaultResponse.ABORT, true));
        assertThat(read(EXCEPTION_LOGGING_HEADER0)).isEqualTo(0x05BE_EFFFL);
        assertThat(read(EXCEPTION_LOGGING_HEADER1)).isZero();
        assertThat(read(EXCEPTION_LOGGING_DATA0)).isEqualTo(0x1234);
        assertThat(read(EXCEPTION_LOGGING_DATA1)).isEqualTo(0x48);
        assertThat(read(EXCEPTION_LOGGING_DATA2)).isEqualTo(0x0123_2200L);
        assertThat(read(EXCEPTION_PEND_SET)).isEqualTo(1);
        assertThat(read(EXCEPTION_PEND_CLEAR)).isEqualTo(1);
        assertThat(read(EXCEPTION_LOGGING_DATA3)).isZero();
        assertThat(read(EXCEPTION_PEND_SET)).isZero();
        assertThat(read(EXCEPTION_LOGGING_DATA0)).isEqualTo(0x1234);
    }

    @Test
    void P09_onlyTheFirstErrorIsKeptUntilSoftwareMakesRoom() {
        assertThat(Translations.isRecorded(fault(1, Rig.BASE + 0x1000))).isTrue();
        assertThat(Translations.isRecorded(fault(2, Rig.BASE + 0x2000))).isFalse();
        assertThat(read(EXCEPTION_LOGGING_DATA0)).isEqualTo(0x1000);
        write(EXCEPTION_PEND_CLEAR, 0);
        assertThat(read(EXCEPTION_PEND_CLEAR)).isEqualTo(1);
        write(EXCEPTION_PEND_CLEAR, 1);
        write(EXCEPTION_PEND_CLEAR, 1);
        assertThat(Translations.isRecorded(fault(2, Rig.BASE + 0x2000))).isTrue();
        assertThat(read(EXCEPTION_LOGGING_DATA0)).isEqualTo(0x2000);
        assertThat(pat.translate(DmaRequest.of(1, Rig.BASE, Access.READ_WRITE)).toString())
                .contains("DISABLED");
    }

    @Test
    void P09_softwareCanSayThatAnErrorIsPending() {
        write(EXCEPTION_PEND_SET, 0);
        assertThat(read(EXCEPTION_PEND_SET)).isZero();
        write(EXCEPTION_PEND_SET, 1);
        write(EXCEPTION_PEND_SET, 0);
        assertThat(read(EXCEPTION_PEND_SET)).isEqualTo(1);
        assertThat(Translations.isRecorded(fault(1, Rig.BASE))).isFalse();
    }

    @Test
    void P09_theLogCanBeSwitchedOff() {
        write(EXCEPTION_LOGGING_CONTROL, -1);
        assertThat(read(EXCEPTION_LOGGING_CONTROL)).isEqualTo(3);
        assertThat(Translations.isRecorded(fault(1, Rig.BASE))).isFalse();
        assertThat(pat.explain(DmaRequest.read(1, Rig.BASE)).event()).isEmpty();
        write(EXCEPTION_LOGGING_CONTROL, 0);
        assertThat(pat.explain(DmaRequest.read(1, Rig.BASE)).event())
                .containsExactly(0x05BE_EF00L, Rig.BASE, 0x0001_1000L);
        assertThat(Translations.isRecorded(fault(1, Rig.BASE))).isTrue();
    }

    @Test
    void P09_theInterruptPulsesOnceUntilItIsEnded() {
        fault(1, Rig.BASE);
        assertThat(pulses).hasValue(0);
        write(EXCEPTION_ENABLE_SET, 0);
        assertThat(read(EXCEPTION_ENABLE_SET)).isZero();
        write(EXCEPTION_ENABLE_SET, 1);
        assertThat(read(EXCEPTION_ENABLE_CLEAR)).isEqualTo(1);
        assertThat(pulses).hasValue(1);
        assertThat(read(EXCEPTION_LOGGING_DATA3)).isZero();
        fault(1, Rig.BASE);
        assertThat(pulses).hasValue(1);
        write(EOI_REG, 0);
        assertThat(pulses).hasValue(2);
        assertThat(read(EOI_REG)).isZero();
        assertThat(read(EXCEPTION_LOGGING_DATA3)).isZero();
        write(EOI_REG, 0);
        assertThat(pulses).hasValue(2);
        fault(1, Rig.BASE);
        assertThat(pulses).hasValue(3);
    }

    @Test
    void P09_theInterruptCanBeForbiddenInTwoPlaces() {
        write(EXCEPTION_ENABLE_SET, 1);
        write(EXCEPTION_LOGGING_CONTROL, 2);
        fault(1, Rig.BASE);
        assertThat(pulses).hasValue(0);
        write(EXCEPTION_ENABLE_CLEAR, 0);
        write(EXCEPTION_ENABLE_CLEAR, 1);
        write(EXCEPTION_ENABLE_CLEAR, 1);
        write(EXCEPTION_LOGGING_CONTROL, 0);
        assertThat(pulses).hasValue(0);
        write(EXCEPTION_ENABLE_SET, 1);
        write(EXCEPTION_ENABLE_SET, 0);
        assertThat(pulses).hasValue(1);
    }

    @Test
    void P09_anInterruptLineMayUseTheRegisters() {
        AtomicInteger handled = new AtomicInteger();
        Pat[] self = new Pat[1];
        self[0] = Pat.builder(Rig.WINDOW)
                .interrupt(() -> {
                    handled.addAndGet((int) Rig.read(self[0], EXCEPTION_LOGGING_DATA0));
                    Rig.write(self[0], EXCEPTION_PEND_CLEAR, 1);
                    Rig.write(self[0], EOI_REG, 0);
                })
                .build();
        Rig.write(self[0], EXCEPTION_ENABLE_SET, 1);
        self[0].translate(1, Rig.BASE + 5, Access.READ);
        self[0].translate(1, Rig.BASE + 7, Access.READ);
        assertThat(handled).hasValue(12);
    }

    @Test
    void P09_aResetEmptiesTheLog() {
        write(DESTINATION_ID, 7);
        write(EXCEPTION_LOGGING_CONTROL, 3);
        write(EXCEPTION_ENABLE_SET, 1);
        write(EXCEPTION_LOGGING_CONTROL, 0);
        fault(1, Rig.BASE + 1);
        pat.reset();
        for (PatRegister register : PatRegister.values()) {
            if (register != PID && register != CONFIG) {
                assertThat(read(register)).as("%s", register).isZero();
            }
        }
        assertThat(Translations.isRecorded(fault(1, Rig.BASE))).isTrue();
        assertThat(pulses).hasValue(1);
    }

    @Test
    void P01_garbageWritesReachWritableBitsOnly() {
        Random random = new Random(11);
        Map<PatRegister, Long> stored = new EnumMap<>(PatRegister.class);
        for (int i = 0; i < 50_000; i++) {
            long offset = random.nextInt(0x200) - 0x20L;
            int width = 1 << random.nextInt(4);
            long value = random.nextLong();
            pat.registers().write(offset, width, value);
            assertThat(pat.registers().read(offset, width) >>> Math.min(8 * width, 63))
                    .isZero();
            if (width == 4) {
                PatRegister.at(offset)
                        .filter(register -> register.access() == PatRegister.Access.RW)
                        .ifPresent(register -> stored.put(register, value & register.writable()));
            }
        }
        assertThat(stored).containsOnlyKeys(CONTROL, DESTINATION_ID, EXCEPTION_LOGGING_CONTROL);
        stored.forEach((register, value) ->
                assertThat(read(register)).as("%s", register).isEqualTo(value));
        assertThat(read(CONFIG)).isEqualTo(1024);
    }

    @Test
    void whatMakesNoSenseIsNotBuilt() {
        assertThatThrownBy(() -> Pat.builder(Rig.WINDOW).pages(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Pat.builder(Rig.WINDOW).pages(131073)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Pat.builder(Rig.WINDOW).sourceId(0x1_0000))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
