package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.armshort.layout.SmiCommonLayout;
import org.jspecify.annotations.Nullable;

/** What the driver of an SMI common keeps of its device. Thread-safe. */
final class SmiCommon {

    private static final int DEPTH = 2;
    private static final int SUB_COMMON_DEPTH = 1;

    private final SmiCommonNode node;
    private final RuntimePower power;

    /**
     * A common, which is on whenever what it hangs on is.
     *
     * @param above the common that a sub-common hangs on
     */
    SmiCommon(SmiCommonNode node, @Nullable SmiCommon above, Locking locking) {
        this.node = node;
        Mmio registers = new Mmio(node.registers());
        power = new RuntimePower(locking, above == null ? DEPTH : SUB_COMMON_DEPTH, new RuntimePower.PowerHooks() {
            @Override
            public void resume() {
                registers.write(SmiCommonLayout.BUS_SEL, node.platform().busSel());
            }

            @Override
            public void suspend() {
                // The clocks stop; the register keeps its value or gets it again.
            }
        });
        if (above != null) {
            power.supplyFrom(above.power);
        }
    }

    SmiCommonNode node() {
        return node;
    }

    RuntimePower power() {
        return power;
    }
}
