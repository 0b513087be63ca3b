package io.github.iommu4j.testkit.explore;

import io.github.iommu4j.api.lock.SpinLock;

/** A spin lock among explored tasks. Interrupts are not scheduled: they are tasks of their own. */
record ExploredSpinLock(ExploredLock spin) implements SpinLock {

    @Override
    public void lock() {
        spin.lock();
    }

    @Override
    public boolean tryLock() {
        return spin.tryLock();
    }

    @Override
    public void unlock() {
        spin.unlock();
    }

    @Override
    public IrqState lockIrqSave() {
        spin.lock();
        return IrqState.ENABLED;
    }

    @Override
    public void unlockIrqRestore(IrqState state) {
        spin.unlock();
    }

    @Override
    public void lockBh() {
        spin.lock();
    }

    @Override
    public void unlockBh() {
        spin.unlock();
    }

    @Override
    public void assertHeld() {
        spin.assertHeld();
    }

    @Override
    public String toString() {
        return "spin lock " + spin;
    }
}
