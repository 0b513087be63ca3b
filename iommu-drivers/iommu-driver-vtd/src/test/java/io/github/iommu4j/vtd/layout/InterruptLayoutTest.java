package io.github.iommu4j.vtd.layout;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.testkit.layout.LayoutAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InterruptLayoutTest {

    private final SparseMemory memory = new SparseMemory();

    @Test
    void aCapturedRemappedEntryDecodes() {
        InterruptEntry entry = new InterruptEntry(0x100_0024_000dL, 0x4_ff00);
        assertThat(entry.isPresent()).isTrue();
        assertThat(entry.isPosted()).isFalse();
        assertThat(InterruptEntry.DM.isSet(entry.q0())).isTrue();
        assertThat(InterruptEntry.RH.isSet(entry.q0())).isTrue();
        assertThat(InterruptEntry.TM.isSet(entry.q0())).isFalse();
        assertThat(InterruptEntry.DLM.get(entry.q0())).isZero();
        assertThat(InterruptEntry.VECTOR.get(entry.q0())).isEqualTo(0x24);
        assertThat(InterruptEntry.DST.get(entry.q0())).isEqualTo(0x100);
        assertThat(entry.hasReservedBits(0)).isFalse();
        assertThat(entry)
                .isEqualTo(InterruptEntry.remapped(0x24, 0x100)
                        .with(InterruptEntry.DM, 1)
                        .with(InterruptEntry.RH, 1)
                        .verifying(0xff00, 0));
        assertThat(entry).hasToString("remapped [000001000024000d 000000000004ff00]");
    }

    @Test
    void aPostedEntrySplitsTheAddressOfItsDescriptor() {
        InterruptEntry entry = InterruptEntry.posted(0x31, 0x12_3456_7FC0L);
        assertThat(entry.postedDescriptor()).isEqualTo(0x12_3456_7FC0L);
        assertThat(entry.isPosted()).isTrue();
        assertThat(entry).isEqualTo(new InterruptEntry(0x3456_7FC0_0031_8001L, 0x12_0000_0000L));
        assertThat(entry.verifyingBuses(5, 0x10).q1()).isEqualTo(0x12_0008_0510L);
        assertThat(entry).hasToString("posted [34567fc000318001 0000001200000000]");
        entry.writeTo(memory, 0x100);
        assertThat(InterruptEntry.readFrom(memory, 0x100)).isEqualTo(entry);
    }

    @ParameterizedTest
    @CsvSource({
        "0x1, 0, 0, false",
        "0x1001, 0, 0, true",
        "0x1000001, 0, 0, true",
        "0x0100000001, 0, 0, true",
        "0x0100000001, 0, 1, false",
        "0x1000000000001, 0, 0, true",
        "0x1000000000001, 0, 1, false",
        "0x1, 0x100000, 1, true",
        "0x8001, 0, 0, false",
        "0x8005, 0, 1, true",
        "0x9001, 0, 1, true",
        "0x0100008001, 0, 1, true",
        "0x8001, 0x100000, 1, true",
        "0x4000008001, 0x100000000, 0, false"
    })
    void reservedBitsDependOnTheFormatAndOnEime(String q0, String q1, int extended, boolean reserved) {
        InterruptEntry entry = new InterruptEntry(Long.decode(q0), Long.decode(q1));
        assertThat(entry.hasReservedBits(extended)).isEqualTo(reserved);
    }

    @ParameterizedTest
    @CsvSource({
        "0xFEE00298, 3, 0x17, false",
        "0xFEE0029C, 3, 0x8017, false",
        "0xFEE00290, 3, 0x14, false",
        "0xFEE00298, 0x10003, 0x17, true",
        "0xFEE00290, 0x10003, 0x14, false",
        "0xFEEFFFFC, 0xFFFF, 0x1FFFE, false"
    })
    void theIndexOfARemappableMessageDoesNotWrap(String address, String data, String index, boolean reserved) {
        InterruptMessage message = new InterruptMessage(Long.decode(address), Integer.decode(data));
        assertThat(message.isRemappable()).isTrue();
        assertThat(message.index()).isEqualTo(Integer.decode(index));
        assertThat(message.hasReservedBits()).isEqualTo(reserved);
    }

    @Test
    void messagesAreMadeOfHandles() {
        assertThat(InterruptMessage.remappable(0x8014)).isEqualTo(new InterruptMessage(0xFEE0_0294L, 0));
        assertThat(InterruptMessage.remappable(0x14).withSubhandle(3)).isEqualTo(new InterruptMessage(0xFEE0_0298L, 3));
    }

    @Test
    void aRedirectionEntrySendsTheFormatItHas() {
        InterruptMessage remappable = InterruptMessage.ofRedirectionEntry(0x14L << 49 | 1L << 48 | 0x8831);
        assertThat(remappable.handle()).isEqualTo(0x8014);
        assertThat(remappable.data()).isEqualTo(0x8031);
        InterruptMessage compatible = InterruptMessage.ofRedirectionEntry(0x12L << 56 | 0x8931);
        assertThat(compatible.isRemappable()).isFalse();
        assertThat(InterruptMessage.DESTINATION.get(compatible.address())).isEqualTo(0x12);
        assertThat(InterruptMessage.DESTINATION_MODE.isSet(compatible.address()))
                .isTrue();
        assertThat(compatible.data()).isEqualTo(0x8131);
    }

    @Test
    void interruptsAreWritesToOneMegabyte() {
        assertThat(InterruptMessage.isInterrupt(0xFEDF_FFFCL)).isFalse();
        assertThat(InterruptMessage.isInterrupt(0xFEE0_0000L)).isTrue();
        assertThat(InterruptMessage.isInterrupt(0xFEEF_FFFCL)).isTrue();
        assertThat(InterruptMessage.isInterrupt(0xFEF0_0000L)).isFalse();
        assertThat(InterruptMessage.isInterrupt(0x1_FEE0_0000L)).isFalse();
    }

    @Test
    void postedDescriptorsAreBitsOfVectors() {
        assertThat(PostedInterruptDescriptor.requestWord(0x1000, 0x3F)).isEqualTo(0x1000);
        assertThat(PostedInterruptDescriptor.requestWord(0x1000, 0xFF)).isEqualTo(0x1018);
        assertThat(PostedInterruptDescriptor.requestBit(0x41)).isEqualTo(2);
        LayoutAssert.fieldsFormWords(PostedInterruptDescriptor.class, 1);
        assertThat(PostedInterruptDescriptor.RESERVED).isEqualTo(0xFF00_FFFCL);
    }
}
