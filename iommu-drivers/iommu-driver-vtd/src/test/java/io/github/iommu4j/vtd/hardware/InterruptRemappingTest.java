package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.vtd.layout.InterruptEntry;
import io.github.iommu4j.vtd.layout.InterruptMessage;
import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InterruptRemappingTest {

    private static final long TABLE = 0x120_0000L;
    private static final long DESCRIPTOR = 0x5_0000_0040L;
    private static final long EIME = 0x800;
    private static final int S = 14;
    private static final Interrupt.Flags PLAIN = new Interrupt.Flags(false, false, false);

    private final RegisterRig rig = RegisterRig.of(Units.FULL);

    private static void start(RegisterRig unit, long irta) {
        unit.write(VtdRegister.IRTA, irta);
        unit.command(RegisterRig.SIRTP);
        unit.command(RegisterRig.IRE);
    }

    private void entry(int index, InterruptEntry entry) {
        entry.writeTo(rig.memory, TABLE + 16L * index);
    }

    private InterruptAnswer remap(int index) {
        return rig.vtd.remap(new InterruptWrite(0x38, InterruptMessage.remappable(index), 4));
    }

    private static InterruptAnswer.Delivered delivered(int destination, int vector) {
        return new InterruptAnswer.Delivered(new Interrupt(destination, vector, 0, PLAIN));
    }

    private static InterruptAnswer.Blocked blocked(int reason) {
        return new InterruptAnswer.Blocked(reason, true);
    }

    @Test
    void whileRemappingIsOffEverythingPassesAsItIs() {
        Interrupt expected = new Interrupt(0x12, 0x31, 1, new Interrupt.Flags(true, true, true));
        InterruptWrite write = InterruptWrite.of(0x38, 0xFEE1_200CL, 0xC131);
        assertThat(rig.vtd.remap(write)).isEqualTo(new InterruptAnswer.Delivered(expected));
        assertThat(rig.interrupts).containsExactly(expected);
        assertThat(remap(0).kind()).isEqualTo(InterruptAnswer.Kind.DELIVERED);
    }

    @Test
    void aCapturedEntryIsDelivered() {
        start(rig, TABLE | 0xF);
        entry(3, new InterruptEntry(0x100_0024_000dL, 0x4_ff00));
        assertThat(rig.vtd.remap(new InterruptWrite(0xff00, InterruptMessage.remappable(3), 4)))
                .isEqualTo(new InterruptAnswer.Delivered(
                        new Interrupt(1, 0x24, 0, new Interrupt.Flags(true, true, false))));
        assertThat(remap(3)).isEqualTo(blocked(0x26));
        entry(4, new InterruptEntry(0x23_0009L, 0).with(InterruptEntry.TM, 1).with(InterruptEntry.DLM, 5));
        assertThat(remap(4))
                .isEqualTo(new InterruptAnswer.Delivered(
                        new Interrupt(0, 0x23, 5, new Interrupt.Flags(false, true, true))));
    }

    @Test
    void extendedDestinationsHave32Bits() {
        start(rig, TABLE | EIME | S);
        entry(0, InterruptEntry.remapped(0x31, 0x8000_0001));
        assertThat(remap(0)).isEqualTo(delivered(0x8000_0001, 0x31));
    }

    @Test
    void subhandlesCountAndIndexesDoNotWrap() {
        start(rig, TABLE | S);
        entry(0x17, InterruptEntry.remapped(0x31, 0x100));
        assertThat(rig.vtd.remap(InterruptWrite.of(0x38, 0xFEE0_0298L, 3))).isEqualTo(delivered(1, 0x31));
        assertThat(rig.vtd.remap(InterruptWrite.of(0x38, 0xFEE0_029CL, 3))).isEqualTo(blocked(0x21));
        assertThat(rig.fault(0).low()).isEqualTo(0x8017_0000_0000_0000L);
        assertThat(rig.fault(0).high()).isEqualTo(0x8000_0021_0000_0038L);
        rig.free(0);
        RegisterRig large = RegisterRig.of(Units.FULL);
        start(large, TABLE | 0xF);
        InterruptEntry.remapped(0x31, 0x100).writeTo(large.memory, TABLE + 16);
        assertThat(large.vtd.remap(InterruptWrite.of(0x38, 0xFEEF_FFFCL, 2))).isEqualTo(blocked(0x21));
    }

    @Test
    void reservedBitsOfTheRequestAreAFaultWithoutIndex() {
        start(rig, TABLE | S);
        assertThat(rig.vtd.remap(InterruptWrite.of(0x38, 0xFEE0_0298L, 0x10003)))
                .isEqualTo(blocked(0x20));
        assertThat(rig.fault(0).low()).isZero();
        rig.free(0);
        assertThat(rig.vtd.remap(InterruptWrite.of(0x38, 0x1_FEE0_0298L, 3))).isEqualTo(blocked(0x20));
    }

    @Test
    void anEntryThatIsNotPresentIsAFaultUnlessItSaysNothing() {
        start(rig, TABLE | S);
        assertThat(remap(1)).isEqualTo(blocked(0x22));
        entry(2, new InterruptEntry(2, 0));
        assertThat(remap(2)).isEqualTo(new InterruptAnswer.Blocked(0x22, false));
        assertThat(rig.vtd.counters().interrupts().blocked()).isEqualTo(2);
    }

    @Test
    void aTableThatCannotBeReadIsAFault() {
        RegisterRig empty = RegisterRig.withoutMemory(Units.FULL);
        start(empty, TABLE | S);
        assertThat(empty.vtd.remap(InterruptWrite.of(0x38, 0xFEE0_0010L, 0))).isEqualTo(blocked(0x23));
        RegisterRig high = RegisterRig.of(Units.FULL);
        start(high, 1L << 46 | S);
        assertThat(high.vtd.remap(InterruptWrite.of(0x38, 0xFEE0_0010L, 0))).isEqualTo(blocked(0x21));
    }

    @Test
    void reservedBitsOfAnEntryAreAFault() {
        start(rig, TABLE | S);
        entry(1, InterruptEntry.remapped(0x31, 1));
        assertThat(remap(1)).isEqualTo(blocked(0x24));
        entry(2, InterruptEntry.remapped(0x31, 1).with(InterruptEntry.FPD, 1));
        assertThat(remap(2)).isEqualTo(new InterruptAnswer.Blocked(0x24, false));
        RegisterRig cannotPost = RegisterRig.of(Units.cap(Units.CAP & ~(1L << Units.PI)));
        start(cannotPost, TABLE | S);
        InterruptEntry.posted(0x31, DESCRIPTOR).writeTo(cannotPost.memory, TABLE);
        assertThat(cannotPost.vtd.remap(InterruptWrite.of(0x38, 0xFEE0_0010L, 0)))
                .isEqualTo(blocked(0x24));
    }

    @Test
    void compatibilityFormatPassesWithCfisAndWithoutEime() {
        InterruptWrite write = InterruptWrite.of(0x38, 0xFEE0_1000L, 0x31);
        start(rig, TABLE | S);
        assertThat(rig.vtd.remap(write)).isEqualTo(blocked(0x25));
        assertThat(rig.fault(0).low()).isZero();
        rig.command(RegisterRig.CFI);
        assertThat(rig.vtd.remap(write)).isEqualTo(delivered(1, 0x31));
        rig.free(0);
        rig.write(VtdRegister.IRTA, TABLE | EIME | S);
        rig.command(RegisterRig.SIRTP);
        assertThat(rig.vtd.remap(write)).isEqualTo(blocked(0x25));
        RegisterRig other = RegisterRig.of(Units.FULL, VtdDeviation.COMPATIBILITY_FORMAT_PASSES);
        start(other, TABLE | EIME | S);
        assertThat(other.vtd.remap(write)).isEqualTo(delivered(1, 0x31));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0x1234, true",
        "1, 0, 0x0038, true",
        "1, 0, 0x0039, false",
        "1, 1, 0x003C, true",
        "1, 1, 0x0039, false",
        "1, 2, 0x003E, true",
        "1, 2, 0x0039, false",
        "1, 3, 0x003F, true",
        "1, 3, 0x0040, false",
        "3, 0, 0x0038, false"
    })
    void sourcesAreVerified(int svt, int sq, String sid, boolean accepted) {
        long q1 = 0x38 | (long) sq << 16 | (long) svt << 18;
        start(rig, TABLE | S);
        entry(0, new InterruptEntry(InterruptEntry.remapped(0x31, 0x100).q0(), q1));
        InterruptAnswer answer =
                rig.vtd.remap(new InterruptWrite(Integer.decode(sid), InterruptMessage.remappable(0), 4));
        assertThat(answer).isEqualTo(accepted ? delivered(1, 0x31) : blocked(0x26));
    }

    @ParameterizedTest
    @CsvSource({"4, false, false", "5, true, false", "16, true, false", "17, false, false"})
    void aRangeOfBusesHasItsFirstInTheHighByteUnlessAUnitDeviates(int bus, boolean accepted, boolean deviating) {
        for (VtdDeviation[] on : new VtdDeviation[][] {{}, {VtdDeviation.BUS_RANGE_REVERSED}}) {
            RegisterRig unit = RegisterRig.of(Units.FULL, on);
            start(unit, TABLE | S);
            InterruptEntry.remapped(0x31, 0x100).verifyingBuses(5, 0x10).writeTo(unit.memory, TABLE);
            InterruptAnswer answer = unit.vtd.remap(InterruptWrite.of(bus << 8, 0xFEE0_0010L, 0));
            boolean expected = on.length == 0 ? accepted : deviating;
            assertThat(answer).isEqualTo(expected ? delivered(1, 0x31) : blocked(0x26));
        }
    }

    @Test
    void postingSetsTheVectorAndNotifies() {
        start(rig, TABLE | S);
        entry(0, InterruptEntry.posted(0x41, DESCRIPTOR));
        rig.memory.store64(DESCRIPTOR + 32, 0x300L << 32 | 0xF2L << 16);
        Interrupt notification = new Interrupt(3, 0xF2, 0, PLAIN);
        assertThat(remap(0)).isEqualTo(new InterruptAnswer.Posted(DESCRIPTOR, 0x41, Optional.of(notification)));
        assertThat(rig.interrupts).containsExactly(notification);
        assertThat(rig.memory.load64(DESCRIPTOR + 8)).isEqualTo(2);
        assertThat(rig.memory.load64(DESCRIPTOR + 32)).isEqualTo(0x300L << 32 | 0xF2L << 16 | 1);
        assertThat(remap(0)).isEqualTo(new InterruptAnswer.Posted(DESCRIPTOR, 0x41, Optional.empty()));
        assertThat(rig.vtd.counters().interrupts()).isEqualTo(new VtdCounters.Interrupts(0, 2, 0, 1, 1));
    }

    @Test
    void suppressedNotificationsWaitUnlessUrgent() {
        start(rig, TABLE | EIME | S);
        entry(0, InterruptEntry.posted(0xFF, DESCRIPTOR));
        entry(1, InterruptEntry.posted(0, DESCRIPTOR).with(InterruptEntry.URG, 1));
        rig.memory.store64(DESCRIPTOR + 32, 0x300L << 32 | 0xF2L << 16 | 2);
        assertThat(remap(0)).isEqualTo(new InterruptAnswer.Posted(DESCRIPTOR, 0xFF, Optional.empty()));
        assertThat(remap(1))
                .isEqualTo(
                        new InterruptAnswer.Posted(DESCRIPTOR, 0, Optional.of(new Interrupt(0x300, 0xF2, 0, PLAIN))));
        assertThat(rig.memory.load64(DESCRIPTOR + 24)).isEqualTo(1L << 63);
        assertThat(rig.memory.load64(DESCRIPTOR)).isEqualTo(1);
    }

    @Test
    void descriptorsThatCannotBeReadOrHaveReservedBitsAreFaults() {
        RegisterRig empty = RegisterRig.withoutMemory(Units.FULL);
        empty.memory.addRam(TABLE, 0x1000);
        start(empty, TABLE | S);
        InterruptEntry.posted(0x41, DESCRIPTOR).writeTo(empty.memory, TABLE);
        assertThat(empty.vtd.remap(InterruptWrite.of(0x38, 0xFEE0_0010L, 0))).isEqualTo(blocked(0x27));
        start(rig, TABLE | S);
        entry(0, InterruptEntry.posted(0x41, DESCRIPTOR).with(InterruptEntry.FPD, 1));
        for (int word = 4; word < 8; word++) {
            rig.memory.store64(DESCRIPTOR + 8L * word, 4);
            assertThat(remap(0)).isEqualTo(new InterruptAnswer.Blocked(0x28, false));
            rig.memory.store64(DESCRIPTOR + 8L * word, 0);
        }
        assertThat(rig.memory.load64(DESCRIPTOR + 8)).isZero();
        assertThat(remap(0).kind()).isEqualTo(InterruptAnswer.Kind.POSTED);
    }

    @Test
    void writesOfOtherSizesAreMalformed() {
        InterruptWrite write = new InterruptWrite(0x38, InterruptMessage.remappable(0), 8);
        assertThat(rig.vtd.remap(write).kind()).isEqualTo(InterruptAnswer.Kind.DELIVERED);
        start(rig, TABLE | S);
        assertThat(rig.vtd.remap(write)).isEqualTo(blocked(0x29));
    }

    @Test
    void whatIsNoInterruptIsRefused() {
        assertThatThrownBy(() -> InterruptWrite.of(0x38, 0xFED0_0000L, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a write by 0x38 to 0xfed00000 is no interrupt");
        assertThatThrownBy(() -> InterruptWrite.of(0x1_0000, 0xFEE0_0000L, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void entriesAreCachedUntilTheirIndexIsInvalidated() {
        start(rig, TABLE | S);
        rig.startQueue();
        for (int index : new int[] {4, 5, 6, 0x404}) {
            entry(index, InterruptEntry.remapped(0x30, 0));
            remap(index);
            entry(index, InterruptEntry.remapped(0x40, 0));
        }
        // 404h took the slot of 4.
        assertThat(remap(0x404)).isEqualTo(delivered(0, 0x30));
        assertThat(remap(5)).isEqualTo(delivered(0, 0x30));
        rig.submit(InvalidationDescriptor.interruptEntries(7, 1));
        assertThat(remap(5)).isEqualTo(delivered(0, 0x30));
        assertThat(remap(6)).isEqualTo(delivered(0, 0x40));
        rig.submit(InvalidationDescriptor.interruptEntries(5, 0));
        assertThat(remap(5)).isEqualTo(delivered(0, 0x40));
        assertThat(remap(0x404)).isEqualTo(delivered(0, 0x30));
        rig.submit(InvalidationDescriptor.interruptEntriesGlobal());
        assertThat(remap(0x404)).isEqualTo(delivered(0, 0x40));
    }

    @Test
    void withCachingModeAnEntryThatIsNotPresentIsKeptToo() {
        for (long caching : new long[] {0, 1L << 7}) {
            RegisterRig unit = RegisterRig.of(Units.cap(Units.CAP | caching));
            start(unit, TABLE | S);
            InterruptWrite write = InterruptWrite.of(0x38, 0xFEE0_0010L, 0);
            assertThat(unit.vtd.remap(write)).isEqualTo(blocked(0x22));
            unit.free(0);
            InterruptEntry.remapped(0x31, 0x100).writeTo(unit.memory, TABLE);
            assertThat(unit.vtd.remap(write)).isEqualTo(caching == 0 ? delivered(1, 0x31) : blocked(0x22));
            unit.startQueue();
            unit.submit(InvalidationDescriptor.interruptEntries(0, 0));
            assertThat(unit.vtd.remap(write)).isEqualTo(delivered(1, 0x31));
        }
    }

    @Test
    void anEntryThatWasReadBeforeAnInvalidationIsNotKept() {
        InterruptEntryCache cache = new InterruptEntryCache();
        InterruptEntry entry = InterruptEntry.remapped(1, 2);
        long begun = cache.epoch();
        cache.invalidate(9, 0);
        cache.fill(begun, 3, entry);
        assertThat(cache.lookUp(3)).isNull();
        cache.fill(cache.epoch(), 3, entry);
        assertThat(cache.lookUp(3)).isEqualTo(entry);
        assertThat(cache.lookUp(3 + 1024)).isNull();
    }
}
