package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.device.Device;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** A share of memory for each device, and what is in use. Thread-safe. */
public final class BoundedFaultMemory implements FaultMemory {

    private final int faults;
    private final Map<Device, Integer> used = new ConcurrentHashMap<>();
    private final LongAdder parameters = new LongAdder();

    BoundedFaultMemory(int faults) {
        if (faults < 1) {
            throw new IllegalArgumentException("memory for " + faults + " faults of a device");
        }
        this.faults = faults;
    }

    @Override
    public boolean take(Device device, Purpose purpose) {
        if (purpose == Purpose.PARAMETER) {
            parameters.increment();
            return true;
        }
        boolean[] taken = new boolean[1];
        used.compute(device, (key, before) -> {
            int count = before == null ? 0 : before;
            taken[0] = count < faults;
            return taken[0] ? Integer.valueOf(count + 1) : before;
        });
        return taken[0];
    }

    @Override
    public void give(Device device, Purpose purpose) {
        if (purpose == Purpose.PARAMETER) {
            parameters.decrement();
            return;
        }
        used.compute(device, (key, before) -> {
            if (before == null) {
                throw new AssertionError(device + " gives back a " + purpose + " it does not have");
            }
            return before == 1 ? null : Integer.valueOf(before - 1);
        });
    }

    /**
     * What a device holds.
     *
     * @param device the device
     * @return requests and groups, 0 to the share
     */
    public int used(Device device) {
        return used.getOrDefault(device, 0);
    }

    /**
     * What all devices hold: 0 when nothing leaked.
     *
     * @return requests, groups and devices' bookkeeping
     */
    public long used() {
        return used.values().stream().mapToLong(Integer::longValue).sum() + parameters.sum();
    }
}
