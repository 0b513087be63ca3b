package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.core.device.DeviceNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Larbs and the M4Us that wait for them (Linux {@code drivers/base/component.c}): an M4U is bound when all of its larbs
 * are present, and unbound when one of them or it goes. Thread-safe.
 */
final class Components {

    private static final LockClass LOCK = new LockClass("component_mutex");

    private final Mutex mutex;
    /** Guarded by the mutex, as is the list. */
    private final Map<DeviceNode, SmiLarb> present = new HashMap<>();

    private final List<Master> masters = new ArrayList<>();

    /** Somebody who waits for components. */
    interface Master {

        /** The devices waited for. */
        List<DeviceNode> matches();

        /**
         * All are present.
         *
         * @throws io.github.iommu4j.api.IommuException when one of them cannot be bound
         */
        void bind(List<SmiLarb> larbs);

        /** One of them goes. */
        void unbind(List<SmiLarb> larbs);
    }

    Components(Locking locking) {
        mutex = locking.mutex(LOCK);
    }

    void add(SmiLarb larb) {
        locked(() -> {
            present.put(larb.device(), larb);
            for (Master master : masters) {
                if (master.matches().contains(larb.device())) {
                    bindIfComplete(master);
                }
            }
        });
    }

    void remove(SmiLarb larb) {
        locked(() -> {
            for (Master master : masters) {
                List<SmiLarb> all = allOf(master);
                if (all != null && all.contains(larb)) {
                    master.unbind(all);
                }
            }
            present.remove(larb.device());
        });
    }

    void add(Master master) {
        locked(() -> {
            bindIfComplete(master);
            masters.add(master);
        });
    }

    void remove(Master master) {
        locked(() -> {
            List<SmiLarb> all = allOf(master);
            if (masters.remove(master) && all != null) {
                master.unbind(all);
            }
        });
    }

    /** The component of a device, or {@code null}. */
    @Nullable
    SmiLarb of(DeviceNode device) {
        mutex.lock();
        try {
            return present.get(device);
        } finally {
            mutex.unlock();
        }
    }

    private void bindIfComplete(Master master) {
        List<SmiLarb> all = allOf(master);
        if (all != null) {
            master.bind(all);
        }
    }

    private @Nullable List<SmiLarb> allOf(Master master) {
        List<SmiLarb> all = new ArrayList<>();
        for (DeviceNode device : master.matches()) {
            SmiLarb larb = present.get(device);
            if (larb == null) {
                return null;
            }
            all.add(larb);
        }
        return all;
    }

    private void locked(Runnable action) {
        mutex.lock();
        try {
            action.run();
        } finally {
            mutex.unlock();
        }
    }
}
