package io.github.iommu4j.armshort.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.testkit.layout.LayoutAssert;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Registers and fields stand where the kernel's and the architecture's lists put them. */
class LayoutTest {

    @Test
    void registersAscendAndAreFoundByTheirOffsets() {
        List<M4uRegister> m4u = List.of(M4uRegister.values());
        List<M4uRegister> sorted = m4u.stream()
                .sorted(Comparator.comparingInt(M4uRegister::offset))
                .toList();
        LayoutAssert.offsetsAscend(sorted, M4uRegister::offset, register -> 4);
        m4u.forEach(register -> assertThat(M4uRegister.at(register.offset())).contains(register));
        LayoutAssert.offsetsAscend(List.of(ArmV7Register.values()), ArmV7Register::offset, register -> 4);
        for (ArmV7Register register : ArmV7Register.values()) {
            assertThat(ArmV7Register.at(register.offset())).contains(register);
        }
        for (long nowhere : new long[] {-4, 2, 0x48, 0x1000, 1L << 40}) {
            assertThat(ArmV7Register.at(nowhere)).isEmpty();
        }
        assertThat(M4uRegister.at(2)).isEmpty();
        assertThat(M4uRegister.at(4)).isEmpty();
        assertThat(M4uRegister.at(-4)).isEmpty();
        assertThat(M4uRegister.at(0x1000)).isEmpty();
    }

    @Test
    void fieldsOfAWordDoNotOverlap() {
        LayoutAssert.fieldsFormWords(M4uFields.PtBase.class, 1);
        LayoutAssert.fieldsFormWords(M4uFields.Invalidate.class, 1);
        LayoutAssert.fieldsFormWords(M4uFields.InvSel.class, 1);
        LayoutAssert.fieldsFormWords(M4uFields.MiscCtrl.class, 1);
        LayoutAssert.fieldsFormWords(M4uFields.DcmDis.class, 1);
        LayoutAssert.fieldsFormWords(M4uFields.WrLenCtrl.class, 1);
        LayoutAssert.fieldsFormWords(M4uFields.VldPaRng.class, 1);
        LayoutAssert.fieldsFormWords(M4uFields.IntControl0.class, 1);
        LayoutAssert.fieldsFormWords(M4uFields.FaultVa.class, 1);
        LayoutAssert.fieldsFormWords(InvalidationAddress.class, 1);
        LayoutAssert.fieldsFormWords(MasterId.class, 1);
        LayoutAssert.fieldsFormWords(LarbControl.class, 1);
        LayoutAssert.fieldsFormWords(ArmV7Fields.Sctlr.class, 1);
        LayoutAssert.fieldsFormWords(ArmV7Fields.Ttbr.class, 1);
        LayoutAssert.fieldsFormWords(ArmV7Fields.Ttbcr.class, 1);
        LayoutAssert.fieldsFormWords(ArmV7Fields.Prrr.class, 1);
        LayoutAssert.fieldsFormWords(ArmV7Fields.Contextidr.class, 1);
        LayoutAssert.fieldsFormWords(ArmV7Fields.Fsr.class, 1);
        LayoutAssert.fieldsFormWords(ArmV7Fields.Tlbi.class, 1);
        LayoutAssert.fieldsFormWords(ArmV7Fields.IdMmfr0.class, 1);
        LayoutAssert.fieldsFormWords(ArmV7Fields.IdMmfr3.class, 1);
    }

    /** Every offset as Linux has it. */
    @ParameterizedTest
    @CsvSource({
        "PT_BASE_ADDR, 0x000",
        "INVALIDATE, 0x020",
        "INVLD_START_A, 0x024",
        "INVLD_END_A, 0x028",
        "INV_SEL_GEN2, 0x02C",
        "INV_SEL_GEN1, 0x038",
        "MISC_CTRL, 0x048",
        "DCM_DIS, 0x050",
        "WR_LEN_CTRL, 0x054",
        "CTRL_REG, 0x110",
        "IVRP_PADDR, 0x114",
        "VLD_PA_RNG, 0x118",
        "INT_CONTROL0, 0x120",
        "INT_MAIN_CONTROL, 0x124",
        "CPE_DONE, 0x12C",
        "L2_FAULT_ST, 0x130",
        "FAULT_ST1, 0x134",
        "MMU0_FAULT_VA, 0x13C",
        "MMU0_INVLD_PA, 0x140",
        "MMU1_FAULT_VA, 0x144",
        "MMU1_INVLD_PA, 0x148",
        "MMU0_INT_ID, 0x150",
        "MMU1_INT_ID, 0x154"
    })
    void m4uOffsets(M4uRegister register, String offset) {
        assertThat(register.offset()).isEqualTo(Integer.decode(offset));
    }

    @Test
    void eachEngineHasItsOwnFaultRegisters() {
        assertThat(M4uRegister.faultVa(0)).isEqualTo(M4uRegister.MMU0_FAULT_VA);
        assertThat(M4uRegister.faultVa(1)).isEqualTo(M4uRegister.MMU1_FAULT_VA);
        assertThat(M4uRegister.invldPa(0)).isEqualTo(M4uRegister.MMU0_INVLD_PA);
        assertThat(M4uRegister.invldPa(1)).isEqualTo(M4uRegister.MMU1_INVLD_PA);
        assertThat(M4uRegister.intId(0)).isEqualTo(M4uRegister.MMU0_INT_ID);
        assertThat(M4uRegister.intId(1)).isEqualTo(M4uRegister.MMU1_INT_ID);
    }

    @Test
    void faultBitsOfBothEnginesAreThoseOfTheList() {
        assertThat(M4uFault.TRANSLATION_FAULT.bit(0)).isEqualTo(1);
        assertThat(M4uFault.PREFETCH_FIFO_FAULT.bit(0)).isEqualTo(1 << 6);
        assertThat(M4uFault.TRANSLATION_FAULT.bit(1)).isEqualTo(1 << 7);
        assertThat(M4uFault.INVALID_PA_FAULT.bit(1)).isEqualTo(1 << 9);
        assertThat(M4uFault.PREFETCH_FIFO_FAULT.bit(1)).isEqualTo(1 << 13);
        assertThat(M4uFault.allOf(0)).isEqualTo(0x7F);
        assertThat(M4uFault.allOf(0) | M4uFault.allOf(1)).isEqualTo(0x3FFF);
        Set<Integer> codes = new HashSet<>();
        for (M4uFault fault : M4uFault.values()) {
            assertThat(M4uFault.of(fault.code())).contains(fault);
            codes.add(fault.code());
        }
        assertThat(codes).hasSize(7).doesNotContain(0);
        assertThat(M4uFault.of(0)).isEmpty();
        assertThat(M4uFault.of(8)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0x18C, 3, 3", "0x016, 0, 5", "0x304, 6, 1"})
    void plainInterruptIds(String raw, int field, int port) {
        int id = Integer.decode(raw);
        assertThat(InterruptIdLayout.PLAIN.common(id)).isEqualTo(field);
        assertThat(InterruptIdLayout.PLAIN.subCommon(id)).isZero();
        assertThat(InterruptIdLayout.PLAIN.port(id)).isEqualTo(port);
        assertThat(InterruptIdLayout.PLAIN.pack(field, 0, port)).isEqualTo(id & ~3);
    }

    @Test
    void interruptIdsBehindSubCommons() {
        int two = InterruptIdLayout.SUB_COMMON_2_BITS.pack(5, 3, 17);
        assertThat(two).isEqualTo(5 << 9 | 3 << 7 | 17 << 2);
        assertThat(InterruptIdLayout.SUB_COMMON_2_BITS.common(two)).isEqualTo(5);
        assertThat(InterruptIdLayout.SUB_COMMON_2_BITS.subCommon(two)).isEqualTo(3);
        int three = InterruptIdLayout.SUB_COMMON_3_BITS.pack(6, 7, 31);
        assertThat(three).isEqualTo(6 << 10 | 7 << 7 | 31 << 2);
        assertThat(InterruptIdLayout.SUB_COMMON_3_BITS.common(three)).isEqualTo(6);
        assertThat(InterruptIdLayout.SUB_COMMON_3_BITS.subCommon(three)).isEqualTo(7);
        assertThatThrownBy(() -> InterruptIdLayout.PLAIN.pack(0, 1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> InterruptIdLayout.PLAIN.pack(8, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "HALVED, 0x040001000, 0x20000800",
        "HALVED, 0x140001000, 0xA0000800",
        "FOLDED, 0x040001000, 0x40001000",
        "FOLDED, 0x540001100, 0x40001105"
    })
    void protectAddresses(IvrpForm form, String address, String raw) {
        assertThat(form.pack(Long.decode(address))).isEqualTo(Long.decode(raw).intValue());
        assertThat(form.address(Long.decode(raw).intValue())).isEqualTo(Long.decode(address));
        assertThat(form.size()).isEqualTo(form == IvrpForm.HALVED ? 128 : 256);
    }

    @ParameterizedTest
    @CsvSource({
        "32, 0x12345678, 0x12345000, 0x12345000",
        "34, 0x312345678, 0x12345003, 0x312345000",
        "34, 0x3FFFFFFFF, 0xFFFFF003, 0x3FFFFF000"
    })
    void invalidationAddresses(int bits, String iova, String raw, String page) {
        assertThat(InvalidationAddress.pack(Long.decode(iova)))
                .isEqualTo(Long.decode(raw).intValue());
        assertThat(InvalidationAddress.page(Long.decode(raw).intValue(), bits)).isEqualTo(Long.decode(page));
    }

    /** A 32-bit part does not look at the low bits that older kernels leave set. */
    @Test
    void invalidationAddressesOfOldKernels() {
        assertThat(InvalidationAddress.page(0x1234_5FFF, 32)).isEqualTo(0x1234_5000L);
    }

    @Test
    void mastersAreLarbAndPort() {
        assertThat(MasterId.of(0x66)).isEqualTo(new MasterId(3, 6));
        assertThat(new MasterId(3, 6).id()).isEqualTo(0x66);
        assertThat(MasterId.of(0xFFFF_FC00)).isEqualTo(new MasterId(0, 0));
        assertThatThrownBy(() -> new MasterId(32, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new MasterId(0, -1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void larbsSayWhichPortsAreOn() {
        assertThat(LarbControl.WORD_AT_F00.offset(7)).isEqualTo(0xF00);
        assertThat(LarbControl.WORD_AT_FC0.offset(7)).isEqualTo(0xFC0);
        assertThat(LarbControl.WORD_FOR_EACH_PORT.offset(7)).isEqualTo(0x39C);
        assertThat(LarbControl.bankBits(2)).isEqualTo(0xAA00);
        assertThat(LarbControl.bank(0xAA01)).isEqualTo(2);
        assertThat(SmiCommonLayout.engine(0x4414, 7)).isEqualTo(1);
        assertThat(SmiCommonLayout.engine(0x4414, 6)).isZero();
        assertThat(SmiCommonLayout.engine(-1, 16)).isZero();
    }

    @Test
    void protectionHasItsPlaceInEachControlRegister() {
        assertThat(TranslationControl.MT8173.protection().of(2) | TranslationControl.PREFETCH_REPLACE.mask())
                .isEqualTo(0x50);
        assertThat(TranslationControl.LATER.protection().of(2)).isEqualTo(0x20);
        assertThat(M4uLayout.MT6779.invSel().register()).isEqualTo(M4uRegister.INV_SEL_GEN2);
    }

    @ParameterizedTest
    @CsvSource({
        "TRANSLATION_L1, 0x5, false",
        "TRANSLATION_L2, 0x7, true",
        "ACCESS_FLAG_L1, 0x3, true",
        "ACCESS_FLAG_L2, 0x6, true",
        "DOMAIN_L1, 0x9, true",
        "DOMAIN_L2, 0xB, true",
        "PERMISSION_L1, 0xD, true",
        "PERMISSION_L2, 0xF, true",
        "EXTERNAL_ABORT_ON_WALK_L1, 0xC, false",
        "EXTERNAL_ABORT_ON_WALK_L2, 0xE, true",
        "PARITY_ON_WALK_L1, 0x1C, false",
        "PARITY_ON_WALK_L2, 0x1E, true",
        "ALIGNMENT, 0x1, false",
        "DEBUG, 0x2, false",
        "INSTRUCTION_CACHE_MAINTENANCE, 0x4, false",
        "EXTERNAL_ABORT, 0x8, false",
        "ASYNCHRONOUS_EXTERNAL_ABORT, 0x16, false",
        "PARITY, 0x19, false",
        "ASYNCHRONOUS_PARITY, 0x18, false",
        "TLB_CONFLICT, 0x10, false",
        "LOCKDOWN, 0x14, false",
        "UNSUPPORTED_EXCLUSIVE, 0x15, false"
    })
    void faultStatusCodes(FaultStatus status, String code, boolean domain) {
        assertThat(status.code()).isEqualTo(Integer.decode(code));
        assertThat(FaultStatus.of(status.code())).contains(status);
        assertThat(status.hasDomain()).isEqualTo(domain);
    }

    @Test
    void otherStatusCodesAreReserved() {
        assertThat(FaultStatus.of(0)).isEmpty();
        assertThat(FaultStatus.of(0x1F)).isEmpty();
        assertThat(FaultStatus.of(0x25)).isEmpty();
        assertThat(FaultStatus.of(-1)).isEmpty();
    }

    @Test
    void domainsHaveTwoBitsEach() {
        int dacr = 0xC000_0004;
        assertThat(DomainAccess.of(dacr, 15)).isEqualTo(DomainAccess.MANAGER);
        assertThat(DomainAccess.of(dacr, 1)).isEqualTo(DomainAccess.CLIENT);
        assertThat(DomainAccess.of(dacr, 2)).isEqualTo(DomainAccess.NO_ACCESS);
        assertThat(DomainAccess.MANAGER.forAllDomains()).isEqualTo(-1);
        assertThat(DomainAccess.of(DomainAccess.RESERVED.forAllDomains(), 7)).isEqualTo(DomainAccess.RESERVED);
        assertThat(DomainAccess.DOMAINS).isEqualTo(16);
    }
}
