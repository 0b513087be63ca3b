package io.github.iommu4j.core.lockdep;

/** Thrown where a report arises when the policy is to throw: a broken model. */
public final class LockReportError extends AssertionError {

    private static final long serialVersionUID = 1L;

    private final transient LockReport report;

    LockReportError(LockReport report) {
        super(report.toText());
        this.report = report;
    }

    /**
     * What was found.
     *
     * @return the report
     */
    public LockReport report() {
        return report;
    }
}
