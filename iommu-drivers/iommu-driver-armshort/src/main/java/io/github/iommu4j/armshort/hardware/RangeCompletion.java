package io.github.iommu4j.armshort.hardware;

/** When an M4U's range invalidation takes effect. Until then translations may use what it names. */
public enum RangeCompletion {
    /** When CPE_DONE is read while it is 0, or at {@link M4u#step()}: a driver that forgets to poll is seen. */
    ON_POLL,
    /** At {@link M4u#step()} only: a driver that polls in vain runs into its time limit. */
    ON_STEP
}
