package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.DeviceDriver;
import io.github.iommu4j.core.device.DeviceNode;
import org.jspecify.annotations.Nullable;

/** The driver of SMI larbs (Linux {@code mtk-smi-larb}). */
final class SmiLarbDriver implements DeviceDriver {

    private final MediatekHost host;
    private final MultimediaTree tree;
    private final SmiCommonDriver commons;
    private final Components components;

    SmiLarbDriver(MediatekHost host, MultimediaTree tree, SmiCommonDriver commons, Components components) {
        this.host = host;
        this.tree = tree;
        this.commons = commons;
        this.components = components;
    }

    @Override
    public String name() {
        return "mtk-smi-larb";
    }

    @Override
    public boolean matches(Device device) {
        SmiLarbNode node = tree.larb(device.name());
        return node != null && node.status() == SmiLarbNode.Status.OKAY;
    }

    /** A larb needs its common: {@code EINVAL} when the tree names none, {@code EPROBE_DEFER} while it has no driver. */
    @Override
    public void probe(Device device) {
        SmiLarbNode node = tree.larb(device.name());
        SmiCommonNode commonNode = node == null ? null : tree.common(node.smi());
        if (node == null || commonNode == null) {
            throw new IommuException(Errno.EINVAL, device.name() + " hangs on no SMI common");
        }
        SmiCommon common = commons.of(commonNode.name());
        if (common == null) {
            throw new IommuException(Errno.EPROBE_DEFER, commonNode.name() + " has no driver yet");
        }
        components.add(
                new SmiLarb((DeviceNode) device, node, common, host.core().locking()));
    }

    @Override
    public void remove(Device device) {
        SmiLarb larb = of((DeviceNode) device);
        if (larb != null) {
            components.remove(larb);
        }
    }

    /** The bound larb that a device is, or {@code null}. */
    @Nullable
    SmiLarb of(DeviceNode device) {
        return components.of(device);
    }
}
