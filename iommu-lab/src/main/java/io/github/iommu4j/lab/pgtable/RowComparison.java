package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.lab.check.Differences;
import io.github.iommu4j.lab.check.Mismatch;
import io.github.iommu4j.lab.vector.Effects;
import io.github.iommu4j.lab.vector.Members;
import io.github.iommu4j.lab.vector.TableEvent;
import io.github.iommu4j.lab.vector.VectorRow;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Compares a recorded row with ours, in every respect. */
final class RowComparison {

    private static final int SHOWN = 3;
    private static final int START = -1;

    private final Differences found;

    private RowComparison(Differences found) {
        this.found = found;
    }

    /** Where a row stands and what it is. */
    static Differences at(String file, String sequence, VectorRow row) {
        if (row instanceof VectorRow.Start start) {
            return new Differences(file, START, sequence + ": " + start.format() + " " + start.request());
        }
        if (row instanceof VectorRow.Call call) {
            return new Differences(file, call.index(), sequence + ": " + call);
        }
        if (row instanceof VectorRow.Checkpoint checkpoint) {
            return new Differences(file, checkpoint.index(), sequence + ": checkpoint");
        }
        return new Differences(file, ((VectorRow.End) row).index(), sequence + ": end");
    }

    /**
     * Everything that differs.
     *
     * @param place collects it
     * @param recorded the reference's row
     * @param ours what came of the same row
     * @return what differs
     */
    static List<Mismatch> compare(Differences place, VectorRow recorded, SequenceModel.Played ours) {
        RowComparison comparison = new RowComparison(place);
        VectorRow row = ours.row();
        if (row == null) {
            place.compare("outcome", "an answer", ours.failure());
        } else if (recorded instanceof VectorRow.Start start) {
            comparison.starts(start, (VectorRow.Start) row);
        } else if (recorded instanceof VectorRow.Call call) {
            comparison.members("", call.answers(), ((VectorRow.Call) row).answers());
            comparison.effects(call.effects(), ((VectorRow.Call) row).effects());
        } else if (recorded instanceof VectorRow.Checkpoint checkpoint) {
            comparison.checkpoints(checkpoint, (VectorRow.Checkpoint) row);
        } else {
            comparison.effects(((VectorRow.End) recorded).effects(), ((VectorRow.End) row).effects());
        }
        return place.list();
    }

    private void starts(VectorRow.Start recorded, VectorRow.Start ours) {
        found.compare("ok", recorded.accepted(), ours.accepted());
        if (recorded.accepted() && ours.accepted()) {
            members("out.", recorded.outputs(), ours.outputs());
        }
        effects(recorded.effects(), ours.effects());
    }

    private void members(String prefix, Members recorded, Members ours) {
        Set<String> names = new TreeSet<>(recorded.values().keySet());
        names.addAll(ours.values().keySet());
        for (String name : names) {
            found.compare(
                    prefix + name,
                    text(recorded.values().get(name)),
                    text(ours.values().get(name)));
        }
    }

    private static @Nullable String text(@Nullable Object value) {
        return value == null ? null : Members.text(value);
    }

    private void effects(Effects recorded, Effects ours) {
        events("tlb", recorded.tlb(), ours.tlb());
        events("mem", recorded.mem(), ours.mem());
        events("dma", recorded.dma(), ours.dma());
        found.compare("warn", recorded.warnings(), ours.warnings());
    }

    /** The first event that differs says where to look; those behind it are often only shifted. */
    private void events(String what, List<TableEvent> recorded, List<TableEvent> ours) {
        int same = 0;
        while (same < recorded.size()
                && same < ours.size()
                && recorded.get(same).equals(ours.get(same))) {
            same++;
        }
        found.compare(what + "[" + same + "]", at(recorded, same), at(ours, same));
        if (same < Math.max(recorded.size(), ours.size())) {
            found.compare(what + " events", recorded.size(), ours.size());
        }
    }

    private static @Nullable TableEvent at(List<TableEvent> events, int place) {
        return place < events.size() ? events.get(place) : null;
    }

    private void checkpoints(VectorRow.Checkpoint recorded, VectorRow.Checkpoint ours) {
        maps("blocks", recorded.state().blocks(), ours.state().blocks());
        maps("words", recorded.state().words(), ours.state().words());
        maps("leaves", recorded.state().leaves(), ours.state().leaves());
        for (int i = 0; i < recorded.translations().size(); i++) {
            VectorRow.Translation theirs = recorded.translations().get(i);
            found.compare(
                    "phys " + Members.text(theirs.iova()),
                    Members.text(theirs.pa()),
                    Members.text(ours.translations().get(i).pa()));
        }
        members("", recorded.more(), ours.more());
    }

    private <V> void maps(String what, SortedMap<Long, V> recorded, SortedMap<Long, V> ours) {
        if (recorded.equals(ours)) {
            return;
        }
        SortedSet<Long> addresses = new TreeSet<>(Long::compareUnsigned);
        addresses.addAll(recorded.keySet());
        addresses.addAll(ours.keySet());
        List<Long> different = addresses.stream()
                .filter(address -> !Objects.equals(recorded.get(address), ours.get(address)))
                .toList();
        different.stream()
                .limit(SHOWN)
                .forEach(address -> found.compare(
                        what + " " + Members.text(address), text(recorded.get(address)), text(ours.get(address))));
        if (different.size() > SHOWN) {
            found.compare(what, "no difference", different.size() + " differences");
        }
    }
}
