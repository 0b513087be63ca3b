package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.core.device.DeviceNode;

/**
 * One M4U as the pieces of its driver share it.
 *
 * @param host what the driver stands in
 * @param device the device
 * @param node its node in the device tree
 * @param registers its registers
 * @param tlb its TLB
 */
record M4uUnit(MediatekHost host, DeviceNode device, M4uNode node, Mmio registers, M4uTlb tlb) {

    static M4uUnit of(MediatekHost host, DeviceNode device, M4uNode node) {
        Mmio registers = new Mmio(node.registers());
        return new M4uUnit(host, device, node, registers, new M4uTlb(node, registers, host));
    }

    M4uPlatform platform() {
        return node.platform();
    }
}
