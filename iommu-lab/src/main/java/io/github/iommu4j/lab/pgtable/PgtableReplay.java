package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.check.CheckResult;
import io.github.iommu4j.lab.vector.VectorReader;
import io.github.iommu4j.lab.vector.VectorRow;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Makes recorded page-table calls on our tables and compares everything that was recorded. */
public final class PgtableReplay {

    /** What our tables are to agree with. */
    public enum Standard {
        /** What is right: where the reference is known to be wrong, ours must be right instead. */
        RIGHT,
        /** The reference, its known defects included: they are switched on in ours. */
        REFERENCE
    }

    private final Standard standard;
    private final CheckResult.Ledger ledger = new CheckResult.Ledger();
    private final SortedMap<Erratum, Integer> deviations = new TreeMap<>(Comparator.comparing(Erratum::name));

    private PgtableReplay(Standard standard) {
        this.standard = standard;
    }

    /**
     * Replays files. Each line is one row.
     *
     * @param files the files, compressed where their names end in {@code .gz}
     * @param standard what our tables are to agree with
     * @return what agrees and what differs, all together
     * @throws CaptureException when a file cannot be read, breaks a rule of its form, or has a format without a model
     */
    public static PgtableResult run(List<Path> files, Standard standard) throws CaptureException {
        PgtableReplay replay = new PgtableReplay(standard);
        for (Path file : files) {
            replay.replay(file);
        }
        return new PgtableResult(replay.ledger.result(), replay.deviations);
    }

    private void replay(Path file) throws CaptureException {
        String name = String.valueOf(file.getFileName());
        try (VectorReader reader = VectorReader.open(file, TableFamilies::dialectOf)) {
            SequencePlayer player = null;
            for (VectorRow row = reader.next(); row != null; row = reader.next()) {
                if (row instanceof VectorRow.Start start) {
                    player = SequencePlayer.of(name, start, TableFamilies.of(start.format()), standard);
                }
                if (player != null) {
                    SequencePlayer.Judgement judgement = player.play(row);
                    ledger.judged(name, judgement.differences());
                    judgement.deviations().forEach(each -> deviations.merge(each, 1, Integer::sum));
                }
            }
        }
    }
}
