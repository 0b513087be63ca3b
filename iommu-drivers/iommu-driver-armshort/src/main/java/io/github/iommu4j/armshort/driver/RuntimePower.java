package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runtime power management of one device: it is on while it has users, and its suppliers before it and after it.
 *
 * <p>Thread-safe.
 */
final class RuntimePower {

    private static final LockClass LOCK = new LockClass("&dev->power.lock");

    private final Mutex mutex;
    /** Distance from the devices that nobody supplies: suppliers' locks are taken under those of their consumers. */
    private final int depth;

    private final PowerHooks hooks;
    private final AtomicInteger users = new AtomicInteger();
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
        this.mutex = locking.mutex(LOCK);
        this.depth = depth;
        this.hooks = hooks;
    }

    /** Links a supplier, which is on from now on whenever this is. */
    void supplyFrom(RuntimePower supplier) {
        mutex.lockNested(depth);
        try {
            if (users.get() > 0) {
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
            if (suppliers.remove(supplier) && users.get() > 0) {
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
            if (users.get() == 0) {
                turnOn();
            }
            users.incrementAndGet();
        } finally {
            mutex.unlock();
        }
    }

    private void turnOn() {
        int on = 0;
        try {
            for (RuntimePower supplier : suppliers) {
                supplier.get();
                on++;
            }
            hooks.resume();
        } catch (IommuException refusal) {
            for (RuntimePower supplier : suppliers.subList(0, on)) {
                supplier.put();
            }
            throw refusal;
        }
    }

    /** One more user if there is one already ({@code pm_runtime_get_if_in_use}). */
    boolean getIfInUse() {
        int before = users.getAndUpdate(count -> count > 0 ? count + 1 : 0);
        return before > 0;
    }

    /** One user less. */
    void put() {
        mutex.lockNested(depth);
        try {
            int left = users.decrementAndGet();
            if (left < 0) {
                throw new AssertionError("a device is given up that nobody uses");
            }
            if (left == 0) {
                hooks.suspend();
                suppliers.forEach(RuntimePower::put);
            }
        } finally {
            mutex.unlock();
        }
    }

    boolean isInUse() {
        return users.get() > 0;
    }
}
