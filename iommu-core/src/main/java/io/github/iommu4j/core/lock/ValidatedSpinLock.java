package io.github.iommu4j.core.lock;

import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.core.lockdep.LockValidator;

/** A spin lock that a validator is told of, with the interrupts that its variants switch off. */
final class ValidatedSpinLock implements SpinLock {

    private final SpinLock lock;
    private final LockAnnotation annotation;
    private final LockValidator validator;

    ValidatedSpinLock(SpinLock lock, LockAnnotation annotation, LockValidator validator) {
        this.lock = lock;
        this.annotation = annotation;
        this.validator = validator;
    }

    @Override
    public void lock() {
        annotation.acquire(annotation.exclusive);
        try {
            lock.lock();
        } catch (Throwable failure) {
            annotation.release();
            throw failure;
        }
    }

    @Override
    public boolean tryLock() {
        boolean taken = lock.tryLock();
        if (taken) {
            annotation.acquire(annotation.tryExclusive);
        }
        return taken;
    }

    @Override
    public void unlock() {
        annotation.release();
        lock.unlock();
    }

    @Override
    public IrqState lockIrqSave() {
        IrqState before = validator.hardirqsOff();
        try {
            lock();
        } catch (Throwable failure) {
            validator.hardirqsRestore(before);
            throw failure;
        }
        return before;
    }

    @Override
    public void unlockIrqRestore(IrqState state) {
        unlock();
        validator.hardirqsRestore(state);
    }

    @Override
    public void lockBh() {
        validator.softirqsOff();
        try {
            lock();
        } catch (Throwable failure) {
            validator.softirqsOn();
            throw failure;
        }
    }

    @Override
    public void unlockBh() {
        unlock();
        validator.softirqsOn();
    }

    @Override
    public void assertHeld() {
        lock.assertHeld();
    }

    @Override
    public String toString() {
        return lock.toString();
    }
}
