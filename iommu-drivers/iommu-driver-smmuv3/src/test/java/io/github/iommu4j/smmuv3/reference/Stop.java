package io.github.iommu4j.smmuv3.reference;

/** Ends an attempt at the first check that fails. */
final class Stop extends RuntimeException {

    private static final long serialVersionUID = 1L;

    final transient Verdict verdict;

    Stop(Verdict verdict) {
        super(null, null, false, false);
        this.verdict = verdict;
    }
}
