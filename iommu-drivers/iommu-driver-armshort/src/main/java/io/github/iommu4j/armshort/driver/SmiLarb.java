package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.armshort.layout.LarbControl;
import io.github.iommu4j.core.device.DeviceNode;
import org.jspecify.annotations.Nullable;

/** What the driver of an SMI larb keeps of its device. Thread-safe. */
final class SmiLarb {

    private static final int DEPTH = 0;

    private final DeviceNode device;
    private final SmiLarbNode node;
    private final Mmio registers;
    private final RuntimePower power;
    /** Set while the larb is bound to its M4U. */
    private volatile @Nullable LarbSlot slot;

    SmiLarb(DeviceNode device, SmiLarbNode node, SmiCommon common, Locking locking) {
        this.device = device;
        this.node = node;
        this.registers = new Mmio(node.registers());
        power = new RuntimePower(locking, DEPTH, new RuntimePower.PowerHooks() {
            @Override
            public void resume() {
                writePorts();
            }

            @Override
            public void suspend() {
                // The clocks stop; ports keep their ways until they are written again.
            }
        });
        power.supplyFrom(common.power());
    }

    DeviceNode device() {
        return device;
    }

    RuntimePower power() {
        return power;
    }

    void bind(LarbSlot newSlot) {
        slot = newSlot;
    }

    void unbind() {
        slot = null;
    }

    /**
     * Tells the hardware which ports go through the M4U. Where each port has a word bits are only ever set, so that a
     * port that was on stays on.
     */
    private void writePorts() {
        LarbSlot wanted = slot;
        LarbControl control = node.platform().larbControl();
        if (wanted == null || node.platform().directLarbs().contains(wanted.id())) {
            return;
        }
        int enabled = wanted.enabled();
        if (!control.hasWordForEachPort()) {
            registers.write(control.offset(0), enabled);
            return;
        }
        for (int port = 0; port < Integer.SIZE; port++) {
            if ((enabled >>> port & 1) != 0) {
                registers.set(
                        control.offset(port), LarbControl.ENABLE.mask() | LarbControl.bankBits(wanted.bank(port)));
            }
        }
    }
}
