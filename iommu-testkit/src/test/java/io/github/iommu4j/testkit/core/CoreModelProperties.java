package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.KernelRelease;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Random programs over random machines, checked after every step against {@link NaiveKernel}. */
final class CoreModelProperties {

    @Property(tries = 2000)
    void everyStepLeavesTheStateTheNaiveKernelHas(
            @ForAll KernelRelease release,
            @ForAll @Size(min = 1, max = 4) List<@IntRange(min = 0, max = 5) Integer> slots,
            @ForAll @Size(50) List<@IntRange(min = 0, max = 0xFFFFFF) Integer> program) {
        Program run = new Program(release, slots);
        run.check();
        for (int seed : program) {
            run.step(seed);
            run.check();
        }
        run.finish();
        assertThat(run.steps()).isEqualTo(program.size());
    }
}
