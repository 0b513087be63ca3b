package io.github.iommu4j.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.AddressType;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Privilege;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.testkit.conformance.TranslationUnitSubject.BeforeProgramming;
import io.github.iommu4j.testkit.conformance.TranslationUnitSubject.Traffic;
import io.github.iommu4j.testkit.memory.WatchedMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * What every {@link TranslationUnit} must do, whatever its architecture. An implementation's test class extends this and
 * hands in its {@link TranslationUnitSubject}.
 */
public abstract class TranslationUnitConformance {

    private static final int RANDOM_ACCESSES = 20_000;
    private static final int FETCHES_OF_ONE_TRANSLATION = 128;

    /** Only for subclasses. */
    protected TranslationUnitConformance() {}

    /**
     * The implementation under test.
     *
     * @return what the suite must know of it
     */
    protected abstract TranslationUnitSubject subject();

    @Test
    void anUnprogrammedUnitReadsNothingAndDoesAsItsArchitectureSays() {
        WatchedMemory memory = new WatchedMemory(new SparseMemory());
        TranslationUnit unit = subject().afterReset(memory);
        for (DmaRequest request : List.of(DmaRequest.read(0, 0x1000), DmaRequest.write(7, 0x8000_0000L))) {
            Translation answer = unit.translate(request);
            if (subject().beforeProgramming() == BeforeProgramming.PASSES) {
                assertThat(answer)
                        .isInstanceOfSatisfying(
                                Translation.Ok.class, ok -> assertThat(ok.pa()).isEqualTo(request.iova()));
            } else {
                assertThat(answer)
                        .isInstanceOfSatisfying(
                                Translation.Fault.class,
                                fault -> assertThat(fault.recorded()).isFalse());
            }
        }
        assertThat(memory.loads()).isZero();
        assertThat(memory.stores()).isZero();
    }

    @Test
    void programmedTrafficGoesThroughOrFaultsAsProgrammed() {
        PhysicalMemory memory = new SparseMemory();
        TranslationUnit unit = subject().afterReset(memory);
        Traffic traffic = subject().program(unit, memory);
        assertThat(traffic.translated()).isNotEmpty();
        assertThat(traffic.faulting()).isNotEmpty();
        for (int round = 0; round < 2; round++) {
            for (DmaRequest request : traffic.translated()) {
                assertThat(unit.translate(request).kind()).as("%s", request).isEqualTo(Translation.Kind.OK);
            }
            for (DmaRequest request : traffic.faulting()) {
                assertThat(unit.translate(request).kind()).as("%s", request).isEqualTo(Translation.Kind.FAULT);
            }
        }
    }

    @Test
    void packedAnswersAndRecordAnswersAgree() {
        PhysicalMemory memory = new SparseMemory();
        TranslationUnit unit = subject().afterReset(memory);
        Traffic traffic = subject().program(unit, memory);
        PhysicalMemory twinMemory = new SparseMemory();
        TranslationUnit twin = subject().afterReset(twinMemory);
        subject().program(twin, twinMemory);
        for (DmaRequest request : accesses(traffic)) {
            long packed =
                    twin.translate(request.streamId(), request.substreamId(), request.iova(), request.accessBits());
            assertAgree(request, packed, unit.translate(request));
        }
    }

    @Test
    void explainChangesNothingAndForetellsTranslate() {
        WatchedMemory memory = new WatchedMemory(new SparseMemory());
        TranslationUnit unit = subject().afterReset(memory);
        Traffic traffic = subject().program(unit, memory);
        for (DmaRequest request : accesses(traffic)) {
            List<Long> registersBefore = registersOf(unit);
            long stores = memory.stores();
            Explanation explanation = unit.explain(request);
            assertThat(memory.stores()).as("stores for %s", request).isEqualTo(stores);
            assertThat(registersOf(unit)).as("registers after %s", request).isEqualTo(registersBefore);
            assertThat(explanation.request()).isEqualTo(request);
            assertThat(explanation.toText()).isNotBlank();
            assertThat(unit.explain(request)).isEqualTo(explanation);
            assertThat(explanation.result()).as("%s", explanation.toText()).isEqualTo(unit.translate(request));
        }
    }

    @Test
    void noAccessThrowsOrReadsWithoutEnd() {
        WatchedMemory memory = new WatchedMemory(new SparseMemory());
        TranslationUnit unit = subject().afterReset(memory);
        Random random = new Random(20_240_607);
        for (int pass = 0; pass < 2; pass++) {
            for (int i = 0; i < RANDOM_ACCESSES; i++) {
                long loads = memory.loads();
                DmaRequest request = randomRequest(random);
                assertThat(unit.translate(request)).isNotNull();
                assertThat(memory.loads() - loads).as("%s", request).isLessThan(FETCHES_OF_ONE_TRANSLATION);
                unit.translate(random.nextInt(), random.nextInt(), random.nextLong(), random.nextInt());
            }
            subject().program(unit, memory);
        }
    }

    @Test
    void noRegisterAccessThrows() {
        TranslationUnit unit = subject().afterReset(new SparseMemory());
        MmioRegion registers = unit.registers();
        assertThat(registers.size()).isPositive();
        assertThat(registers.size() % 4096).isZero();
        assertThat(unit.registers()).isSameAs(registers);
        Random random = new Random(3);
        for (int i = 0; i < RANDOM_ACCESSES; i++) {
            int width = 1 << random.nextInt(4);
            long offset = (long) (random.nextDouble() * 1.1 * registers.size());
            registers.write(offset, width, random.nextLong());
            long value = registers.read(offset, width);
            assertThat(width == 8 ? 0 : value >>> 8 * width)
                    .as("width of 0x%x", offset)
                    .isZero();
            unit.step();
        }
    }

    private static void assertAgree(DmaRequest request, long packed, Translation answer) {
        if (answer instanceof Translation.Ok ok) {
            assertThat(Translations.isOk(packed)).as("%s", request).isTrue();
            assertThat(Translations.pa(packed)).isEqualTo(ok.pa());
            assertThat(Translations.sizeLg2(packed)).isEqualTo(ok.sizeLg2());
            assertThat(Translations.permissions(packed)).isEqualTo(ok.permissions());
        } else if (answer instanceof Translation.Stalled stalled) {
            assertThat(Translations.isStalled(packed)).as("%s", request).isTrue();
            assertThat(Translations.faultCode(packed)).isEqualTo(stalled.code());
        } else {
            Translation.Fault fault = (Translation.Fault) answer;
            assertThat(Translations.isOk(packed)).as("%s", request).isFalse();
            assertThat(Translations.faultCode(packed)).isEqualTo(fault.code());
            assertThat(Translations.response(packed)).isEqualTo(fault.response());
            assertThat(Translations.isRecorded(packed)).isEqualTo(fault.recorded());
            assertThat(fault.code() != 0 || !fault.recorded()).isTrue();
            assertThat(fault.response()).isNotEqualTo(FaultResponse.STALL);
        }
    }

    /** The accesses of known fate, twice each, and accesses near them. */
    private static List<DmaRequest> accesses(Traffic traffic) {
        List<DmaRequest> accesses = new ArrayList<>();
        for (int round = 0; round < 2; round++) {
            accesses.addAll(traffic.translated());
            accesses.addAll(traffic.faulting());
        }
        for (DmaRequest request : traffic.translated()) {
            for (Access access : Access.values()) {
                accesses.add(DmaRequest.of(request.streamId(), request.iova(), access));
                accesses.add(DmaRequest.of(request.streamId(), ~request.iova(), access)
                        .privileged());
                accesses.add(DmaRequest.of(request.streamId() + 1, request.iova(), access));
                accesses.add(DmaRequest.of(request.streamId(), request.iova(), access)
                        .withSubstream(1));
            }
        }
        return accesses;
    }

    private static List<Long> registersOf(TranslationUnit unit) {
        MmioRegion registers = unit.registers();
        List<Long> words = new ArrayList<>();
        for (long offset = 0; offset < registers.size(); offset += 4) {
            words.add(registers.read(offset, 4));
        }
        return words;
    }

    private static DmaRequest randomRequest(Random random) {
        return new DmaRequest(
                random.nextInt() >>> random.nextInt(32),
                random.nextInt(3) == 0 ? random.nextInt(1 << 20) : TranslationUnit.NO_SUBSTREAM,
                random.nextLong() >>> random.nextInt(64),
                Access.values()[random.nextInt(Access.values().length)],
                Privilege.values()[random.nextInt(Privilege.values().length)],
                AddressType.values()[random.nextInt(AddressType.values().length)]);
    }
}
