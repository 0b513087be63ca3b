package io.github.iommu4j.lab.replay.smmuv3;

import io.github.iommu4j.lab.capture.Expectation;
import io.github.iommu4j.lab.verdict.RowOutcome;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The comparisons that more than one table needs. */
final class Verdicts {

    private Verdicts() {}

    /** Compares an address and permissions the reference logged; {@code theirPermissions} is -1 when it logged none. */
    static RowOutcome compareTranslation(SmmuMachine machine, Observation ours, long theirPa, int theirPermissions) {
        if (!ours.isOk()) {
            return RowOutcome.differs("verdict", Expectation.OK, ours.verdict());
        }
        if (ours.pa() != theirPa) {
            return RowOutcome.differs("address", hex(theirPa), hex(ours.pa()));
        }
        if (theirPermissions < 0 || theirPermissions == ours.permissions()) {
            return RowOutcome.AGREED;
        }
        boolean grantsMore = (ours.permissions() & ~theirPermissions) == 0;
        if (grantsMore && VerdictRules.stage1LeafPermissions(machine.explain(ours.request())) == theirPermissions) {
            return RowOutcome.explained(List.of(ReferenceDeviation.PERMISSION_OF_STAGE_1_LEAF));
        }
        return RowOutcome.differs("permission", permissions(theirPermissions), permissions(ours.permissions()));
    }

    /** Compares our event record with the reference's. */
    static RowOutcome compareRecords(@Nullable EventRecord ours, EventRecord theirs) {
        if (ours == null) {
            return RowOutcome.differs("event record", theirs, "none written");
        }
        Optional<List<ReferenceDeviation>> explained = RecordRules.explain(ours, theirs);
        return explained.map(RowOutcome::explained).orElseGet(() -> RowOutcome.differs("event record", theirs, ours));
    }

    static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    static String permissions(int bits) {
        return ((bits & 1) != 0 ? "r" : "-") + ((bits & 2) != 0 ? "w" : "-");
    }
}
