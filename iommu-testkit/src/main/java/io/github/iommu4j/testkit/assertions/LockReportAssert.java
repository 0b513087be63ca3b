package io.github.iommu4j.testkit.assertions;

import io.github.iommu4j.core.lockdep.LockName;
import io.github.iommu4j.core.lockdep.LockReport;
import io.github.iommu4j.core.lockdep.LockReport.Kind;
import java.util.List;
import org.assertj.core.api.AbstractAssert;
import org.jspecify.annotations.Nullable;

/** Assertions about a report of the lock validator. */
public final class LockReportAssert extends AbstractAssert<LockReportAssert, LockReport> {

    LockReportAssert(@Nullable LockReport actual) {
        super(actual, LockReportAssert.class);
    }

    /**
     * The report is of a kind.
     *
     * @param kind the kind
     * @return this
     */
    public LockReportAssert is(Kind kind) {
        isNotNull();
        if (actual.kind() != kind) {
            throw failure("Expecting a report of kind %s but it says%n%s", kind, actual.toText());
        }
        return this;
    }

    /**
     * It reports a cycle.
     *
     * @return this
     */
    public LockReportAssert isCircular() {
        return is(Kind.CIRCULAR);
    }

    /**
     * It reports a class that is taken under itself.
     *
     * @return this
     */
    public LockReportAssert isRecursive() {
        return is(Kind.RECURSIVE);
    }

    /**
     * It is about these classes, among others.
     *
     * @param names the kernel's names, with subclass and number if any
     * @return this
     */
    public LockReportAssert involves(String... names) {
        isNotNull();
        List<String> classes = actual.classes().stream().map(LockName::plain).toList();
        if (!classes.containsAll(List.of(names))) {
            throw failure("Expecting a report about %s but it is about %s", List.of(names), classes);
        }
        return this;
    }
}
