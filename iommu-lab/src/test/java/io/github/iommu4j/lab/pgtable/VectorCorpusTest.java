package io.github.iommu4j.lab.pgtable;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.pgtable.PgtableReplay.Standard;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Everything that was recorded of the kernel's ARM and Intel tables, where the corpus is. */
class VectorCorpusTest {

    private static final String[] ARM = {"lpae-", "v7s-", "config-"};

    private static PgtableResult run(Standard standard, String... prefixes) throws IOException, CaptureException {
        List<Path> files = VectorFiles.corpus(prefixes);
        assertThat(files).isNotEmpty();
        PgtableResult result = PgtableReplay.run(files, standard);
        assertThat(result.comparison().differences()).isEmpty();
        assertThat(result.comparison().agree()).isEqualTo(result.comparison().rows());
        return result;
    }

    @Test
    void everyCallAgreesExceptWhereTheReferenceIsKnownToBeWrong() throws IOException, CaptureException {
        PgtableResult plain = run(Standard.RIGHT, "lpae-", "v7s-hand", "v7s-rand", "config-");
        PgtableResult splits = run(Standard.RIGHT, "v7s-split");
        assertThat(plain.comparison().rows() + splits.comparison().rows()).isGreaterThan(59_000);
        assertThat(plain.deviations().keySet())
                .containsExactlyInAnyOrder(PageTableErratum.RUN_END_UNCHECKED, PageTableErratum.LOOKUP_ALIASES);
        assertThat(splits.deviations().keySet())
                .containsExactlyInAnyOrder(
                        PageTableErratum.SPLIT_LOSES_ADDRESS, PageTableErratum.GROUP_SPLIT_RETURNS_FIRST);
    }

    @Test
    void everyCallAgreesWithTheReferencesDefectsSwitchedOn() throws IOException, CaptureException {
        PgtableResult result = run(Standard.REFERENCE, ARM);
        assertThat(result.comparison().rows()).isGreaterThan(59_000);
        assertThat(result.deviations()).isEmpty();
    }

    @Test
    void everyCallOnIntelsTablesAgreesFlushesIncluded() throws IOException, CaptureException {
        PgtableResult right = run(Standard.RIGHT, "vtd-");
        assertThat(right.comparison().rows()).isGreaterThan(5_300);
        assertThat(right.deviations().keySet())
                .containsExactlyInAnyOrder(
                        PageTableErratum.REPLACED_MIX_LOSES_TABLES, PageTableErratum.UNMAP_OF_NOTHING_ROUNDS);
        PgtableResult asReference = run(Standard.REFERENCE, "vtd-");
        assertThat(asReference.deviations()).isEmpty();
    }
}
