package io.github.iommu4j.testkit.explore;

import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Chooses at random; a seed says how. */
final class RandomChoice implements Chooser {

    private final SplittableRandom random;

    RandomChoice(long seed) {
        random = new SplittableRandom(seed);
    }

    @Override
    public Task choose(@Nullable Task running, List<Task> enabled) {
        return enabled.get(random.nextInt(enabled.size()));
    }
}
