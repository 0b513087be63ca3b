package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.smmuv3.layout.Command;

/** Where CMD_ATC_INV and CMD_PRI_RESP go: to endpoints, over PCIe (IHI 0070 §4.5, §4.6). */
@FunctionalInterface
interface EndpointCommands {

    /** Delivers a legal command; what it asks for is complete when this returns. */
    void deliver(Command command);
}
