package io.github.iommu4j.lab.pgtable;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.lab.pgtable.RightAnswers.Verdict;
import io.github.iommu4j.lab.vector.Effects;
import io.github.iommu4j.lab.vector.Members;
import io.github.iommu4j.lab.vector.TableEvent;
import io.github.iommu4j.lab.vector.TableState;
import io.github.iommu4j.lab.vector.TableState.Leaf;
import io.github.iommu4j.lab.vector.VectorRow;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is right by itself, and what a defect explains, with answers made up. */
class PlainAnswersTest {

    private static final long SECTION = 0x10_0000;
    private static final TableEvent PAGE = TableEvent.of("page", 0x1000L, 0x1000L);
    private static final TableEvent REFUSED = TableEvent.of("fail", 0L, 0x400L);

    private final TableFamily family = new ShortDescriptorFamily();
    private final SequenceModel model = new SequenceModel(family, Set.of());
    private RightAnswers right = new PlainAnswers(new ArmDefects(Set.of(), Leaf::descriptor));

    @BeforeEach
    void begin() {
        VectorRow.Start start = start("ARM_V7S", 0x111_1000, 32);
        right = family.rightAnswers(start);
        assertThat(right.follow(requireRow(model.play(start)), model)).isEqualTo(Verdict.FINE);
    }

    private static VectorRow.Start start(String format, long sizes, long width) {
        Members request =
                new Members(Map.of("quirks", 0L, "pgsize_bitmap", sizes, "ias", width, "oas", width, "coherent", true));
        VectorRow.Place place = new VectorRow.Place(0x8000_0000L, format.equals("ARM_V7S") ? 4 : 8, 0x1000);
        return new VectorRow.Start("n", format, place, request, true, Members.NONE, Effects.NONE);
    }

    private static Effects effects(TableEvent... events) {
        List<TableEvent> all = List.of(events);
        return new Effects(
                all.stream().filter(event -> !event.kind().equals("fail")).toList(),
                all.stream().filter(event -> event.kind().equals("fail")).toList(),
                List.of(),
                0);
    }

    private static VectorRow.Call map(long iova, long count, String ret, long mapped, TableEvent... events) {
        Members arguments = new Members(
                Map.of("iova", iova, "paddr", 0x4000_0000L, "pgsize", 0x1000L, "pgcount", count, "prot", 3L));
        return new VectorRow.Call(
                0, "map", arguments, new Members(Map.of("ret", ret, "mapped", mapped)), effects(events));
    }

    private static VectorRow.Call unmap(long iova, long count, String gather, long ret, TableEvent... events) {
        Members arguments = new Members(Map.of("iova", iova, "pgsize", 0x1000L, "pgcount", count, "gather", gather));
        return new VectorRow.Call(0, "unmap", arguments, new Members(Map.of("ret", ret)), effects(events));
    }

    private static VectorRow.Call phys(long iova, long ret) {
        return new VectorRow.Call(
                0, "phys", new Members(Map.of("iova", iova)), new Members(Map.of("ret", ret)), Effects.NONE);
    }

    private static VectorRow.Checkpoint checkpoint(Map<Long, Leaf> leaves, VectorRow.Translation... translations) {
        SortedMap<Long, Leaf> sorted = TableState.byAddress();
        sorted.putAll(leaves);
        TableState state = new TableState(TableState.byAddress(), TableState.byAddress(), sorted);
        return new VectorRow.Checkpoint(0, state, List.of(translations), Members.NONE);
    }

    private Verdict follow(VectorRow row) {
        return right.follow(row, model);
    }

    @Test
    void aTranslationIsWhatTheCallsBeforeMadeIt() {
        follow(map(0x1000, 2, "OK", 0x2000));
        assertThat(follow(phys(0x2004, 0x4000_1004L))).isEqualTo(Verdict.FINE);
        assertThat(follow(phys(0x2004, 0x1004)).wrong()).isEqualTo("0x2004 goes to 0x1004 instead of 0x40001004");
        follow(unmap(0x1000, 1, "strict", 0x1000, PAGE));
        assertThat(follow(phys(0x1000, 0x4000_0000L)).wrong()).contains("instead of 0x0");
        assertThat(follow(phys(0x1_0000_2000L, 0x4000_1000L)).wrong()).contains("instead of 0x0");
    }

    @Test
    void everyAnswerToAMapNeedsSomethingThatSpeaksForIt() {
        assertThat(follow(map(0x1000, 2, "OK", 0x2000)).unjustified()).isNull();
        assertThat(follow(map(0x4000, 2, "OK", 0x1000)).unjustified()).contains("nothing speaks for");
        assertThat(follow(map(0xFFFF_F000L, 2, "OK", 0x2000)).unjustified()).isNotNull();
        assertThat(follow(map(0xFFFF_F000L, 2, "ERANGE", 0)).unjustified()).isNull();
        assertThat(follow(map(0x6000, 2, "ERANGE", 0)).unjustified()).isNotNull();
        assertThat(follow(map(0x1000, 1, "EEXIST", 0)).unjustified()).isNull();
        assertThat(follow(map(0x8000, 1, "EEXIST", 0)).unjustified()).isNotNull();
        assertThat(follow(map(0x8000, 1, "ENOMEM", 0, REFUSED)).unjustified()).isNull();
        assertThat(follow(map(0x8000, 1, "ENOMEM", 0)).unjustified()).isNotNull();
        assertThat(follow(map(0x8000, 1, "EPERM", 0)).unjustified()).isNotNull();
        assertThat(follow(map(0x8000, -1, "ERANGE", 0)).unjustified()).isNull();
    }

    @Test
    void tablesThatAreReplacedTakeTheirTranslationsAlong() {
        follow(map(0x1000, 1, "OK", 0x1000));
        follow(map(0x20_0000, 1, "EEXIST", 0, TableEvent.of("walk", 0L, SECTION, 0x1000L)));
        assertThat(follow(phys(0x1000, 0))).isEqualTo(Verdict.FINE);
    }

    @Test
    void anUnmapStopsOnlyWhereSomethingSpeaksForIt() {
        follow(map(0x1000, 1, "OK", 0x1000));
        assertThat(follow(unmap(0x1000, 1, "strict", 0)).unjustified())
                .isEqualTo("0x1000 is mapped, and is not unmapped");
        assertThat(follow(unmap(0x1000, 1, "strict", 0, REFUSED)).unjustified()).isNull();
        assertThat(follow(unmap(0x1000, 1, "strict", 0x1000)).unjustified()).isEqualTo("0x1000 is not invalidated");
        follow(map(0x1000, 1, "OK", 0x1000));
        assertThat(follow(unmap(0x1000, 1, "queued", 0x1000)).unjustified()).isNull();
        follow(map(0x1000, 1, "OK", 0x1000));
        assertThat(follow(unmap(0x1000, 2, "none", 0x1000, PAGE)).unjustified()).isNull();
    }

    @Test
    void callsOnLongDescriptorsMayStopAtTheEndOfATable() {
        LpaeFamily lpae = new LpaeFamily();
        VectorRow.Start start = start("ARM_64_LPAE_S1", 0x4020_1000, 40);
        SequenceModel stage1 = new SequenceModel(lpae, Set.of());
        RightAnswers answers = lpae.rightAnswers(start);
        answers.follow(requireRow(stage1.play(start)), stage1);
        assertThat(answers.follow(map(0x1F_F000, 2, "OK", 0x1000), stage1).unjustified())
                .isNull();
        assertThat(answers.follow(map(0x1_0000, 2, "OK", 0x1000), stage1).unjustified())
                .isNotNull();
        assertThat(answers.follow(
                                unmap(0x1F_F000, 2, "none", 0x1000, TableEvent.of("page", 0x1F_F000L, 0x1000L)), stage1)
                        .unjustified())
                .isNull();
    }

    private static VectorRow requireRow(SequenceModel.Played played) {
        VectorRow row = played.row();
        assertThat(row).as(played.failure()).isNotNull();
        return row == null ? new VectorRow.End(0, Effects.NONE) : row;
    }

    @Test
    void aCheckpointMustBeWhatWasMapped() {
        model.play(map(0x1000, 1, "OK", 0x1000));
        VectorRow.Checkpoint seen = (VectorRow.Checkpoint) requireRow(model.play(checkpoint(Map.of())));
        assertThat(follow(seen).wrong())
                .contains("the leaves translate [0x1000..0x1fff to 0x40000000] and should translate []");
        follow(map(0x1000, 1, "OK", 0x1000));
        assertThat(follow(seen)).isEqualTo(Verdict.FINE);
        assertThat(follow(checkpoint(Map.of(0x5000L, new Leaf(0x1000, 3)))).wrong())
                .contains("a walk of 0x5000 does not find its leaf");
        assertThat(follow(checkpoint(seen.state().leaves(), new VectorRow.Translation(0x1000, 7)))
                        .wrong())
                .contains("0x1000 goes to 0x7");
        assertThat(follow(new VectorRow.End(0, Effects.NONE))).isEqualTo(Verdict.FINE);
    }

    @Test
    void aLookUpBesideTheInputSpaceIsBlamedOnAliases() {
        assertThat(right.blame(phys(0x1_0000_0000L, 0x4000_0000L), phys(0x1_0000_0000L, 0)))
                .containsExactly(PageTableErratum.LOOKUP_ALIASES);
    }

    @Test
    void aTranslationToElsewhereIsBlamedOnTheLostAddress() {
        assertThat(right.blame(phys(0x1000, 0x1000), phys(0x1000, 0x4000_1000L)))
                .containsExactly(PageTableErratum.SPLIT_LOSES_ADDRESS);
    }

    @Test
    void aDefectIsNotBlamedWhereTheFormatDoesNotHaveIt() {
        RightAnswers lpae = new LpaeFamily().rightAnswers(start("ARM_64_LPAE_S1", 0x4020_1000, 40));
        VectorRow.Start accepted = new VectorRow.Start(
                "n",
                "ARM_64_LPAE_S1",
                new VectorRow.Place(0x8000_0000L, 8, 0x1000),
                start("ARM_64_LPAE_S1", 0x4020_1000, 40).request(),
                true,
                new Members(Map.of("ias", 40L, "oas", 40L)),
                Effects.NONE);
        lpae.follow(accepted, model);
        assertThat(lpae.blame(phys(0x1000, 0x1000), phys(0x1000, 0x4000_1000L))).isEmpty();
    }

    @Test
    void aRunBeyondTheEndIsBlamedOnTheMissingCheckAndSoIsWhatFollows() {
        assertThat(right.blame(map(0xFFFF_F000L, 2, "OK", 0x2000), map(0xFFFF_F000L, 2, "ERANGE", 0)))
                .containsExactly(PageTableErratum.RUN_END_UNCHECKED);
        assertThat(right.blame(phys(0, 0x4000_1000L), phys(0, 0))).containsExactly(PageTableErratum.RUN_END_UNCHECKED);
        assertThat(right.blame(new VectorRow.End(0, effects(PAGE)), new VectorRow.End(0, Effects.NONE)))
                .containsExactly(PageTableErratum.RUN_END_UNCHECKED);
    }

    @Test
    void anUnmapThatOnlySplitsIsBlamedOnTheGroup() {
        VectorRow.Call split =
                unmap(0x20_0000, 1, "none", 0, TableEvent.of("walk", 0x20_0000L, 0x100_0000L, 0x100_0000L));
        assertThat(right.blame(split, unmap(0x20_0000, 1, "none", 0x1000, PAGE)))
                .containsExactly(PageTableErratum.GROUP_SPLIT_RETURNS_FIRST);
        assertThat(right.blame(map(0x20_0000, 1, "EEXIST", 0), map(0x20_0000, 1, "OK", 0x1000)))
                .containsExactly(PageTableErratum.GROUP_SPLIT_RETURNS_FIRST);
    }

    @Test
    void whatNoDefectDoesIsBlamedOnNone() {
        assertThat(right.blame(unmap(0x1000, 1, "none", 0), unmap(0x1000, 1, "none", 0x1000)))
                .isEmpty();
        assertThat(right.blame(map(0x1000, 1, "EEXIST", 0), map(0x1000, 1, "OK", 0x1000)))
                .isEmpty();
        assertThat(right.blame(new VectorRow.End(0, effects(PAGE)), new VectorRow.End(0, Effects.NONE)))
                .isEmpty();
        assertThat(right.blame(start("ARM_V7S", 0x1000, 32), start("ARM_V7S", 0x1000, 32)))
                .isEmpty();
        assertThat(right.blame(checkpoint(Map.of()), checkpoint(Map.of(0x1000L, new Leaf(0x1000, 2)))))
                .isEmpty();
    }

    private static VectorRow.Checkpoint words(long descriptor) {
        SortedMap<Long, Long> words = TableState.byAddress();
        words.put(0x8000_4000L, descriptor);
        SortedMap<Long, Leaf> leaves = TableState.byAddress();
        leaves.put(0x1000L, new Leaf(0x1000, descriptor));
        return new VectorRow.Checkpoint(
                0, new TableState(TableState.byAddress(), words, leaves), List.of(), Members.NONE);
    }

    @Test
    void aLostAddressMustLeaveTheRestOfTheDescriptorAlone() {
        assertThat(right.blame(words(0x1C72), words(0x4000_1C72L)))
                .containsExactly(PageTableErratum.SPLIT_LOSES_ADDRESS);
        assertThat(right.blame(words(0x1C72), words(0x4000_1C62L))).isEmpty();
    }
}
