package io.github.iommu4j.testkit.assertions;

import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.core.lockdep.LockReport;
import io.github.iommu4j.testkit.explore.Exploration;
import org.jspecify.annotations.Nullable;

/** Where assertions begin. */
public final class IommuAssertions {

    private IommuAssertions() {}

    /**
     * Asserts about a group.
     *
     * @param actual the group
     * @return assertions
     */
    public static GroupAssert assertThat(@Nullable IommuGroup actual) {
        return new GroupAssert(actual);
    }

    /**
     * Asserts about a report of the lock validator.
     *
     * @param actual the report
     * @return assertions
     */
    public static LockReportAssert assertThat(@Nullable LockReport actual) {
        return new LockReportAssert(actual);
    }

    /**
     * Asserts about an exploration.
     *
     * @param actual what came of it
     * @return assertions
     */
    public static ExplorationAssert assertThat(@Nullable Exploration actual) {
        return new ExplorationAssert(actual);
    }
}
