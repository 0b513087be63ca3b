package io.github.iommu4j.armshort.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.armshort.layout.ArmV7Register;
import io.github.iommu4j.armshort.layout.DomainAccess;
import io.github.iommu4j.armshort.layout.FaultStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Domains, AP, XN, PXN, WXN and UWXN (Arm DDI 0406C B3.7). */
class ArmRightsTest {

    private static final long TABLE = 0x8000_4400L;
    private static final int SECTION = 0x4000_0002;

    private final ArmBench bench = new ArmBench();

    private static int ap(int ap) {
        return (ap & 4) << 13 | (ap & 3) << 10;
    }

    @ParameterizedTest
    @CsvSource({
        "0, ---, ---",
        "1, rwx, ---",
        "2, rwx, r-x",
        "3, rwx, rwx",
        "4, ---, ---",
        "5, r-x, ---",
        "6, r-x, r-x",
        "7, r-x, r-x"
    })
    void withoutAccessFlagAllThreeBitsOfApDecide(int ap, String privileged, String user) {
        bench.set(ArmV7Register.SCTLR, ArmBench.M).level1(0, SECTION | ap(ap));
        assertThat(bench.rights(0, true)).isEqualTo(privileged);
        assertThat(bench.rights(0, false)).isEqualTo(user);
        bench.level1(0x10_0000, (int) TABLE | 1).level2(TABLE, 0x10_0000, 0x4000_1002 | (ap & 4) << 7 | (ap & 3) << 4);
        assertThat(bench.rights(0x10_0000, true)).isEqualTo(privileged);
        assertThat(bench.rights(0x10_0000, false)).isEqualTo(user);
    }

    @ParameterizedTest
    @CsvSource({"1, rwx, ---", "3, rwx, rwx", "5, r-x, ---", "7, r-x, r-x"})
    void withAccessFlagTheUpperTwoBitsOfApDecide(int ap, String privileged, String user) {
        bench.level1(0, SECTION | ap(ap));
        assertThat(bench.rights(0, true)).isEqualTo(privileged);
        assertThat(bench.rights(0, false)).isEqualTo(user);
    }

    @Test
    void anAtomicAccessNeedsBoth() {
        bench.level1(0, SECTION | ap(7));
        bench.faults(bench.mmu.translate(DmaRequest.of(0, 0, Access.READ_WRITE)), FaultStatus.PERMISSION_L1);
        assertThat(bench.get(ArmV7Register.DFSR)).isEqualTo(0x80D);
    }

    @Test
    void whatIsNotReadableIsNotExecutable() {
        bench.level1(0, SECTION | ap(1));
        bench.faults(bench.mmu.translate(DmaRequest.of(0, 0, Access.EXECUTE)), FaultStatus.PERMISSION_L1);
        assertThat(bench.get(ArmV7Register.IFSR)).isEqualTo(0xD);
    }

    @ParameterizedTest
    @CsvSource({"1, rw-, ---", "2, rw-, r-x", "3, rw-, rw-", "5, r-x, ---", "7, r-x, r-x"})
    void wxnTakesExecutionFromWhatIsWritable(int ap, String privileged, String user) {
        bench.set(ArmV7Register.SCTLR, ArmBench.M | ArmBench.WXN).level1(0, SECTION | ap(ap));
        assertThat(bench.rights(0, true)).isEqualTo(privileged);
        assertThat(bench.rights(0, false)).isEqualTo(user);
    }

    @ParameterizedTest
    @CsvSource({"1, rwx, ---", "2, rwx, r-x", "3, rw-, rwx", "7, r-x, r-x"})
    void uwxnTakesPrivilegedExecutionFromWhatUsersMayWrite(int ap, String privileged, String user) {
        bench.set(ArmV7Register.SCTLR, ArmBench.M | ArmBench.UWXN).level1(0, SECTION | ap(ap));
        assertThat(bench.rights(0, true)).isEqualTo(privileged);
        assertThat(bench.rights(0, false)).isEqualTo(user);
    }

    @Test
    void noAccessAndReservedDomainsFaultByLevel() {
        bench.level1(0, SECTION | ap(3) | 5 << 5)
                .level1(0x10_0000, (int) TABLE | 5 << 5 | 1)
                .level2(TABLE, 0x10_0000, 0x4000_1C72);
        for (DomainAccess access : new DomainAccess[] {DomainAccess.NO_ACCESS, DomainAccess.RESERVED}) {
            bench.set(ArmV7Register.DACR, access.ordinal() << 10);
            bench.faults(bench.read(0), FaultStatus.DOMAIN_L1);
            assertThat(bench.get(ArmV7Register.DFSR)).isEqualTo(0x59);
            bench.faults(bench.write(0x10_0000), FaultStatus.DOMAIN_L2);
            assertThat(bench.get(ArmV7Register.DFSR)).isEqualTo(0x85B);
        }
    }

    @Test
    void aManagerIsNotCheckedExceptForTheAccessFlag() {
        bench.set(ArmV7Register.DACR, DomainAccess.MANAGER.forAllDomains());
        bench.level1(0, SECTION | 1 << 4 | ap(5));
        assertThat(bench.rights(0, false)).isEqualTo("rwx");
        bench.level1(0x10_0000, SECTION | ap(2));
        bench.faults(bench.read(0x10_0000), FaultStatus.ACCESS_FLAG_L1);
    }

    @Test
    void dacrIsLookedAtWhenATranslationIsUsed() {
        bench.level1(0, SECTION | ap(7));
        assertThat(bench.read(0)).isInstanceOf(Translation.Ok.class);
        bench.set(ArmV7Register.DACR, 0);
        bench.faults(bench.read(0), FaultStatus.DOMAIN_L1);
        bench.set(ArmV7Register.DACR, DomainAccess.MANAGER.forAllDomains());
        assertThat(bench.write(0)).isInstanceOf(Translation.Ok.class);
    }

    /** B3.5: translation and access flag at both levels come before domain, domain before permission. */
    @Test
    void faultsComeInTheArchitecturesOrder() {
        bench.set(ArmV7Register.DACR, 0);
        bench.level1(0, SECTION);
        bench.faults(bench.write(0), FaultStatus.ACCESS_FLAG_L1);
        bench.level1(0, SECTION | ap(5));
        bench.faults(bench.write(0), FaultStatus.DOMAIN_L1);
        bench.set(ArmV7Register.DACR, 0x5555_5555);
        bench.faults(bench.write(0), FaultStatus.PERMISSION_L1);
        bench.set(ArmV7Register.DACR, 0).level1(0x10_0000, (int) TABLE | 1);
        bench.faults(bench.write(0x10_0000), FaultStatus.TRANSLATION_L2);
        bench.level2(TABLE, 0x10_0000, 0x4000_1202);
        bench.faults(bench.write(0x10_0000), FaultStatus.ACCESS_FLAG_L2);
        bench.level2(TABLE, 0x10_0000, 0x4000_1212);
        bench.faults(bench.write(0x10_0000), FaultStatus.DOMAIN_L2);
        bench.set(ArmV7Register.DACR, 0x5555_5555);
        bench.faults(bench.write(0x10_0000), FaultStatus.PERMISSION_L2);
    }

    @Test
    void aSecureUnitMayRefuseToFetchWhatIsNotSecure() {
        ArmBench secure = new ArmBench(
                ArmV7Capabilities.everything().with(ArmV7Feature.SECURE, ArmV7Feature.SECURE_INSTRUCTION_FETCH));
        secure.level1(0, SECTION | ap(3) | 1 << 19)
                .level1(0x10_0000, SECTION | ap(3))
                .level1(0x20_0000, (int) TABLE | 1 << 3 | 1)
                .level2(TABLE, 0x20_0000, 0x4000_1C72);
        assertThat(secure.rights(0, true)).isEqualTo("rw-");
        assertThat(secure.rights(0x10_0000, true)).isEqualTo("rwx");
        assertThat(secure.rights(0x20_0000, false)).isEqualTo("rw-");
        bench.level1(0, SECTION | ap(3) | 1 << 19);
        assertThat(bench.rights(0, true)).isEqualTo("rwx");
    }
}
