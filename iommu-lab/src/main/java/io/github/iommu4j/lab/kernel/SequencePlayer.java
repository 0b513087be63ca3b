package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.lab.check.CheckResult;
import io.github.iommu4j.lab.check.Differences;
import io.github.iommu4j.lab.oracle.ExpectedGroup;
import io.github.iommu4j.lab.oracle.Sequence;
import io.github.iommu4j.lab.oracle.SequenceRow;
import java.util.List;
import java.util.TreeSet;

/** Plays one sequence in a session and judges it row by row. */
final class SequencePlayer {

    private static final String FIRST_STATE = "the first state";
    private static final String END = "the end";
    private static final String HOT_RESET = "which devices a hot reset of an emulated device would reset";

    private final Session session;
    private final String file;
    private final CheckResult.Ledger ledger;

    SequencePlayer(Session session, String file, CheckResult.Ledger ledger) {
        this.session = session;
        this.file = file;
        this.ledger = ledger;
    }

    void play(Sequence sequence) {
        judgeStart(sequence);
        for (SequenceRow row : sequence.rows()) {
            if (sequence.crashedAt() != null && row.index() >= sequence.crashedAt()) {
                return;
            }
            play(row);
        }
        if (sequence.pending() != null) {
            Differences found = new Differences(file, sequence.rows().size(), END);
            found.compare("calls that have not returned", sequence.pending(), session.pendingCalls());
            ledger.judged(file, found.list());
        }
    }

    private void judgeStart(Sequence sequence) {
        Differences found = new Differences(file, -1, FIRST_STATE);
        RowJudge.compareSnapshots(sequence.start(), session.snapshot(), found);
        TreeSet<Integer> numbers = new TreeSet<>(sequence.startGroups().keySet());
        session.machine().machine().core().groups().forEach(group -> numbers.add(group.id()));
        for (int number : numbers) {
            IommuGroup ours = session.machine().machine().core().groupById(number);
            ExpectedGroup theirs = sequence.startGroups().get(number);
            found.compare(
                    "reserved regions of group " + number,
                    theirs == null ? null : theirs.reservedRegions(),
                    ours == null ? null : regionsOf(ours));
        }
        ledger.judged(file, found.list());
    }

    private static List<String> regionsOf(IommuGroup group) {
        return group.reservedRegions().stream().map(ReservedRegion::sysfsLine).toList();
    }

    private void play(SequenceRow row) {
        if (row.operation().equals("dhot")) {
            ledger.skipped(file, HOT_RESET);
            return;
        }
        Session.Step step = session.perform(row.index(), row.operation(), row.arguments());
        String outside = step.outcome() == null ? null : step.outcome().outsideModel();
        if (outside != null) {
            ledger.skipped(file, outside);
        } else {
            ledger.judged(file, RowJudge.judge(file, row, step));
        }
    }
}
