package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.lab.check.Differences;
import io.github.iommu4j.lab.check.Mismatch;
import io.github.iommu4j.lab.pgtable.PgtableReplay.Standard;
import io.github.iommu4j.lab.vector.VectorRow;
import java.util.List;
import java.util.Set;

/**
 * Judges the rows of one sequence.
 *
 * <p>Against what is right, two tables of ours make the calls: one as it should be, and one with the reference's defects
 * switched on. A row agrees when the first did what was recorded. Where it did not, the row still agrees if the second
 * did, and the first is right by what was answered before: then the reference shows a known defect.
 */
abstract sealed class SequencePlayer {

    /**
     * What is to be said of a row.
     *
     * @param differences what differs, nothing when the row agrees
     * @param deviations the known defects that the reference shows in it
     */
    record Judgement(List<Mismatch> differences, Set<Erratum> deviations) {}

    private final String file;
    private final String sequence;

    private SequencePlayer(String file, VectorRow.Start start) {
        this.file = file;
        this.sequence = start.name();
    }

    /** A player for a sequence, which is to be given every row of it, its start included. */
    static SequencePlayer of(String file, VectorRow.Start start, TableFamily family, Standard standard) {
        return standard == Standard.REFERENCE
                ? new AsReference(file, start, family)
                : new AsIsRight(file, start, family);
    }

    /** Plays a row and judges it. */
    abstract Judgement play(VectorRow row);

    /** What differs between a recorded row and ours. */
    final List<Mismatch> compare(VectorRow recorded, SequenceModel.Played ours) {
        return RowComparison.compare(place(recorded), recorded, ours);
    }

    final Differences place(VectorRow row) {
        return RowComparison.at(file, sequence, row);
    }

    /** Everything must be as recorded. */
    private static final class AsReference extends SequencePlayer {
        private final SequenceModel model;

        AsReference(String file, VectorRow.Start start, TableFamily family) {
            super(file, start);
            this.model = new SequenceModel(family, family.defects());
        }

        @Override
        Judgement play(VectorRow row) {
            return new Judgement(compare(row, model.play(row)), Set.of());
        }
    }

    /** Everything must be as recorded, except where that is known to be wrong. */
    private static final class AsIsRight extends SequencePlayer {
        private final SequenceModel model;
        private final SequenceModel reference;
        private final RightAnswers right;

        AsIsRight(String file, VectorRow.Start start, TableFamily family) {
            super(file, start);
            this.model = new SequenceModel(family, Set.of());
            this.reference = new SequenceModel(family, family.defects());
            this.right = family.rightAnswers(start);
        }

        @Override
        Judgement play(VectorRow recorded) {
            SequenceModel.Played ours = model.play(recorded);
            SequenceModel.Played withDefects = reference.play(recorded);
            List<Mismatch> differences = compare(recorded, ours);
            VectorRow row = ours.row();
            if (row == null) {
                return new Judgement(differences, Set.of());
            }
            RightAnswers.Verdict verdict = right.follow(row, model);
            if (verdict.wrong() != null) {
                Differences place = place(recorded);
                place.compare("by itself", "right", verdict.wrong());
                return new Judgement(place.list(), Set.of());
            }
            boolean isKnown = !differences.isEmpty()
                    && verdict.unjustified() == null
                    && compare(recorded, withDefects).isEmpty();
            Set<Erratum> defects = isKnown ? right.blame(recorded, row) : Set.of();
            return new Judgement(defects.isEmpty() ? differences : List.of(), defects);
        }
    }
}
