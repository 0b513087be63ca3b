package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.memory.MmioRegion;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/** Random accesses against a naive model of the register file. */
class RegisterFileProperties {

    private static final long GCMD = 0x18;
    private static final long COMMANDS = 0xC380_0000L;
    private static final long[] PLACES = {
        0x00, 0x08, 0x10, 0x1C, 0x20, 0x28, 0x34, 0x38, 0x3C, 0x40, 0x44, 0x58, 0x60, 0x64, 0x68, 0x6C, 0x70, 0x78,
                0x80,
        0x88, 0x90, 0x9C, 0xA0, 0xA4, 0xA8, 0xAC, 0xB0, 0xB8, 0xC0, 0xC8, 0xD0, 0xDC, 0xE0, 0xE4, 0xE8, 0xEC, 0x100,
                0x400,
        0xE00, 0x500, 0x508, 0x1000
    };

    /** What does not depend on anything: RWBF, PLMR, PHMR, CM, PSI, NFR, MAMV, drains, ECMDS, ESIRTPS, ESRTPS. */
    private static final long OTHER_CAP = 0xE0FF_0F80_0000_00F0L;
    /** MHMV, MTS, VCS, PMS, ADMS. */
    private static final long OTHER_ECAP = 0xFL << 20 | 1L << 25 | 1L << 44 | 1L << 51 | 1L << 52;

    private static final long[] ECAPS = {
        Units.ECAP, Units.ECAP & ~(1L << 29), Units.ECAP & ~(1L << 29 | 4), 0x5008 | 0x1A, 0x5002, 0x5000
    };

    @Property(tries = 1500, shrinking = ShrinkingMode.OFF)
    void registersReadWhatTheNaiveModelSays(@ForAll long seed) {
        Random dice = new Random(seed);
        MmioRegion window = RegisterRig.of(Units.FULL).vtd.registers();
        NaiveRegisters naive = new NaiveRegisters();
        for (int i = 0; i < 60; i++) {
            long value = dice.nextInt(4) == 0 ? -1L : dice.nextLong();
            if (dice.nextInt(10) == 0) {
                window.write(GCMD, 4, value & COMMANDS);
                naive.command(value & COMMANDS);
            } else {
                long offset = PLACES[dice.nextInt(PLACES.length)] + (dice.nextInt(3) == 0 ? 4 : 0);
                int width = dice.nextInt(20) == 0 ? 1 << dice.nextInt(2) : 4 << dice.nextInt(2);
                window.write(offset, width, value);
                naive.write(offset, width, value);
            }
            long offset = PLACES[dice.nextInt(PLACES.length)] + (dice.nextInt(3) == 0 ? 4 : 0);
            int width = 4 << dice.nextInt(2);
            assertThat(window.read(offset, width))
                    .as("seed %d access %d at %x width %d", seed, i, offset, width)
                    .isEqualTo(naive.read(offset, width));
        }
    }

    private static VtdCapabilities someCapabilities(Random dice) {
        long ecap = ECAPS[dice.nextInt(ECAPS.length)] | dice.nextLong() & OTHER_ECAP;
        long cap = Units.ecap(ecap).cap() & ~(0x3FFL << 24) | 0x60L << 24;
        return VtdCapabilities.of(dice.nextInt(0x80), cap ^ dice.nextLong() & OTHER_CAP, ecap, 46);
    }

    @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
    void noSequenceOfAccessesCrashesOrLoops(@ForAll long seed) {
        Random dice = new Random(seed);
        RegisterRig rig = RegisterRig.of(someCapabilities(dice));
        MmioRegion window = rig.vtd.registers();
        for (int i = 0; i < 100; i++) {
            window.write(dice.nextInt(0x200) * 4L, 4 << dice.nextInt(2), dice.nextLong());
            window.read(dice.nextInt(0x1000), 1 << dice.nextInt(4));
            rig.vtd.step();
        }
        rig.vtd.reset();
        assertThat(window.read(0x1C, 4)).isZero();
    }
}
