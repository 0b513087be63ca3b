package io.github.iommu4j.armshort.checks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.AddressType;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Privilege;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.armshort.hardware.ArmV7Capabilities;
import io.github.iommu4j.armshort.hardware.ArmV7Feature;
import io.github.iommu4j.armshort.hardware.ArmV7Mmu;
import io.github.iommu4j.armshort.hardware.Infracfg;
import io.github.iommu4j.armshort.hardware.M4u;
import io.github.iommu4j.armshort.hardware.M4uCapabilities;
import io.github.iommu4j.armshort.hardware.M4uFeature;
import io.github.iommu4j.armshort.hardware.TlbGeometry;
import io.github.iommu4j.armshort.layout.ArmV7Register;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.armshort.reference.ReferenceM4u;
import io.github.iommu4j.armshort.reference.ReferenceMmu;
import io.github.iommu4j.armshort.reference.Verdict;
import io.github.iommu4j.testkit.memory.WatchedMemory;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.junit.jupiter.api.Test;

/**
 * Random registers and tables, garbage included: every access ends as the reference says, after two reads at most. There
 * is no cache: the sixteen words of a large region, which garbage does not keep equal, would let it answer otherwise.
 */
class ReferenceProperties {

    private static final int PROBES = 60;
    private static final int MOST_READS = 2;

    /** A plain unit with everything random, and its reference. */
    private static final class Plain {
        final RandomTables tables;
        final WatchedMemory watched;
        final ArmV7Mmu mmu;
        final ReferenceMmu reference;

        Plain(long seed) {
            tables = new RandomTables(seed);
            watched = new WatchedMemory(tables.memory);
            Random random = tables.random;
            ArmV7Capabilities capabilities = capabilities(random);
            mmu = ArmV7Mmu.builder(watched)
                    .capabilities(capabilities)
                    .tlb(TlbGeometry.OFF)
                    .build();
            int sctlr = random.nextInt() | (random.nextInt(10) > 0 ? 1 : 0);
            sctlr &= random.nextInt(4) == 0 ? -1 : ~(1 << 25);
            int ttbcr = random.nextInt(3) == 0 ? random.nextInt() & 0x37 : random.nextInt(8);
            int dacr = random.nextBoolean() ? random.nextInt() | 0x5555_5555 : random.nextInt();
            ReferenceMmu.Registers registers = new ReferenceMmu.Registers(
                    sctlr, tables.base(), tables.base(), ttbcr, dacr, random.nextInt(), random.nextInt());
            write(registers);
            tables.fill(registers.ttbr0() & 0xFFFF_C000L, 32);
            tables.thicken();
            reference = new ReferenceMmu(
                    tables.memory,
                    new ReferenceMmu.Part(
                            capabilities.outputBits(),
                            capabilities.features().contains(ArmV7Feature.PXN),
                            capabilities.features().contains(ArmV7Feature.SUPERSECTIONS),
                            capabilities.features().contains(ArmV7Feature.SECURE_INSTRUCTION_FETCH)),
                    registers);
        }

        private static ArmV7Capabilities capabilities(Random random) {
            Set<ArmV7Feature> features = EnumSet.noneOf(ArmV7Feature.class);
            for (ArmV7Feature feature : ArmV7Feature.values()) {
                if (random.nextBoolean()) {
                    features.add(feature);
                }
            }
            if (!features.contains(ArmV7Feature.SECURE)) {
                features.remove(ArmV7Feature.SECURE_INSTRUCTION_FETCH);
            }
            int[] widths = {32, 36, 40};
            int width = features.contains(ArmV7Feature.SUPERSECTIONS) ? widths[random.nextInt(3)] : 32;
            return new ArmV7Capabilities(width, features);
        }

        private void write(ReferenceMmu.Registers registers) {
            set(ArmV7Register.TTBR0, registers.ttbr0());
            set(ArmV7Register.TTBR1, registers.ttbr1());
            set(ArmV7Register.TTBCR, registers.ttbcr());
            set(ArmV7Register.DACR, registers.dacr());
            set(ArmV7Register.PRRR, registers.prrr());
            set(ArmV7Register.NMRR, registers.nmrr());
            set(ArmV7Register.SCTLR, registers.sctlr());
        }

        void set(ArmV7Register register, int value) {
            mmu.registers().write(register.offset(), 4, value);
        }

        int get(ArmV7Register register) {
            return (int) mmu.registers().read(register.offset(), 4);
        }

        ReferenceMmu.Request request() {
            Access access = Access.values()[tables.random.nextInt(4)];
            return new ReferenceMmu.Request(tables.address(32), access, tables.random.nextBoolean());
        }
    }

    private static DmaRequest dma(ReferenceMmu.Request request) {
        Privilege privilege = request.privileged() ? Privilege.PRIVILEGED : Privilege.UNPRIVILEGED;
        return new DmaRequest(
                0, TranslationUnit.NO_SUBSTREAM, request.va(), request.access(), privilege, AddressType.UNTRANSLATED);
    }

    private static void compare(Verdict verdict, Translation answer, Object context) {
        if (verdict.isOk()) {
            Translation.Ok expected =
                    new Translation.Ok(verdict.pa(), verdict.sizeLg2(), verdict.permissions(), verdict.attributes());
            assertThat(answer).as("%s", context).isEqualTo(expected);
        } else {
            assertThat(answer)
                    .as("%s %s", context, verdict)
                    .isInstanceOfSatisfying(
                            Translation.Fault.class,
                            fault -> assertThat(fault.code()).isEqualTo(verdict.faultStatus(Access.EXECUTE)));
        }
    }

    private static String probe(Plain plain) {
        ReferenceMmu.Request request = plain.request();
        Verdict verdict = plain.reference.translate(request);
        compare(verdict, plain.mmu.explain(dma(request)).result(), request);
        long reads = plain.watched.loads();
        compare(verdict, plain.mmu.translate(dma(request)), request);
        // Once without locks, once more with them when it faults.
        assertThat(plain.watched.loads() - reads).isLessThanOrEqualTo(2 * MOST_READS);
        if (!verdict.isOk()) {
            boolean fetch = request.access() == Access.EXECUTE;
            int status = plain.get(fetch ? ArmV7Register.IFSR : ArmV7Register.DFSR);
            int address = plain.get(fetch ? ArmV7Register.IFAR : ArmV7Register.DFAR);
            assertThat(status).as("%s", verdict).isEqualTo(verdict.faultStatus(request.access()) & (fetch ? 0xF : -1));
            assertThat(address).isEqualTo((int) request.va());
        }
        return verdict.isOk() ? "ok 2^" + verdict.sizeLg2() : verdict.fault();
    }

    @Property(tries = 2000, shrinking = ShrinkingMode.OFF)
    void thePlainUnitAnswersAsTheReference(@ForAll long seed) {
        Plain plain = new Plain(seed);
        for (int i = 0; i < PROBES; i++) {
            probe(plain);
        }
    }

    /** The property above is worth something only if everything that can happen does. */
    @Test
    void everyAnswerComesUp() {
        Map<String, Integer> seen = new TreeMap<>();
        for (long seed = 0; seed < 300; seed++) {
            Plain plain = new Plain(seed);
            for (int i = 0; i < PROBES; i++) {
                seen.merge(probe(plain), 1, Integer::sum);
            }
        }
        assertThat(seen.keySet())
                .containsExactlyInAnyOrder(
                        "L1 abort",
                        "L1 access flag",
                        "L1 domain",
                        "L1 permission",
                        "L1 translation",
                        "L2 abort",
                        "L2 access flag",
                        "L2 domain",
                        "L2 permission",
                        "L2 translation",
                        "ok 2^12",
                        "ok 2^16",
                        "ok 2^20",
                        "ok 2^24",
                        "ok 2^63");
        assertThat(seen.values()).allMatch(count -> count > 30, "more than thirty times");
    }

    @Property(tries = 1500, shrinking = ShrinkingMode.OFF)
    void theM4uAnswersAsTheReference(@ForAll long seed) {
        RandomTables tables = new RandomTables(seed);
        Random random = tables.random;
        WatchedMemory watched = new WatchedMemory(tables.memory);
        int inputBits = random.nextBoolean() ? 32 : 34;
        int outputBits = 33 + random.nextInt(3);
        boolean above = random.nextBoolean();
        boolean fourGigabytes = random.nextBoolean();
        M4u m4u = M4u.builder(watched)
                .capabilities(M4uCapabilities.mt8183()
                        .withAddresses(inputBits, outputBits)
                        .withFeatures(above ? new M4uFeature[] {M4uFeature.TABLES_ABOVE_4G} : new M4uFeature[0]))
                .infracfg(
                        new Infracfg(fourGigabytes ? Infracfg.MemoryMode.FOUR_GIGABYTES : Infracfg.MemoryMode.ORDINARY))
                .tlb(TlbGeometry.OFF)
                .build();
        int base = tables.base();
        m4u.registers().write(M4uRegister.PT_BASE_ADDR.offset(), 4, base);
        m4u.larb(0).registers().write(0x380, 4, 1);
        tables.fill(base & 0xFFFF_0000L, inputBits);
        tables.fill(base & 0xFFFF_0000L | 1L << 32, inputBits);
        tables.thicken();
        ReferenceM4u reference =
                new ReferenceM4u(tables.memory, new ReferenceM4u.Part(inputBits, outputBits, above, fourGigabytes));
        for (int i = 0; i < PROBES; i++) {
            long iova = tables.address(inputBits);
            long expected = reference.translate(base, iova);
            DmaRequest request = DmaRequest.of(0, iova, Access.values()[random.nextInt(4)]);
            long reads = watched.loads();
            Translation answer = m4u.translate(request);
            assertThat(watched.loads() - reads).isLessThanOrEqualTo(2 * MOST_READS);
            if (expected >= 0) {
                assertThat(answer)
                        .isInstanceOfSatisfying(
                                Translation.Ok.class,
                                ok -> assertThat(ok.pa()).as("0x%x", iova).isEqualTo(expected));
            } else {
                assertThat(answer).isInstanceOf(Translation.Fault.class);
                boolean aborted = (m4u.registers().read(M4uRegister.L2_FAULT_ST.offset(), 4) & 2) != 0;
                assertThat(aborted).as("0x%x", iova).isEqualTo(expected == -2);
                m4u.registers().write(M4uRegister.INT_CONTROL0.offset(), 4, 1 << 12);
            }
        }
    }
}
