package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.DeviceDriver;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The driver of SMI commons (Linux {@code mtk-smi-common}). */
final class SmiCommonDriver implements DeviceDriver {

    private final MediatekHost host;
    private final MultimediaTree tree;
    private final Map<String, SmiCommon> bound = new ConcurrentHashMap<>();

    SmiCommonDriver(MediatekHost host, MultimediaTree tree) {
        this.host = host;
        this.tree = tree;
    }

    @Override
    public String name() {
        return "mtk-smi-common";
    }

    @Override
    public boolean matches(Device device) {
        return tree.common(device.name()) != null;
    }

    /** A sub-common waits for the common it hangs on. */
    @Override
    public void probe(Device device) {
        SmiCommonNode node = tree.common(device.name());
        if (node == null) {
            throw new IommuException(Errno.ENODEV, device.name() + " is no SMI common");
        }
        SmiCommon above = null;
        if (node.smi() != null) {
            above = bound.get(node.smi());
            if (above == null) {
                throw new IommuException(Errno.EPROBE_DEFER, node.smi() + " has no driver yet");
            }
        }
        bound.put(device.name(), new SmiCommon(node, above, host.core().locking()));
    }

    @Override
    public void remove(Device device) {
        bound.remove(device.name());
    }

    /** The bound common of a name, or {@code null}. */
    @Nullable
    SmiCommon of(String name) {
        return bound.get(name);
    }
}
