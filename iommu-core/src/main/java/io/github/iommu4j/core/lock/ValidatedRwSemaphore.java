package io.github.iommu4j.core.lock;

import io.github.iommu4j.api.lock.RwSemaphore;

/** A reader-writer lock that a validator is told of. */
final class ValidatedRwSemaphore implements RwSemaphore {

    private final RwSemaphore semaphore;
    private final LockAnnotation annotation;

    ValidatedRwSemaphore(RwSemaphore semaphore, LockAnnotation annotation) {
        this.semaphore = semaphore;
        this.annotation = annotation;
    }

    @Override
    public void lockRead() {
        annotation.acquire(annotation.shared);
        try {
            semaphore.lockRead();
        } catch (Throwable failure) {
            annotation.release();
            throw failure;
        }
    }

    @Override
    public boolean tryLockRead() {
        boolean taken = semaphore.tryLockRead();
        if (taken) {
            annotation.acquire(annotation.tryShared);
        }
        return taken;
    }

    @Override
    public void unlockRead() {
        annotation.release();
        semaphore.unlockRead();
    }

    @Override
    public void lockWrite() {
        annotation.acquire(annotation.exclusive);
        try {
            semaphore.lockWrite();
        } catch (Throwable failure) {
            annotation.release();
            throw failure;
        }
    }

    @Override
    public boolean tryLockWrite() {
        boolean taken = semaphore.tryLockWrite();
        if (taken) {
            annotation.acquire(annotation.tryExclusive);
        }
        return taken;
    }

    @Override
    public void unlockWrite() {
        annotation.release();
        semaphore.unlockWrite();
    }

    @Override
    public void downgrade() {
        annotation.validator.downgrade(annotation.map);
        semaphore.downgrade();
    }

    @Override
    public void assertHeld() {
        semaphore.assertHeld();
    }

    @Override
    public void assertHeldForWrite() {
        semaphore.assertHeldForWrite();
    }

    @Override
    public String toString() {
        return semaphore.toString();
    }
}
