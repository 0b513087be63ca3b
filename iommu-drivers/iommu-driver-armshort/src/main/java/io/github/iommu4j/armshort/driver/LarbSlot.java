package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.core.device.DeviceNode;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * What an M4U wants of one of its larbs (Linux {@code mtk_smi_larb_iommu}): attaching only writes here; the larb takes
 * notice when it is resumed. Thread-safe.
 */
final class LarbSlot {

    private final int id;
    private final DeviceNode device;
    private final AtomicInteger enabled = new AtomicInteger();
    private final AtomicIntegerArray banks = new AtomicIntegerArray(Integer.SIZE);

    LarbSlot(int id, DeviceNode device) {
        this.id = id;
        this.device = device;
    }

    int id() {
        return id;
    }

    DeviceNode device() {
        return device;
    }

    /** The ports that are to go through the M4U, a bit each. */
    int enabled() {
        return enabled.get();
    }

    /** Bits 33:32 of a port's addresses. */
    int bank(int port) {
        return banks.get(port);
    }

    /** Ports are to go through the M4U, with a bank. */
    void enable(int ports, int bank) {
        for (int port = 0; port < Integer.SIZE; port++) {
            if ((ports >>> port & 1) != 0) {
                banks.set(port, bank);
            }
        }
        enabled.getAndUpdate(before -> before | ports);
    }

    /** Ports are to go past it. */
    void disable(int ports) {
        enabled.getAndUpdate(before -> before & ~ports);
    }
}
