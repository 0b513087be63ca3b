package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.AddressType;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.vtd.layout.InterruptMessage;
import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.PageGroupResponse;
import io.github.iommu4j.vtd.layout.PageRequestDescriptor;
import io.github.iommu4j.vtd.layout.TableMode;
import io.github.iommu4j.vtd.layout.VtdRegister;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VtdTest {

    private final RegisterRig rig = RegisterRig.of(Units.FULL);

    private void protect() {
        rig.write(VtdRegister.PLMBASE, 0x20_0000);
        rig.write(VtdRegister.PLMLIMIT, 0x30_0000);
        rig.write(VtdRegister.PHMBASE, 0x1_0000_0000L);
        rig.write(VtdRegister.PHMLIMIT, 0x1_0000_0000L);
        rig.write(VtdRegister.PMEN, 0x8000_0000L);
    }

    @ParameterizedTest
    @CsvSource({
        "0x1FFFFF, false",
        "0x200000, true",
        "0x3FFFFF, true",
        "0x400000, false",
        "0xFFFFFFFF, false",
        "0x100000000, true",
        "0x1000FFFFF, true",
        "0x100100000, false"
    })
    void protectedMemoryIsBlockedUpToItsLimitIncluded(String address, boolean blocked) {
        protect();
        assertThat(rig.read(VtdRegister.PMEN)).isEqualTo(0x8000_0001L);
        DmaRequest request = DmaRequest.read(1, Long.decode(address));
        long packed = rig.vtd.translate(1, -1, request.iova(), request.accessBits());
        assertThat(Translations.isOk(packed)).isEqualTo(!blocked);
        Translation passed = rig.translation.translate(request);
        Translation expected =
                blocked ? new Translation.Fault(0, "PROTECTED_MEMORY", FaultResponse.ABORT, false) : passed;
        assertThat(rig.vtd.translate(request)).isEqualTo(expected);
        assertThat(rig.vtd.explain(request).result()).isEqualTo(expected);
        assertThat(rig.vtd.explain(request).conclusion().contains("PMEN")).isEqualTo(blocked);
        rig.command(RegisterRig.TE);
        assertThat(rig.vtd.translate(request)).isEqualTo(expected);
    }

    @Test
    void translatedRequestsAndThoseThatEndElsewhereAreNotBlocked() {
        protect();
        DmaRequest request = DmaRequest.read(1, 0x20_0000).ofType(AddressType.TRANSLATED);
        assertThat(Translations.isOk(rig.vtd.translate(1, -1, 0x20_0000, request.accessBits())))
                .isTrue();
        assertThat(rig.vtd.translate(request).kind()).isEqualTo(Translation.Kind.OK);
        rig.translation.shift = 0x1000;
        assertThat(Translations.isOk(rig.vtd.translate(1, 0x20_0000, Access.READ)))
                .isTrue();
        assertThat(rig.vtd.translate(DmaRequest.read(1, 0x20_0000)).kind()).isEqualTo(Translation.Kind.OK);
    }

    @Test
    void interruptsAndFaultsPassProtectedMemory() {
        rig.write(VtdRegister.PLMLIMIT, 0xFFF0_0000L);
        rig.write(VtdRegister.PMEN, 0x8000_0000L);
        assertThat(Translations.isOk(rig.vtd.translate(1, 0xFEE0_0000L, Access.WRITE)))
                .isFalse();
        rig.command(RegisterRig.TE);
        assertThat(Translations.isOk(rig.vtd.translate(1, 0xFEE0_0000L, Access.WRITE)))
                .isTrue();
        rig.translation.fault = 5;
        assertThat(Translations.faultCode(rig.vtd.translate(1, 0x1000, Access.WRITE)))
                .isEqualTo(5);
        assertThat(rig.vtd.translate(DmaRequest.read(1, 0x1000)))
                .isEqualTo(new Translation.Fault(5, "fake", FaultResponse.ABORT, false));
    }

    @Test
    void protectionEndsWithItsEnable() {
        protect();
        rig.write(VtdRegister.PMEN, 0);
        assertThat(rig.read(VtdRegister.PMEN)).isZero();
        assertThat(rig.translation.state().protectedMemory()).isEqualTo(ProtectedMemory.NONE);
    }

    @Test
    void aRegionThatAUnitDoesNotHaveProtectsNothing() {
        RegisterRig lowOnly = RegisterRig.of(Units.cap(Units.CAP & ~(1L << 6)));
        lowOnly.write(VtdRegister.PLMLIMIT, 0);
        lowOnly.write(VtdRegister.PMEN, 0x8000_0000L);
        ProtectedMemory protectedMemory = lowOnly.translation.state().protectedMemory();
        assertThat(protectedMemory.blocks(0xF_FFFF)).isTrue();
        assertThat(protectedMemory.blocks(0x10_0000)).isFalse();
        assertThat(protectedMemory.blocks(-1L)).isFalse();
    }

    @Test
    void aRegionWithItsLimitBelowItsBaseProtectsNothing() {
        assertThat(ProtectedMemory.Region.of(0x20_0000, 0).contains(0x20_0000)).isFalse();
        assertThat(ProtectedMemory.Region.of(0x20_0000, 0).contains(0)).isFalse();
    }

    @Test
    void everythingElseIsForTheTranslationSide() {
        assertThat(rig.vtd.capabilities()).isSameAs(Units.FULL);
        assertThat(rig.vtd.explain(DmaRequest.read(1, 0)).conclusion()).isEqualTo("fake");
        assertThat(rig.vtd.registers()).isSameAs(rig.vtd.registers());
    }

    @Test
    void aUnitWithoutSinkStoresItsMessagesInMemory() {
        SparseMemory memory = new SparseMemory();
        FakeTranslation[] made = new FakeTranslation[1];
        Vtd vtd = Vtd.builder(memory, Units.FULL, (ram, capabilities, deviations, faults) -> {
                    made[0] = new FakeTranslation(faults);
                    return made[0];
                })
                .build();
        vtd.registers().write(VtdRegister.FEADDR.offset(), 4, 0x7000);
        vtd.registers().write(VtdRegister.FEDATA.offset(), 4, 0x31);
        vtd.registers().write(VtdRegister.FECTL.offset(), 4, 0);
        made[0].faults.report(5, 1, -1, 0, 0);
        assertThat(memory.load32(0x7000)).isEqualTo(0x31);
        vtd.remap(new InterruptWrite(1, InterruptMessage.remappable(0), 4));
        assertThat(vtd.counters().interrupts().delivered()).isEqualTo(1);
    }

    @Test
    void aUnitWithoutDevicesCompletesTheirInvalidations() {
        SparseMemory memory = new SparseMemory();
        Vtd vtd = Vtd.builder(
                        memory, Units.FULL, (ram, capabilities, deviations, faults) -> new FakeTranslation(faults))
                .build();
        InvalidationDescriptor.deviceTlb(1, 0, 0).writeTo(memory, 0x1000, 16);
        PageGroupResponse.to(PageRequestDescriptor.of(1, 2, 0), 0).descriptor().writeTo(memory, 0x1020, 32);
        InvalidationDescriptor.waiting().writing(0x8000, 7).writeTo(memory, 0x1040, 32);
        vtd.registers().write(VtdRegister.IQA.offset(), 8, 0x1000 | RegisterRig.WIDE);
        vtd.registers().write(VtdRegister.GCMD.offset(), 4, RegisterRig.QIE);
        vtd.registers().write(VtdRegister.IQT.offset(), 8, 0x60);
        assertThat(memory.load32(0x8000)).isEqualTo(7);
    }

    @Test
    void stateIsNotTranslatedBeforeItIsTold() {
        assertThat(ControlState.RESET).isEqualTo(new ControlState(false, TableMode.LEGACY, 0));
    }
}
