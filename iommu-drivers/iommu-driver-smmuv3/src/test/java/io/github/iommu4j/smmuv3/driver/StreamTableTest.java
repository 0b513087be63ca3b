package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.driver.StreamTable.Levels;
import io.github.iommu4j.smmuv3.driver.StreamTable.PrefetchHint;
import io.github.iommu4j.smmuv3.driver.StructureBench.Plan;
import io.github.iommu4j.smmuv3.hardware.CacheGeometry;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Strtab;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The stream table, in front of hardware that caches whatever it may. */
class StreamTableTest {

    private static final long IOVA = 0x1234_5000L;

    private static Plan plan(int sidBits, Levels levels) {
        Plan plan = new Plan();
        plan.sidBits = sidBits;
        plan.levels = levels;
        plan.caches = CacheGeometry.DEFAULT.keeping(CacheGeometry.Structures.ALL);
        plan.capabilities = Smmuv3Capabilities.linuxVirt10().toBuilder()
                .set(IdField.SIDSIZE, sidBits)
                .build();
        return plan;
    }

    private static boolean passes(StructureBench bench, int streamId) {
        return bench.read(streamId, IOVA) instanceof Translation.Ok;
    }

    @ParameterizedTest
    @CsvSource({
        "0, LINEAR, 0, 0",
        "5, LINEAR, 5, 0",
        "16, LINEAR, 16, 0",
        "8, TWO, 8, 0",
        "9, TWO, 9, 1",
        "16, TWO, 16, 1",
        "25, TWO, 25, 1",
        "26, TWO, 25, 1",
        "32, TWO, 25, 1"
    })
    void sizeAndFormatFollowTheStreamIdsBits(int sidBits, Levels levels, int log2Size, int format) {
        SparseMemory memory = new SparseMemory();
        StructureParts parts = Structures.parts(memory, KernelRelease.V6_12);
        StreamTable table = new StreamTable(parts, new Plan().boot().ring, sidBits, levels);
        int config = table.baseConfig();
        assertThat(Strtab.LOG2SIZE.get(config)).isEqualTo(log2Size);
        assertThat(Strtab.FMT.get(config)).isEqualTo(format);
        assertThat(Strtab.SPLIT.get(config)).isEqualTo(format == 1 ? 8 : 0);
        String told = parts.log().drain().toString();
        assertThat(told.contains("2-level strtab only covers 25/" + sidBits + " bits of SID"))
                .isEqualTo(sidBits > 25);
        table.prepare((int) ((1L << log2Size) - 1));
        table.free();
        assertThat(parts.structures().inUse()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void everyStreamAbortsUntilItsEntryIsWritten(Levels levels) {
        StructureBench bench = plan(10, levels).boot();
        int[] streamIds = {0, 1, 255, 256, 511, 1023};
        for (int streamId : streamIds) {
            assertThat(passes(bench, streamId)).isFalse();
        }
        for (int streamId : streamIds) {
            bench.streams.prepare(streamId);
            assertThat(bench.streams.read(streamId)).isEqualTo(bench.abort());
            assertThat(passes(bench, streamId)).isFalse();
            bench.streams.write(streamId, bench.bypass());
            assertThat(passes(bench, streamId)).isTrue();
            assertThat(passes(bench, streamId ^ 2)).isFalse();
            bench.streams.write(streamId, bench.abort());
            assertThat(passes(bench, streamId)).isFalse();
        }
        assertThat(bench.log()).isEmpty();
    }

    @Test
    void anEntryCanBeMadeBeforeAnybodyReadsIt() {
        StructureBench bench = plan(10, Levels.TWO).boot();
        bench.streams.init(300, bench.bypass());
        assertThat(passes(bench, 300)).isTrue();
    }

    @Test
    void aStreamBehindTheTableIsOutOfRange() {
        StructureBench bench = plan(10, Levels.TWO).boot();
        bench.streams.prepare(1023);
        for (int streamId : new int[] {1024, -1}) {
            assertThatThrownBy(() -> bench.streams.prepare(streamId))
                    .isInstanceOfSatisfying(
                            IommuException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ERANGE));
        }
    }

    @Test
    void whereMemoryIsShortNothingIsLeft() {
        SparseMemory memory = new SparseMemory();
        StructureParts parts = Structures.parts(memory, KernelRelease.V6_12);
        CommandRing ring = new Plan().boot().ring;
        assertThatThrownBy(() -> new StreamTable(parts, ring, 32, Levels.LINEAR))
                .isInstanceOfSatisfying(
                        IommuException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOMEM));
        assertThat(parts.log().drain().toString()).contains("failed to allocate stream table");
        assertThat(parts.structures().inUse()).isZero();
    }

    private static List<CommandOpcode> commandsOf(KernelRelease release, PrefetchHint hint) {
        Plan plan = plan(10, Levels.TWO);
        FetchLog fetches = new FetchLog(plan.memory);
        plan.hardwareMemory = fetches;
        plan.release = release;
        StructureBench bench = plan.boot();
        bench.streams.hint(hint);
        bench.streams.prepare(3);
        fetches.fetched.clear();
        StreamEntries entries = new StreamEntries(release);
        bench.streams.write(3, entries.bypass(java.util.Set.of(StreamTrait.ATTRIBUTES_CAN_BE_OVERRIDDEN)));
        bench.streams.write(3, entries.abort());
        bench.streams.write(3, new Entries(release).stage2(Entries.Extra.NONE));
        return fetches.fetched.stream()
                .map(Command::opcode)
                .map(java.util.Optional::orElseThrow)
                .filter(opcode -> opcode != CommandOpcode.SYNC)
                .toList();
    }

    @Test
    void aPrefetchFollowsEveryEntryOrThoseThatTranslateOrNone() {
        CommandOpcode forget = CommandOpcode.CFGI_STE;
        CommandOpcode prefetch = CommandOpcode.PREFETCH_CONFIG;
        assertThat(commandsOf(KernelRelease.V6_12, PrefetchHint.SENT))
                .containsExactly(forget, forget, prefetch, forget, forget, prefetch, forget, forget, prefetch);
        assertThat(commandsOf(KernelRelease.V6_12, PrefetchHint.SKIPPED))
                .containsExactly(forget, forget, forget, forget, forget, forget);
        assertThat(commandsOf(KernelRelease.V6_1, PrefetchHint.SENT))
                .containsExactly(forget, forget, forget, forget, prefetch);
    }

    /** Hardware that knows no prefetch: it finds a command in its place that nobody knows. */
    static PhysicalMemory withoutPrefetch(PhysicalMemory memory) {
        return new StoreObserver(memory) {
            @Override
            public long load64(long address) {
                long word = super.load64(address);
                boolean fetch = address < Structures.ARENA + 0x1000 && address % Command.BYTES == 0;
                return fetch && Command.OPCODE.get(word) == CommandOpcode.PREFETCH_CONFIG.number() ? 0x8F : word;
            }
        };
    }

    private static StructureBench withoutPrefetch(Smmuv3Erratum... errata) {
        Plan plan = plan(10, Levels.TWO);
        plan.hardwareMemory = withoutPrefetch(plan.memory);
        plan.errata = errata;
        StructureBench bench = plan.boot();
        bench.streams.hint(PrefetchHint.SKIPPED);
        bench.streams.prepare(3);
        bench.streams.write(3, bench.bypass());
        bench.ring.issueAndSync(List.of());
        return bench;
    }

    @Test
    void hardwareWithoutPrefetchStopsWhereItIsSentAllTheSame() {
        assertThat(withoutPrefetch().log()).isEmpty();
        StructureBench sent = withoutPrefetch(Smmuv3Erratum.PREFETCH_REGARDLESS);
        sent.errors.step();
        assertThat(sent.log()).contains("Illegal command");
        assertThat(passes(sent, 3)).isTrue();
    }

    private static boolean passesWith(int streamId, Smmuv3Erratum... errata) {
        Plan plan = plan(16, Levels.TWO);
        plan.errata = errata;
        StructureBench bench = plan.boot();
        bench.streams.prepare(streamId);
        bench.streams.write(streamId, bench.bypass());
        return passes(bench, streamId);
    }

    @Test
    void aDescriptorInAnothersPlaceIsNotFound() {
        assertThat(passesWith(0x3FF)).isTrue();
        assertThat(passesWith(0xFF, Smmuv3Erratum.STRTAB_INDEX_STRIDE)).isTrue();
        assertThat(passesWith(0x3FF, Smmuv3Erratum.STRTAB_INDEX_STRIDE)).isFalse();
    }

    @Test
    void aTableWhoseSizeIsThatOfItsFirstLevelIsShort() {
        assertThat(passesWith(0x100)).isTrue();
        assertThat(passesWith(0xFF, Smmuv3Erratum.STRTAB_LOG2SIZE_OF_FIRST_LEVEL))
                .isTrue();
        assertThat(passesWith(0x100, Smmuv3Erratum.STRTAB_LOG2SIZE_OF_FIRST_LEVEL))
                .isFalse();
    }
}
