package io.github.iommu4j.armshort.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.armshort.layout.M4uLayout;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.armshort.layout.RegisterAccess;
import io.github.iommu4j.core.memory.SparseMemory;
import org.junit.jupiter.api.Test;

/** Resets, access types and what is writable. */
class M4uRegistersTest {

    private final M4u m4u = M4u.builder(new SparseMemory()).build();

    private long read(M4uRegister register) {
        return m4u.registers().read(register.offset(), 4);
    }

    private void write(M4uRegister register, long value) {
        m4u.registers().write(register.offset(), 4, value);
    }

    @Test
    void everythingIsZeroAfterResetButWhatDriversClear() {
        for (int round = 0; round < 2; round++) {
            for (M4uRegister register : M4uRegister.values()) {
                long expected = switch (register) {
                    case MISC_CTRL -> 0x000A_000AL;
                    case WR_LEN_CTRL -> 0x0022_0022L;
                    case VLD_PA_RNG -> 0xFF00L;
                    default -> 0;
                };
                assertThat(read(register)).as("%s", register).isEqualTo(expected);
            }
            for (M4uRegister register : M4uRegister.values()) {
                write(register, 0xFFFF_FFFFL);
            }
            m4u.reset();
        }
    }

    /** Linux restores nothing when it saved a zero. */
    @Test
    void writeThrottlingOffLeavesBitsInWrLenCtrl() {
        write(M4uRegister.WR_LEN_CTRL, read(M4uRegister.WR_LEN_CTRL) & ~(1L << 5 | 1L << 21));
        assertThat(read(M4uRegister.WR_LEN_CTRL)).isNotZero();
    }

    @Test
    void registersKeepTheBitsTheyHave() {
        for (M4uRegister register : M4uRegister.values()) {
            write(register, 0xFFFF_FFFFL);
            long expected = switch (register) {
                case INVALIDATE, INV_SEL_GEN2 -> 0;
                case CPE_DONE -> 1; // INVALIDATE has started a range
                case INV_SEL_GEN1 -> 3;
                case VLD_PA_RNG -> 0xFFFF;
                case INT_CONTROL0 -> 0x6F;
                case INT_MAIN_CONTROL -> 0x3FFF;
                default -> register.access() == RegisterAccess.RO ? 0 : 0xFFFF_FFFFL;
            };
            assertThat(read(register)).as("%s", register).isEqualTo(expected);
        }
    }

    @Test
    void invSelStandsWhereThePartHasIt() {
        M4u later = M4u.builder(new SparseMemory())
                .capabilities(M4uCapabilities.mt8183().withLayout(M4uLayout.MT6779))
                .build();
        later.registers().write(0x2C, 4, 7);
        later.registers().write(0x38, 4, 7);
        assertThat(later.registers().read(0x2C, 4)).isEqualTo(3);
        assertThat(later.registers().read(0x38, 4)).isZero();
    }

    @Test
    void onlyAlignedWordsReachRegisters() {
        for (int width : new int[] {1, 2, 8}) {
            m4u.registers().write(0x110, width, 0x50);
            assertThat(m4u.registers().read(0x48, width)).isZero();
        }
        for (long offset : new long[] {0x111, 0x1_0000_0110L, -4, 0x1000, 0x0FC, 0xFFC}) {
            m4u.registers().write(offset, 4, 0x50);
            assertThat(m4u.registers().read(offset, 4)).isZero();
        }
        assertThat(read(M4uRegister.CTRL_REG)).isZero();
        assertThat(m4u.registers().size()).isEqualTo(0x1000);
    }

    @Test
    void aNewM4uHasNothingToStep() {
        assertThat(m4u.step()).isFalse();
        assertThat(m4u.capabilities()).isEqualTo(M4uCapabilities.mt8173());
    }
}
