package io.github.iommu4j.testkit.explore;

import io.github.iommu4j.api.lock.Mutex;

/** A mutex among explored tasks. */
record ExploredMutex(ExploredLock state) implements Mutex {

    @Override
    public void lockNested(int subclass) {
        state.lock();
    }

    @Override
    public boolean tryLock() {
        return state.tryLock();
    }

    @Override
    public void unlock() {
        state.unlock();
    }

    @Override
    public void assertHeld() {
        state.assertHeld();
    }

    @Override
    public void assertNotHeld() {
        state.assertNotHeld();
    }

    @Override
    public String toString() {
        return "mutex " + state;
    }
}
