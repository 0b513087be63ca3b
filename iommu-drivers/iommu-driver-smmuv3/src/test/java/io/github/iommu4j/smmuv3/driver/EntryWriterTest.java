package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.driver.Entries.Extra;
import io.github.iommu4j.smmuv3.driver.StreamEntries.DefaultSubstream;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The writer against the kernel's own table of changes: how often it syncs, and whether without a gap. */
class EntryWriterTest {

    private static final long AT = 0x1000;

    /** A change, and what the kernel's test says of it. */
    record Change(String name, KernelRelease release, EntryRules rules, long[] from, long[] to, int syncs, Gap gap) {

        @Override
        public String toString() {
            return name + " " + release;
        }
    }

    /** Whether there is a moment without a valid entry. */
    enum Gap {
        HITLESS,
        NOT_HITLESS
    }

    private static final class Table {
        private final List<Change> changes = new ArrayList<>();
        private final KernelRelease release;
        private final Entries entries;

        Table(KernelRelease release) {
            this.release = release;
            this.entries = new Entries(release);
        }

        private void ste(String name, StreamTableEntry from, StreamTableEntry to, int syncs, Gap gap) {
            changes.add(new Change(
                    name, release, new StreamEntryRules(release), Entries.words(from), Entries.words(to), syncs, gap));
        }

        private void cd(String name, ContextDescriptor from, ContextDescriptor to, int syncs, Gap gap) {
            changes.add(
                    new Change(name, release, new ContextRules(), Entries.words(from), Entries.words(to), syncs, gap));
        }

        private StreamTableEntry stage1() {
            return entries.stage1(DefaultSubstream.SUBSTREAM_0, Extra.ATS);
        }

        private StreamTableEntry stage1WithBypass() {
            return entries.stage1(DefaultSubstream.BYPASS, Extra.ATS);
        }

        void streams() {
            StreamTableEntry abort = entries.abort();
            StreamTableEntry bypass = entries.bypass();
            StreamTableEntry stage2 = entries.stage2(Extra.ATS);
            ste("bypass_to_abort", bypass, abort, 2, Gap.HITLESS);
            ste("abort_to_bypass", abort, bypass, 2, Gap.HITLESS);
            ste("cdtable_to_abort", stage1(), abort, 2, Gap.HITLESS);
            ste("abort_to_cdtable", abort, stage1(), 2, Gap.HITLESS);
            ste("cdtable_to_bypass", stage1(), bypass, 3, Gap.HITLESS);
            ste("bypass_to_cdtable", bypass, stage1(), 3, Gap.HITLESS);
            ste("cdtable_s1dss_change", stage1(), stage1WithBypass(), 1, Gap.HITLESS);
            ste("cdtable_s1dss_change, back", stage1WithBypass(), stage1(), 1, Gap.HITLESS);
            ste("s1dssbypass_to_stebypass", stage1WithBypass(), bypass, 2, Gap.HITLESS);
            ste("stebypass_to_s1dssbypass", bypass, stage1WithBypass(), 2, Gap.HITLESS);
            ste("s2_to_abort", stage2, abort, 2, Gap.HITLESS);
            ste("abort_to_s2", abort, stage2, 2, Gap.HITLESS);
            ste("s2_to_bypass", stage2, bypass, 2, Gap.HITLESS);
            ste("bypass_to_s2", bypass, stage2, 2, Gap.HITLESS);
            ste("s1_to_s2", stage1(), stage2, 3, Gap.HITLESS);
            ste("s2_to_s1", stage2, stage1(), 3, Gap.HITLESS);
            StreamTableEntry other = entries.stage1(Entries.OTHER_CD_TABLE, DefaultSubstream.BYPASS, Extra.ATS);
            ste("non_hitless", stage1(), other, 3, Gap.NOT_HITLESS);
            StreamTableEntry stalling1 = entries.stage1(DefaultSubstream.SUBSTREAM_0, Extra.STALL);
            StreamTableEntry stalling2 = entries.stage2(Extra.STALL);
            ste("s1_to_s2_stall", stalling1, stalling2, 3, Gap.HITLESS);
            ste("s2_to_s1_stall", stalling2, stalling1, 3, Gap.HITLESS);
        }

        void nested() {
            StreamTableEntry nested = entries.nested(DefaultSubstream.BYPASS, Extra.ATS);
            StreamTableEntry stage2 = entries.stage2(Extra.NONE);
            boolean orderless = release.smmuv3ReordersSafeBits();
            Gap gap = orderless ? Gap.HITLESS : Gap.NOT_HITLESS;
            ste("nested_s1dssbypass_to_s1bypass", nested, stage2, 3, gap);
            ste("nested_s1bypass_to_s1dssbypass", stage2, nested, orderless ? 2 : 3, gap);
        }

        void contexts() {
            ContextDescriptor none = ContextDescriptors.none();
            ContextDescriptor other = entries.stage1Context(Entries.OTHER_ASID);
            cd("s1_clear, to set", none, other, 2, Gap.NOT_HITLESS);
            cd("s1_clear", other, none, 2, Gap.NOT_HITLESS);
            cd("s1_change_asid", entries.stage1Context(Entries.ASID), other, 1, Gap.HITLESS);
            cd("s1_change_asid, back", other, entries.stage1Context(Entries.ASID), 1, Gap.HITLESS);
            ContextDescriptor sva = entries.sva(Entries.OTHER_ASID);
            ContextDescriptor released = entries.svaReleased(Entries.OTHER_ASID);
            cd("sva_clear, to set", none, sva, 2, Gap.NOT_HITLESS);
            cd("sva_clear", sva, none, 2, Gap.NOT_HITLESS);
            cd("sva_release", sva, released, 2, Gap.HITLESS);
            cd("sva_release, back", released, sva, 2, Gap.HITLESS);
        }
    }

    static Stream<Change> changes() {
        return Stream.of(KernelRelease.V6_12, KernelRelease.V7_2).flatMap(release -> {
            Table table = new Table(release);
            table.streams();
            table.nested();
            table.contexts();
            return table.changes.stream();
        });
    }

    @ParameterizedTest
    @MethodSource("changes")
    void eachChangeOfTheKernelsTableTakesItsSyncs(Change change) {
        SparseMemory memory = new SparseMemory();
        StructureParts parts = Structures.parts(memory, change.release);
        for (int i = 0; i < change.from.length; i++) {
            memory.store64(AT + 8L * i, change.from[i]);
        }
        int[] syncs = new int[1];
        boolean[] invalid = new boolean[1];
        new EntryWriter(parts).write(AT, change.to, change.rules, () -> {
            syncs[0]++;
            long[] now = EntryWriter.read(memory, AT);
            if (now[0] == 0) {
                invalid[0] = true;
                return;
            }
            long[] used = change.rules.used(now);
            long[] safe = change.rules.safe(change.from, change.to);
            for (int i = 0; i < used.length; i++) {
                used[i] &= ~safe[i];
            }
            assertThat(masked(now, used)).isIn(masked(change.from, used), masked(change.to, used));
        });
        assertThat(syncs[0]).isEqualTo(change.syncs);
        assertThat(invalid[0]).isEqualTo(change.gap == Gap.NOT_HITLESS);
        assertThat(EntryWriter.read(memory, AT)).isEqualTo(change.to);
    }

    private static List<Long> masked(long[] entry, long[] masks) {
        List<Long> words = new ArrayList<>();
        for (int i = 0; i < entry.length; i++) {
            words.add(entry[i] & masks[i]);
        }
        return words;
    }

    @Test
    void nothingIsWrittenWhereNothingChanges() {
        SparseMemory memory = new SparseMemory();
        Entries entries = new Entries(KernelRelease.V6_12);
        long[] words = Entries.words(entries.stage2(Extra.ATS));
        entries.stage2(Extra.ATS).writeTo(memory, AT);
        StoreObserver observed = new StoreObserver(memory);
        observed.afterStore(() -> {
            throw new AssertionError("a store");
        });
        new EntryWriter(Structures.parts(observed, KernelRelease.V6_12))
                .write(AT, words, new StreamEntryRules(KernelRelease.V6_12), () -> {
                    throw new AssertionError("a sync");
                });
        assertThat(EntryWriter.read(memory, AT)).isEqualTo(words);
    }

    @Test
    void aBitThatNobodyUsesIsTheMakersMistake() {
        SparseMemory memory = new SparseMemory();
        EntryWriter writer = new EntryWriter(Structures.parts(memory, KernelRelease.V6_12));
        long[] words = Entries.words(new Entries(KernelRelease.V6_12).bypass());
        words[3] = 1;
        assertThatThrownBy(() -> writer.write(AT, words, new StreamEntryRules(KernelRelease.V6_12), () -> {}))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("word 3");
    }

    /** What Linux 6.1 does, store by store: "3" is a store to word 3. */
    private static String trace(StructureParts parts, StoreObserver memory, long[] from, long[] to, EntryRules rules) {
        long[] last = from.clone();
        for (int i = 0; i < from.length; i++) {
            memory.store64(AT + 8L * i, from[i]);
        }
        StringBuilder trace = new StringBuilder();
        memory.afterStore(() -> {
            long[] now = EntryWriter.read(memory, AT);
            int word = Arrays.mismatch(last, now);
            trace.append(word < 0 ? "=" : Integer.toString(word));
            System.arraycopy(now, 0, last, 0, now.length);
        });
        new EntryWriter(parts).write(AT, to, rules, () -> trace.append('s'));
        memory.afterStore(() -> {});
        return trace.toString();
    }

    private static String traceOf61(long[] from, long[] to, EntryRules rules) {
        StoreObserver memory = new StoreObserver(new SparseMemory());
        return trace(Structures.parts(memory, KernelRelease.V6_1), memory, from, to, rules);
    }

    @Test
    void linux61WritesWordZeroAfterTheOthersAndASync() {
        Entries entries = new Entries(KernelRelease.V6_1);
        EntryRules rules = new StreamEntryRules(KernelRelease.V6_1);
        long[] abort = Entries.words(entries.abort());
        assertThat(traceOf61(abort, Entries.words(entries.stage2(Extra.ATS)), rules))
                .isEqualTo("123s0s");
        assertThat(traceOf61(abort, Entries.words(entries.stage1(DefaultSubstream.SUBSTREAM_0, Extra.ATS)), rules))
                .isEqualTo("1==s0s");
    }

    @Test
    void linux61EndsTranslationWithWordZeroAndOneSync() {
        Entries entries = new Entries(KernelRelease.V6_1);
        EntryRules rules = new StreamEntryRules(KernelRelease.V6_1);
        long[] stage2 = Entries.words(entries.stage2(Extra.ATS));
        assertThat(traceOf61(stage2, Entries.words(entries.abort()), rules)).isEqualTo("012s");
        assertThat(traceOf61(stage2, Entries.words(entries.bypass()), rules)).isEqualTo("012s");
        assertThat(traceOf61(Entries.words(entries.abort()), Entries.words(entries.bypass()), rules))
                .isEqualTo("0==s");
    }

    @Test
    void linux61CannotMakeALiveEntryAnother() {
        Entries entries = new Entries(KernelRelease.V6_1);
        EntryRules rules = new StreamEntryRules(KernelRelease.V6_1);
        long[] stage1 = Entries.words(entries.stage1(DefaultSubstream.SUBSTREAM_0, Extra.ATS));
        long[] stage2 = Entries.words(entries.stage2(Extra.ATS));
        assertThatThrownBy(() -> traceOf61(stage1, stage2, rules))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("BUG");
        StoreObserver memory = new StoreObserver(new SparseMemory());
        StructureParts recording = Structures.parts(memory, KernelRelease.V6_1, KernelLog.WarnPolicy.RECORD);
        assertThat(trace(recording, memory, stage1, stage2, rules)).isEmpty();
    }

    @Test
    void linux61ChangesWordZeroAloneOfALiveContext() {
        Entries entries = new Entries(KernelRelease.V6_1);
        EntryRules rules = new ContextRules();
        long[] one = Entries.words(entries.stage1Context(Entries.ASID));
        long[] other = Entries.words(entries.stage1Context(Entries.OTHER_ASID));
        long[] none = Entries.words(ContextDescriptors.none());
        assertThat(traceOf61(none, one, rules)).isEqualTo("1=3s0s");
        assertThat(traceOf61(one, other, rules)).isEqualTo("0s");
        assertThat(traceOf61(one, none, rules)).isEqualTo("0s");
        long[] sva = Entries.words(entries.sva(Entries.ASID));
        assertThat(traceOf61(sva, Entries.words(entries.svaReleased(Entries.ASID)), rules))
                .isEqualTo("0s");
        long[] elsewhere = other.clone();
        elsewhere[1] += 0x1000;
        assertThatThrownBy(() -> traceOf61(one, elsewhere, rules)).isInstanceOf(AssertionError.class);
    }
}
