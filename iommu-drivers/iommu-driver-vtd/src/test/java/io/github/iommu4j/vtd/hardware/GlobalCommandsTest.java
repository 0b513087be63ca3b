package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.vtd.layout.InterruptEntry;
import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.TableMode;
import io.github.iommu4j.vtd.layout.VtdRegister;
import org.junit.jupiter.api.Test;

class GlobalCommandsTest {

    private final RegisterRig rig = RegisterRig.of(Units.FULL);

    private long status() {
        return rig.read(VtdRegister.GSTS);
    }

    @Test
    void theRootTableTakesEffectWithItsCommandOnly() {
        rig.write(VtdRegister.RTADDR, 0x5400);
        assertThat(rig.translation.states).isEmpty();
        rig.command(RegisterRig.SRTP);
        assertThat(rig.translation.state()).isEqualTo(new ControlState(false, TableMode.SCALABLE, 0x5000));
        rig.write(VtdRegister.RTADDR, 0x6000);
        rig.command(RegisterRig.TE);
        assertThat(rig.translation.state()).isEqualTo(new ControlState(true, TableMode.SCALABLE, 0x5000));
        assertThat(status()).isEqualTo(0xC000_0000L);
    }

    @Test
    void oneShotBitsStayWhenTheyAreWrittenAsZero() {
        rig.command(RegisterRig.SRTP);
        rig.command(RegisterRig.SIRTP);
        rig.write(VtdRegister.GCMD, 0);
        assertThat(status()).isEqualTo(RegisterRig.SRTP | RegisterRig.SIRTP);
    }

    @Test
    void writingStatusBackRepeatsOneShotCommands() {
        rig.write(VtdRegister.RTADDR, 0x5000);
        rig.command(RegisterRig.SRTP);
        rig.write(VtdRegister.RTADDR, 0x6000);
        rig.write(VtdRegister.GCMD, status() | RegisterRig.TE);
        assertThat(rig.translation.state().rootTable()).isEqualTo(0x6000);
    }

    @Test
    void translationWithoutARootTableHasNoMode() {
        rig.command(RegisterRig.TE);
        assertThat(rig.translation.state()).isEqualTo(new ControlState(true, TableMode.RESERVED, 0));
    }

    @Test
    void switchingTranslationOffEmptiesCachesOfAScalableUnitOnly() {
        rig.command(RegisterRig.SRTP);
        rig.command(RegisterRig.TE);
        assertThat(rig.translation.taken()).isEmpty();
        rig.cancel(RegisterRig.TE);
        assertThat(rig.translation.taken()).containsExactly("everything");
        assertThat(status()).isEqualTo(RegisterRig.SRTP);
        RegisterRig legacy = RegisterRig.of(Units.PLAIN);
        legacy.command(RegisterRig.SRTP);
        legacy.command(RegisterRig.TE);
        legacy.cancel(RegisterRig.TE);
        assertThat(legacy.translation.taken()).isEmpty();
        assertThat(legacy.translation.state().translating()).isFalse();
    }

    @Test
    void aNewRootTableEmptiesCachesWhereTheUnitSaysSo() {
        rig.command(RegisterRig.SRTP);
        assertThat(rig.translation.taken()).isEmpty();
        RegisterRig other = RegisterRig.of(Units.cap(Units.CAP | 1L << Units.ESRTPS));
        other.command(RegisterRig.SRTP);
        assertThat(other.translation.taken()).containsExactly("everything");
    }

    @Test
    void aNewInterruptTableEmptiesItsCacheWhereTheUnitSaysSo() {
        for (long esirtps : new long[] {0, 1L << Units.ESIRTPS}) {
            RegisterRig other = RegisterRig.of(Units.cap(Units.CAP | esirtps));
            InterruptEntry.remapped(0x31, 0x100).writeTo(other.memory, 0x8000);
            other.write(VtdRegister.IRTA, 0x8000);
            other.command(RegisterRig.SIRTP);
            other.command(RegisterRig.IRE);
            assertThat(other.vtd.remap(InterruptWrite.of(1, 0xFEE0_0010L, 0)).kind())
                    .isEqualTo(InterruptAnswer.Kind.DELIVERED);
            other.write(VtdRegister.IRTA, 0x9000);
            other.command(RegisterRig.SIRTP);
            assertThat(other.vtd.remap(InterruptWrite.of(1, 0xFEE0_0010L, 0)).kind())
                    .isEqualTo(esirtps == 0 ? InterruptAnswer.Kind.DELIVERED : InterruptAnswer.Kind.BLOCKED);
        }
    }

    @Test
    void commandsOfAbsentCapabilitiesAreIgnored() {
        RegisterRig bare = RegisterRig.of(Units.ecap(0x5000));
        bare.write(
                VtdRegister.GCMD,
                RegisterRig.QIE | RegisterRig.IRE | RegisterRig.SIRTP | RegisterRig.CFI | RegisterRig.WBF | 3L << 28);
        assertThat(bare.read(VtdRegister.GSTS)).isZero();
    }

    @Test
    void stickyCommandsFollowWhatIsWritten() {
        rig.command(RegisterRig.IRE);
        rig.command(RegisterRig.CFI);
        assertThat(status()).isEqualTo(RegisterRig.IRE | RegisterRig.CFI);
        rig.cancel(RegisterRig.IRE);
        assertThat(status()).isEqualTo(RegisterRig.CFI);
        rig.cancel(RegisterRig.CFI);
        assertThat(status()).isZero();
    }

    @Test
    void theStatusThatMachinesHaveIsReachedByTheWritesThatLeadThere() {
        rig.write(VtdRegister.IQA, 0x11c_6801);
        rig.write(VtdRegister.GCMD, 0x0400_0000);
        rig.write(VtdRegister.IRTA, 0x120_000F);
        rig.write(VtdRegister.GCMD, 0x0500_0000);
        rig.write(VtdRegister.GCMD, 0x0600_0000);
        rig.write(VtdRegister.RTADDR, 0x263_b400);
        rig.write(VtdRegister.GCMD, 0x4600_0000);
        rig.write(VtdRegister.GCMD, 0x8600_0000L);
        assertThat(status()).isEqualTo(0xC700_0000L);
        assertThat(rig.translation.state()).isEqualTo(new ControlState(true, TableMode.SCALABLE, 0x263_b000));
    }

    @Test
    void aQueueThatIsSwitchedOffBeginsAtZero() {
        rig.startQueue();
        rig.submit(InvalidationDescriptor.iotlbGlobal());
        assertThat(rig.read(VtdRegister.IQH)).isEqualTo(0x20);
        rig.cancel(RegisterRig.QIE);
        assertThat(rig.read(VtdRegister.IQH)).isZero();
        assertThat(status()).isZero();
        rig.command(RegisterRig.QIE);
        assertThat(rig.translation.taken()).containsExactly("iotlb global", "iotlb global");
    }

    @Test
    void switchingTranslationOffRestartsFaultRecordsOnlyAsADeviation() {
        for (VtdDeviation[] on : new VtdDeviation[][] {{}, {VtdDeviation.FAULT_INDEX_RESET_WITH_TRANSLATION}}) {
            RegisterRig other = RegisterRig.of(Units.FULL, on);
            other.command(RegisterRig.TE);
            other.report(5, 1);
            other.free(0);
            other.cancel(RegisterRig.TE);
            other.report(6, 2);
            assertThat(other.fault(on.length == 0 ? 1 : 0).reason()).isEqualTo(6);
        }
    }
}
