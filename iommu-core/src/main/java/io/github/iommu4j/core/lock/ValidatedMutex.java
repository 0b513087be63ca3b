package io.github.iommu4j.core.lock;

import io.github.iommu4j.api.lock.Mutex;

/** A mutex that a validator is told of. */
final class ValidatedMutex implements Mutex {

    private final Mutex mutex;
    private final LockAnnotation annotation;

    ValidatedMutex(Mutex mutex, LockAnnotation annotation) {
        this.mutex = mutex;
        this.annotation = annotation;
    }

    @Override
    public void lockNested(int subclass) {
        annotation.acquire(annotation.nested(subclass));
        try {
            mutex.lockNested(subclass);
        } catch (Throwable failure) {
            annotation.release();
            throw failure;
        }
    }

    @Override
    public boolean tryLock() {
        boolean taken = mutex.tryLock();
        if (taken) {
            annotation.acquire(annotation.tryExclusive);
        }
        return taken;
    }

    @Override
    public void unlock() {
        annotation.release();
        mutex.unlock();
    }

    @Override
    public void assertHeld() {
        mutex.assertHeld();
    }

    @Override
    public void assertNotHeld() {
        mutex.assertNotHeld();
    }

    @Override
    public String toString() {
        return mutex.toString();
    }
}
