package io.github.iommu4j.core.lockdep;

/**
 * A lock that is held or being taken, as reports print it.
 *
 * @param name its class
 * @param lock the lock's own name
 * @param mode how it is held
 * @param attempt whether its taker waited
 */
public record HeldView(LockName name, String lock, LockMode mode, Acquisition.Attempt attempt) {

    @Override
    public String toString() {
        return name.toString();
    }
}
