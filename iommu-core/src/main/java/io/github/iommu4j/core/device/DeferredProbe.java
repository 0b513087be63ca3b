package io.github.iommu4j.core.device;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Devices whose driver asked to be probed later: they are tried again after any driver was bound, or when asked.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread.
 */
public final class DeferredProbe {

    private static final LockClass LOCK_CLASS = new LockClass("deferred_probe_mutex");

    private final Mutex mutex;
    private final Map<DeviceNode, BusType> waiting = new LinkedHashMap<>();
    private boolean triggered;

    /**
     * Nobody waits yet.
     *
     * @param locking where the lock comes from
     */
    public DeferredProbe(Locking locking) {
        this.mutex = locking.mutex(LOCK_CLASS);
    }

    /** How long a missing supplier is waited for. */
    public enum Timeout {
        /** Initcalls still run: wait. */
        BEFORE_INITCALLS,
        /** Initcalls are done, the timeout still runs. */
        RUNNING,
        /** The timeout has run out. */
        EXPIRED
    }

    /** The kernels' different answers to a missing supplier. */
    public enum Rule {
        /** Linux 4.18 to 5.2. */
        V4_18,
        /** The 2019 proposal: as 4.18, but a caller that persists goes on waiting after the initcalls. */
        V4_18_PERSIST,
        /** Linux 5.7 and later, built with modules. */
        V5_7_MODULES,
        /** Linux 5.7 and later, built without modules. */
        V5_7_NO_MODULES
    }

    /**
     * What a driver answers whose supplier is missing (Linux {@code driver_deferred_probe_check_state}).
     *
     * @param rule the kernel
     * @param timeout how long it has waited
     * @return {@code EPROBE_DEFER} to wait on, {@code ENODEV} to go on without, or {@code ETIMEDOUT}
     */
    public static Errno checkState(Rule rule, Timeout timeout) {
        if (timeout == Timeout.BEFORE_INITCALLS) {
            return Errno.EPROBE_DEFER;
        }
        return switch (rule) {
            case V4_18 -> timeout == Timeout.EXPIRED ? Errno.ETIMEDOUT : Errno.ENODEV;
            case V4_18_PERSIST -> timeout == Timeout.EXPIRED ? Errno.ETIMEDOUT : Errno.EPROBE_DEFER;
            case V5_7_MODULES -> timeout == Timeout.EXPIRED ? Errno.ETIMEDOUT : Errno.EPROBE_DEFER;
            case V5_7_NO_MODULES -> Errno.ENODEV;
        };
    }

    void add(BusType bus, DeviceNode device) {
        mutex.lock();
        try {
            waiting.put(device, bus);
        } finally {
            mutex.unlock();
        }
    }

    /** A device got a driver: those that wait may find what they missed. */
    void bound(DeviceNode device) {
        mutex.lock();
        try {
            waiting.remove(device);
            triggered = !waiting.isEmpty();
        } finally {
            mutex.unlock();
        }
    }

    void forget(DeviceNode device) {
        mutex.lock();
        try {
            waiting.remove(device);
        } finally {
            mutex.unlock();
        }
    }

    /**
     * How many devices wait.
     *
     * @return 0 or more
     */
    public int waiting() {
        mutex.lock();
        try {
            return waiting.size();
        } finally {
            mutex.unlock();
        }
    }

    /** Has everybody that waits tried again, whether or not a driver was bound since. */
    public void trigger() {
        mutex.lock();
        try {
            triggered = !waiting.isEmpty();
        } finally {
            mutex.unlock();
        }
    }

    /**
     * Does one round of deferred work: tries every device that waited when it began.
     *
     * @return {@code true} when something was tried
     */
    public boolean step() {
        Map<DeviceNode, BusType> round;
        mutex.lock();
        try {
            if (!triggered) {
                return false;
            }
            triggered = false;
            round = new LinkedHashMap<>(waiting);
            waiting.clear();
        } finally {
            mutex.unlock();
        }
        round.forEach((device, bus) -> bus.attach(device));
        return true;
    }
}
