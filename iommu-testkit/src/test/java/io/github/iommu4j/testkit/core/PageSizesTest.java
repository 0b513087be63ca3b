package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.PageSizes.Run;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The examples of page-size selection. */
final class PageSizesTest {

    private static final long K4 = 0x1000;
    private static final long M2 = 0x20_0000;
    private static final long G1 = 0x4000_0000;
    private static final PageSizes TWO = new PageSizes(K4 | M2);
    private static final PageSizes THREE = new PageSizes(K4 | M2 | G1);

    private static List<Run> runs(PageSizes sizes, long iova, long pa, long size) {
        List<Run> runs = new ArrayList<>();
        for (long done = 0; done != size; ) {
            Run run = sizes.best(iova + done, pa + done, size - done);
            runs.add(run);
            done += run.pageSize() * run.count();
        }
        return runs;
    }

    @Test
    void R92_theTableOfExamplesHolds() {
        assertThat(runs(TWO, 0, 0, 0x40_0000)).containsExactly(new Run(M2, 2));
        assertThat(runs(TWO, 0x1000, 0x1000, 0x40_0000))
                .containsExactly(new Run(K4, 511), new Run(M2, 1), new Run(K4, 1));
        assertThat(runs(TWO, 0x1000, 0x2000, 0x40_0000)).containsExactly(new Run(K4, 1024));
        assertThat(runs(TWO, 0x20_0000, 0x1000, 0x20_0000)).containsExactly(new Run(K4, 512));
        assertThat(runs(TWO, 0x1F_F000, 0x1F_F000, 0x1000)).containsExactly(new Run(K4, 1));
        assertThat(runs(THREE, 0x3_FE40_0000L, 0x3_FE40_0000L, 0xC220_0000L))
                .containsExactly(new Run(M2, 14), new Run(G1, 3), new Run(M2, 3));
    }

    @Test
    void R92_theDistanceToTheNextPageMayOverflow() {
        PageSizes huge = new PageSizes(K4 | 1L << 63);
        assertThat(huge.best(K4, K4, K4)).isEqualTo(new Run(K4, 1));
        assertThat(huge.best(1L << 63, 1L << 63, 1L << 63)).isEqualTo(new Run(1L << 63, 1));
        assertThat(huge.best(-K4, -K4, K4)).isEqualTo(new Run(K4, 1));
    }

    @Test
    void R92_whatIsNotAlignedHasNoRun() {
        assertThatThrownBy(() -> TWO.best(0x800, 0, K4)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TWO.best(0, 0x800, K4)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TWO.best(0, 0, 0x800)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TWO.best(0, 0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PageSizes(0).best(0, 0, K4)).isInstanceOf(IllegalArgumentException.class);
    }
}
