package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.lock.SpinLock;
import java.util.ArrayList;
import java.util.List;

/**
 * Runtime power management of one device: it is on while it has users, and its suppliers before it and after it.
 *
 * <p>Thread-safe. Coming on and going off may sleep and happen one at a time; {@link #whileInUse} may be called where
 * nothing may sleep.
 */
final class RuntimePower {

    private static final LockClass TURN = new LockClass("&dev->power.wait_queue");
    private static final LockClass LOCK = new LockClass("&dev->power.lock");

    /** Held while the device comes on or goes off. */
    private final Mutex mutex;
    /** Guards the count. */
    private final SpinLock lock;
    /** Distance from the devices that nobody supplies: suppliers' locks are taken under those of their consumers. */
    private final int depth;

    private final PowerHooks hooks;
    private int users;
    /** Changed with both locks held. */
    private boolean on;
    /** Guarded by the mutex. */
    private final List<RuntimePower> suppliers = new ArrayList<>();

    /** What a driver does when its device goes on or off. */
    interface PowerHooks {

        /** The suppliers are on. */
        void resume();

        /** The suppliers are still on. */
        void suspend();
    }

    RuntimePower(Locking locking, int depth, PowerHooks hooks) {
        this.mutex = locking.mutex(TURN);
        this.lock = locking.spinLock(LOCK);
        this.depth = depth;
        this.hooks = hooks;
    }

    /** Links a supplier, which is on from now on whenever this is. */
    void supplyFrom(RuntimePower supplier) {
        mutex.lockNested(depth);
        try {
            if (on) {
                supplier.get();
            }
            suppliers.add(supplier);
        } finally {
            mutex.unlock();
        }
    }

    /** Takes the link away. */
    void unlink(RuntimePower supplier) {
        mutex.lockNested(depth);
        try {
            if (suppliers.remove(supplier) && on) {
                supplier.put();
            }
        } finally {
            mutex.unlock();
        }
    }

    /** One more user ({@code pm_runtime_resume_and_get}). A refusal leaves everything as it was. */
    void get() {
        mutex.lockNested(depth);
        try {
            if (!on) {
                turnOn();
                setOn(true);
            }
            count(1);
        } finally {
            mutex.unlock();
        }
    }

    private void turnOn() {
        int started = 0;
        try {
            for (RuntimePower supplier : suppliers) {
                supplier.get();
                started++;
            }
            hooks.resume();
        } catch (IommuException refusal) {
            for (RuntimePower supplier : suppliers.subList(0, started)) {
                supplier.put();
            }
            throw refusal;
        }
    }

    private int count(int more) {
        SpinLock.IrqState state = lock.lockIrqSave();
        try {
            users += more;
            return users;
        } finally {
            lock.unlockIrqRestore(state);
        }
    }

    private void setOn(boolean nowOn) {
        SpinLock.IrqState state = lock.lockIrqSave();
        try {
            on = nowOn;
        } finally {
            lock.unlockIrqRestore(state);
        }
    }

    /**
     * Does something while the device is on, which it stays until that is done; does nothing while it is off ({@code
     * pm_runtime_get_if_in_use}). Does not sleep.
     */
    void whileInUse(Runnable action) {
        if (!joinUsers()) {
            return;
        }
        try {
            action.run();
        } finally {
            count(-1);
            goOffIfIdle();
        }
    }

    private boolean joinUsers() {
        SpinLock.IrqState state = lock.lockIrqSave();
        try {
            boolean inUse = users > 0;
            users += inUse ? 1 : 0;
            return inUse;
        } finally {
            lock.unlockIrqRestore(state);
        }
    }

    /** One user less. */
    void put() {
        mutex.lockNested(depth);
        try {
            if (count(-1) < 0) {
                throw new AssertionError("a device is given up that nobody uses");
            }
            goOffLocked();
        } finally {
            mutex.unlock();
        }
        goOffIfIdle();
    }

    /**
     * Goes off if the last user has gone. Whoever holds the mutex does it instead, since everybody looks once more after
     * giving it up.
     */
    private void goOffIfIdle() {
        while (isIdle() && mutex.tryLock()) {
            try {
                goOffLocked();
            } finally {
                mutex.unlock();
            }
        }
    }

    private void goOffLocked() {
        mutex.assertHeld();
        if (isIdle()) {
            setOn(false);
            hooks.suspend();
            suppliers.forEach(RuntimePower::put);
        }
    }

    private boolean isIdle() {
        SpinLock.IrqState state = lock.lockIrqSave();
        try {
            return on && users == 0;
        } finally {
            lock.unlockIrqRestore(state);
        }
    }

    boolean isInUse() {
        return count(0) > 0;
    }
}
