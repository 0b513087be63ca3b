package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.smmuv3.driver.RangeInvalidation.Changed;
import io.github.iommu4j.smmuv3.driver.RangeInvalidation.Commands;
import io.github.iommu4j.smmuv3.driver.RangeInvalidation.Range;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

/** The commands of a range against what IHI 0070 §4.4.1 says each of them reaches. */
class RangeInvalidationProperties {

    private static final Command TEMPLATE = Command.of(CommandOpcode.TLBI_NH_VA).with0(Command.ASID, 5);
    private static final int[] GRANULES = {12, 14, 16};

    private static List<Command> commands(RangeInvalidation ranges, Range range) {
        List<Command> made = new ArrayList<>();
        ranges.forEach(TEMPLATE, range, made::add);
        return made;
    }

    private static RangeInvalidation byRange(int granuleLg2) {
        return RangeInvalidation.of(Commands.BY_RANGE, granuleLg2, Set.of());
    }

    /** §4.4.1: (NUM + 1) * 2^SCALE granules. */
    private static long bytes(Command command, int granuleLg2) {
        return (command.num() + 1L) << command.scale() + granuleLg2;
    }

    @Property(tries = 1000)
    void commandsWithLengthsFollowEachOtherAndEndWhereTheRangeDoes(
            @ForAll @IntRange(min = 0, max = 2) int which,
            @ForAll @LongRange(min = 0, max = 1L << 30) long first,
            @ForAll @LongRange(min = 1, max = 1L << 34) long count,
            @ForAll Changed changed) {
        int granule = GRANULES[which];
        long iova = first << granule;
        long end = iova + (count << granule);
        long at = iova;
        for (Command command : commands(byRange(granule), new Range(iova, count << granule, 1L << granule, changed))) {
            assertThat(command.opcode()).contains(CommandOpcode.TLBI_NH_VA);
            assertThat(Command.ASID.get(command.dw0())).isEqualTo(5);
            assertThat(command.address()).isEqualTo(at);
            assertThat(command.tg()).isEqualTo(which + 1);
            assertThat(Command.LEAF.isSet(command.dw1())).isEqualTo(changed == Changed.LEAVES);
            assertThat(command.num() | command.scale() | command.ttl())
                    .as("a range of one granule and no level is illegal")
                    .isNotZero();
            at += bytes(command, granule);
        }
        long more = changed == Changed.TABLES && (count & 31) == 1 ? 1L << granule : 0;
        assertThat(at).isEqualTo(end + more);
    }

    @Property(tries = 200)
    void fewCommandsDo(@ForAll @LongRange(min = 1, max = 1L << 40) long count) {
        int groups = (Long.SIZE - Long.numberOfLeadingZeros(count) + 4) / 5 + 1;
        assertThat(commands(byRange(12), new Range(0, count << 12, 0x1000, Changed.LEAVES)))
                .hasSizeLessThanOrEqualTo(Math.max(groups, (int) (count >>> 31) / 31 + 9));
    }

    @Property(tries = 200)
    void withoutLengthsThereIsOneCommandForEachPage(
            @ForAll @IntRange(min = 1, max = 300) int count, @ForAll Changed changed) {
        RangeInvalidation single = RangeInvalidation.of(Commands.BY_ADDRESS, 12, Set.of());
        List<Command> made = commands(single, new Range(0x20_0000, count * 0x20_0000L, 0x20_0000, changed));
        assertThat(made).hasSize(count);
        for (int i = 0; i < count; i++) {
            assertThat(made.get(i))
                    .isEqualTo(TEMPLATE.with1(Command.LEAF, changed == Changed.LEAVES ? 1 : 0)
                            .with1(Command.ADDRESS, 0x200L * (i + 1)));
        }
    }

    @Example
    void leavesAreHintedByLevelAndTablesAreNot() {
        assertThat(commands(byRange(12), new Range(0, 0x1000, 0x1000, Changed.LEAVES))
                        .get(0)
                        .ttl())
                .isEqualTo(3);
        assertThat(commands(byRange(12), new Range(0, 1 << 21, 1 << 21, Changed.LEAVES))
                        .get(0)
                        .ttl())
                .isEqualTo(2);
        assertThat(commands(byRange(12), new Range(0, 1 << 30, 1 << 30, Changed.LEAVES))
                        .get(0)
                        .ttl())
                .isEqualTo(1);
        assertThat(commands(byRange(14), new Range(0, 1 << 25, 1 << 25, Changed.LEAVES))
                        .get(0)
                        .ttl())
                .isEqualTo(2);
        assertThat(commands(byRange(16), new Range(0, 1L << 42, 1L << 42, Changed.LEAVES))
                        .get(0)
                        .ttl())
                .isEqualTo(1);
        assertThat(commands(byRange(12), new Range(0, 1 << 30, 0x1000, Changed.TABLES))
                        .get(0)
                        .ttl())
                .isZero();
    }

    @Example
    void theOldHintLeavesWhatIsOfAnotherLevel() {
        RangeInvalidation old =
                RangeInvalidation.of(Commands.BY_RANGE, 12, Set.of(Smmuv3Erratum.LEVEL_HINT_FOR_TABLES));
        Command command =
                commands(old, new Range(0, 1 << 30, 0x1000, Changed.TABLES)).get(0);
        assertThat(command.ttl()).as("blocks of level 2 need not go").isEqualTo(3);
    }

    @Example
    void noRangeIsNoCommand() {
        assertThat(commands(byRange(12), new Range(0, 0, 0x1000, Changed.LEAVES)))
                .isEmpty();
        assertThat(commands(
                        RangeInvalidation.of(Commands.BY_ADDRESS, 12, Set.of()),
                        new Range(0, 0, 0x1000, Changed.TABLES)))
                .isEmpty();
    }

    @Example
    void aScaleHasFiveBitsHoweverLargeTheRange() {
        List<Command> made = commands(byRange(12), new Range(0, 1L << 48, 1L << 30, Changed.LEAVES));
        assertThat(made).hasSize(2).allMatch(command -> command.scale() == 31);
        assertThat(made.stream().mapToLong(command -> bytes(command, 12)).sum()).isEqualTo(1L << 48);
    }
}
