package io.github.iommu4j.core.lock;

import io.github.iommu4j.api.lock.Completion;
import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.lock.RefCount;
import io.github.iommu4j.api.lock.RwSemaphore;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.core.lockdep.LockKind;
import io.github.iommu4j.core.lockdep.LockValidator;

/**
 * Other locks, with a {@link LockValidator} that is told of everything: an order that could deadlock is reported when it
 * is first seen. Cheap enough for runs that are meant to go on.
 *
 * <p><b>Thread-safety:</b> as the locks behind it.
 */
public final class ValidatedLocking implements Locking {

    private final Locking locking;
    private final LockValidator validator;

    private ValidatedLocking(Locking locking, LockValidator validator) {
        this.locking = locking;
        this.validator = validator;
    }

    /**
     * Puts a validator that throws its reports around locks.
     *
     * @param locking does the locking
     * @return validated locks
     */
    public static ValidatedLocking over(Locking locking) {
        return over(locking, LockValidator.throwing());
    }

    /**
     * Puts a validator around locks.
     *
     * @param locking does the locking
     * @param validator is told of it
     * @return validated locks
     */
    public static ValidatedLocking over(Locking locking, LockValidator validator) {
        return new ValidatedLocking(locking, validator);
    }

    /**
     * Who is told.
     *
     * @return the validator
     */
    public LockValidator validator() {
        return validator;
    }

    @Override
    public Mutex mutex(LockClass lockClass) {
        return new ValidatedMutex(locking.mutex(lockClass), annotation(lockClass, LockKind.MUTEX));
    }

    @Override
    public RwSemaphore rwSemaphore(LockClass lockClass) {
        return new ValidatedRwSemaphore(locking.rwSemaphore(lockClass), annotation(lockClass, LockKind.RW_SEMAPHORE));
    }

    @Override
    public SpinLock spinLock(LockClass lockClass) {
        return new ValidatedSpinLock(locking.spinLock(lockClass), annotation(lockClass, LockKind.SPIN), validator);
    }

    private LockAnnotation annotation(LockClass lockClass, LockKind kind) {
        return new LockAnnotation(validator, validator.map(lockClass, kind), lockClass.validation());
    }

    @Override
    public Completion completion(String name) {
        return new ValidatedCompletion(locking.completion(name), name, validator);
    }

    @Override
    public RefCount refCount(String name) {
        return locking.refCount(name);
    }

    @Override
    public void runIn(ExecutionContext context, Runnable action) {
        validator.runIn(context, () -> locking.runIn(context, action));
    }

    @Override
    public void relax() {
        locking.relax();
    }
}
