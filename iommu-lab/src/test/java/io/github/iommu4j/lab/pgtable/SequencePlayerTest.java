package io.github.iommu4j.lab.pgtable;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.check.Mismatch;
import io.github.iommu4j.lab.pgtable.PgtableReplay.Standard;
import io.github.iommu4j.lab.vector.Dialect;
import io.github.iommu4j.lab.vector.VectorReader;
import io.github.iommu4j.lab.vector.VectorRow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that are wrong on purpose must be told from the reference's known defects. */
class SequencePlayerTest {

    @TempDir
    private Path temporary;

    /** Short descriptors with a defect that nobody asked for. */
    private record Spoiled(TableFamily family, PageTableErratum spoiled) implements TableFamily {
        @Override
        public Set<String> formats() {
            return family.formats();
        }

        @Override
        public Dialect dialect() {
            return family.dialect();
        }

        @Override
        public Set<Erratum> defects() {
            return family.defects();
        }

        @Override
        public ModelTable create(VectorRow.Start start, TableMachine machine, Set<Erratum> errata) {
            Set<Erratum> more = new HashSet<>(errata);
            more.add(spoiled);
            return family.create(start, machine, more);
        }

        @Override
        public RightAnswers rightAnswers(VectorRow.Start start) {
            return family.rightAnswers(start);
        }
    }

    private List<Mismatch> differences(TableFamily family, Standard standard) throws IOException, CaptureException {
        Path file = VectorFiles.copy(temporary, VectorFiles.SPLITS);
        List<Mismatch> differences = new ArrayList<>();
        try (VectorReader reader = VectorReader.open(file, format -> family.dialect())) {
            SequencePlayer player = null;
            for (VectorRow row = reader.next(); row != null; row = reader.next()) {
                if (row instanceof VectorRow.Start start) {
                    player = SequencePlayer.of("file", start, family, standard);
                }
                if (player != null) {
                    differences.addAll(player.play(row).differences());
                }
            }
        }
        return differences;
    }

    @Test
    void aModelWithoutDefectsAgreesWithBothStandards() throws IOException, CaptureException {
        assertThat(differences(new ShortDescriptorFamily(), Standard.RIGHT)).isEmpty();
        assertThat(differences(new ShortDescriptorFamily(), Standard.REFERENCE)).isEmpty();
    }

    @Test
    void aModelThatHasTheReferencesDefectIsWrongEvenWhereItAgreesWithTheRecording()
            throws IOException, CaptureException {
        Spoiled spoiled = new Spoiled(new ShortDescriptorFamily(), PageTableErratum.SPLIT_LOSES_ADDRESS);
        assertThat(differences(spoiled, Standard.RIGHT))
                .isNotEmpty()
                .anyMatch(
                        each -> each.what().equals("by itself") && each.actual().contains("instead of"));
        assertThat(differences(spoiled, Standard.REFERENCE)).isEmpty();
    }
}
