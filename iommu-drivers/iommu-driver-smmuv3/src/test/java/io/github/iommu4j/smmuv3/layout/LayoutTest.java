package io.github.iommu4j.smmuv3.layout;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.core.memory.SparseMemory;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class LayoutTest {

    @Test
    void registerOffsetsAscendAndDoNotOverlap() {
        int end = 0;
        for (SmmuRegister register : SmmuRegister.values()) {
            assertThat(register.offset()).as(register.name()).isGreaterThanOrEqualTo(end);
            assertThat(register.offset() % register.width()).isZero();
            end = register.offset() + register.width();
        }
        assertThat(end).isLessThanOrEqualTo(0x2_0000);
    }

    @Test
    void readOnlyRegistersNeedNoGuard() {
        for (SmmuRegister register : SmmuRegister.values()) {
            if (register.access() == SmmuRegister.Access.RO) {
                assertThat(register.guard()).isEqualTo(SmmuRegister.Guard.NONE);
            }
        }
    }

    @Test
    void bothHalvesAndThePage0AliasesAreFound() {
        assertThat(SmmuRegister.at(0x80)).contains(SmmuRegister.STRTAB_BASE);
        assertThat(SmmuRegister.at(0x84)).contains(SmmuRegister.STRTAB_BASE);
        assertThat(SmmuRegister.at(0xA8)).contains(SmmuRegister.EVENTQ_PROD);
        assertThat(SmmuRegister.at(0x100CC)).contains(SmmuRegister.PRIQ_CONS);
        assertThat(SmmuRegister.at(0x10020)).isEmpty();
        assertThat(SmmuRegister.at(0x86)).isEmpty();
        assertThat(SmmuRegister.at(-4)).isEmpty();
        assertThat(SmmuRegister.at(0x1_0000_0020L)).isEmpty();
    }

    @Test
    void eventNumbersAreTheSpecifications() {
        assertThat(EventType.of(0x10)).contains(EventType.F_TRANSLATION);
        assertThat(EventType.of(0x25)).contains(EventType.F_VMS_FETCH);
        assertThat(EventType.of(0x0C)).isEmpty();
        assertThat(EventType.of(0x26)).isEmpty();
        assertThat(EventType.of(-1)).isEmpty();
        Set<EventType> stalling = new HashSet<>();
        for (EventType type : EventType.values()) {
            assertThat(EventType.of(type.number())).contains(type);
            if (type.canStall()) {
                stalling.add(type);
            }
        }
        assertThat(stalling)
                .containsExactlyInAnyOrder(
                        EventType.F_TRANSLATION, EventType.F_ADDR_SIZE, EventType.F_ACCESS, EventType.F_PERMISSION);
    }

    @ParameterizedTest
    @EnumSource(CommandOpcode.class)
    void opcodesAreFoundByNumber(CommandOpcode opcode) {
        assertThat(CommandOpcode.of(opcode.number())).contains(opcode);
        assertThat(Command.of(opcode).opcode()).contains(opcode);
        assertThat(opcode.isTlbi()).isEqualTo(opcode.name().startsWith("TLBI_"));
    }

    @ParameterizedTest
    @CsvSource({"0", "-1", "256", "0x80", "0x14"})
    void reservedOpcodesAreNone(String number) {
        assertThat(CommandOpcode.of(Integer.decode(number))).isEmpty();
    }

    @Test
    void capturedPermissionFaultDecodes() {
        EventRecord event = new EventRecord(0x21_0000_0013L, 0x288_0000_0000L, 0x1234, 0);
        assertThat(event.type()).contains(EventType.F_PERMISSION);
        assertThat(event.streamId()).isEqualTo(0x21);
        assertThat(event.rnw()).isTrue();
        assertThat(event.s2()).isTrue();
        assertThat(event.eventClass()).isEqualTo(EventRecord.CLASS_IN);
        assertThat(event.pnu() || event.ind() || event.stall() || event.ssv() || event.ttrnw())
                .isFalse();
        assertThat(event.stag()).isZero();
        assertThat(event.inputAddress()).isEqualTo(0x1234);
        assertThat(event)
                .hasToString("F_PERMISSION sid=0x21"
                        + " [0000002100000013 0000028800000000 0000000000001234 0000000000000000]");
    }

    @Test
    void capturedNestedFaultOfAContextDescriptorDecodes() {
        EventRecord event = new EventRecord(0x40_0000_0010L, 0x88_0000_0000L, 0x10, 0x3000_1000L);
        assertThat(event.type()).contains(EventType.F_TRANSLATION);
        assertThat(event.s2()).isTrue();
        assertThat(event.eventClass()).isEqualTo(EventRecord.CLASS_CD);
        assertThat(event.ipa()).isEqualTo(0x3000_1000L);
    }

    @Test
    void capturedWalkAbortDecodes() {
        EventRecord event = new EventRecord(0x70_0000_000BL, 0x108_0000_0000L, 0x10, 0x40_0000_0000L);
        assertThat(event.type()).contains(EventType.F_WALK_EABT);
        assertThat(event.eventClass()).isEqualTo(EventRecord.CLASS_TT);
        assertThat(event.s2()).isFalse();
        assertThat(event.fetchAddress()).isEqualTo(0x40_0000_0000L);
    }

    @Test
    void recordsAreComposedByFieldName() {
        EventRecord composed = EventRecord.of(EventType.F_PERMISSION, -1)
                .withSubstream(0xABCDE)
                .with(EventRecord.S2, 1)
                .with(EventRecord.TTRNW, 1)
                .with(EventRecord.CLASS, EventRecord.CLASS_TT)
                .withInputAddress(-2L)
                .withIpa(0xFFFF_FFFF_FFFF_FFFFL);
        assertThat(composed)
                .isEqualTo(new EventRecord(0xFFFF_FFFF_ABCD_E813L, 0x1180_0000_0000L, -2L, 0x00FF_FFFF_FFFF_F000L));
        assertThat(composed.substreamId()).isEqualTo(0xABCDE);
        assertThat(composed.ssv() && composed.ttrnw()).isTrue();
        assertThat(EventRecord.of(EventType.F_CD_FETCH, 1).withFetchAddress(-1L).dw3())
                .isEqualTo(0x00FF_FFFF_FFFF_FFF8L);
    }

    @Test
    void badSubstreamRecordsHaveNoValidBit() {
        EventRecord event = EventRecord.of(EventType.C_BAD_SUBSTREAMID, 3).withSubstream(5);
        assertThat(event.dw0()).isEqualTo(0x3_0000_5008L);
    }

    @Test
    void reservedEventsPrintTheirNumber() {
        assertThat(new EventRecord(0xE0, 0, 0, 0).toString()).startsWith("0xe0 sid=0x0");
        assertThat(new Command(0xFF, 1)).hasToString("0xff [00000000000000ff 0000000000000001]");
        assertThat(Command.of(CommandOpcode.SYNC)).hasToString("SYNC [0000000000000046 0000000000000000]");
    }

    @Test
    void recordsAndCommandsAreTheirOwnBytes() {
        SparseMemory memory = new SparseMemory();
        EventRecord event = new EventRecord(1, 2, 3, 4);
        event.writeTo(memory, 0x1000);
        assertThat(EventRecord.readFrom(memory, 0x1000)).isEqualTo(event);
        assertThat(memory.load64(0x1018)).isEqualTo(4);
        Command command = new Command(5, 6);
        command.writeTo(memory, 0x2000);
        assertThat(Command.readFrom(memory, 0x2000)).isEqualTo(command);
        assertThat(memory.load64(0x2008)).isEqualTo(6);
    }

    @Test
    void commandFieldsStandWhereTheSpecificationPutsThem() {
        Command tlbi = new Command(0x1234_5678_0090_3012L, 0xFFFF_FFFF_FFFF_FB01L);
        assertThat(tlbi.asid()).isEqualTo(0x1234);
        assertThat(tlbi.vmid()).isEqualTo(0x5678);
        assertThat(tlbi.scale()).isEqualTo(9);
        assertThat(tlbi.num()).isEqualTo(3);
        assertThat(tlbi.tg()).isEqualTo(2);
        assertThat(tlbi.ttl()).isEqualTo(3);
        assertThat(tlbi.leaf()).isTrue();
        assertThat(tlbi.address()).isEqualTo(0xFFFF_FFFF_FFFF_F000L);
        assertThat(tlbi.ipa()).isEqualTo(0x00FF_FFFF_FFFF_F000L);
        Command sync = new Command(0xCAFE_BABE_0FC0_1046L, 0xFFFF_FFFF_FFFF_FFFFL);
        assertThat(sync.cs()).isEqualTo(Command.CS_IRQ);
        assertThat(sync.msiData()).isEqualTo(0xCAFE_BABE);
        assertThat(sync.msiAddress()).isEqualTo(0x00FF_FFFF_FFFF_FFFCL);
        assertThat(Command.MSH.get(sync.dw0())).isEqualTo(3);
        assertThat(Command.MSI_ATTR.get(sync.dw0())).isEqualTo(0xF);
        Command prefetch = new Command(0x9_ABCD_EC02L, 0x0000_0000_0000_0065L);
        assertThat(prefetch.ssec() && prefetch.ssv()).isTrue();
        assertThat(prefetch.substreamId()).isEqualTo(0xABCDE);
        assertThat(prefetch.streamId()).isEqualTo(9);
        assertThat(prefetch.prefetchSize()).isEqualTo(5);
        assertThat(prefetch.prefetchStride()).isEqualTo(3);
        assertThat(Command.of(CommandOpcode.CFGI_STE_RANGE)
                        .with1(Command.RANGE, 31)
                        .range())
                .isEqualTo(31);
        assertThat(Command.of(CommandOpcode.ATC_INV).with1(Command.SIZE, 52).size())
                .isEqualTo(52);
        assertThat(Command.of(CommandOpcode.PRI_RESP).with1(Command.RESP, 2).resp())
                .isEqualTo(2);
        assertThat(Command.of(CommandOpcode.RESUME).with0(Command.AC, 1).dw0()).isEqualTo(0x1044);
    }
}
