package io.github.iommu4j.core.lock;

import io.github.iommu4j.api.lock.LockClass.Validation;
import io.github.iommu4j.core.lockdep.Acquisition;
import io.github.iommu4j.core.lockdep.Acquisition.Checking;
import io.github.iommu4j.core.lockdep.LockMap;
import io.github.iommu4j.core.lockdep.LockValidator;

/** Tells a validator of one lock, with acquisitions made beforehand so that none is made while locking. */
final class LockAnnotation {

    private static final Acquisition[] CHECKED = nested(Checking.FULL);
    private static final Acquisition[] UNCHECKED = nested(Checking.NONE);

    final LockValidator validator;
    final LockMap map;
    final Acquisition exclusive;
    final Acquisition shared;
    final Acquisition tryExclusive;
    final Acquisition tryShared;
    private final Acquisition[] bySubclass;

    LockAnnotation(LockValidator validator, LockMap map, Validation validation) {
        this.validator = validator;
        this.map = map;
        bySubclass = validation == Validation.FULL ? CHECKED : UNCHECKED;
        exclusive = bySubclass[0];
        shared = with(Acquisition.SHARED, validation);
        tryExclusive = exclusive.trying();
        tryShared = shared.trying();
    }

    private static Acquisition with(Acquisition how, Validation validation) {
        Checking checking = validation == Validation.FULL ? Checking.FULL : Checking.NONE;
        return new Acquisition(how.mode(), 0, how.attempt(), checking, null);
    }

    private static Acquisition[] nested(Checking checking) {
        Acquisition[] all = new Acquisition[8];
        for (int i = 0; i < all.length; i++) {
            Acquisition plain = Acquisition.EXCLUSIVE.nested(i);
            all[i] = new Acquisition(plain.mode(), i, plain.attempt(), checking, null);
        }
        return all;
    }

    Acquisition nested(int subclass) {
        return subclass >= 0 && subclass < bySubclass.length ? bySubclass[subclass] : exclusive.nested(subclass);
    }

    /** Before waiting. */
    void acquire(Acquisition how) {
        validator.acquire(map, how);
    }

    /** Before giving up; also when waiting failed. */
    void release() {
        validator.release(map);
    }
}
