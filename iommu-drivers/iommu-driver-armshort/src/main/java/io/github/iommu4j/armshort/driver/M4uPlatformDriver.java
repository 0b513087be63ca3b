package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.DeviceDriver;
import io.github.iommu4j.core.device.DeviceNode;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The driver of M4Us on their bus (Linux {@code mtk-iommu}): makes a {@link M4uDriver} of each and registers it. */
final class M4uPlatformDriver implements DeviceDriver {

    private final MediatekHost host;
    private final MultimediaTree tree;
    private final SmiCommonDriver commons;
    private final SmiLarbDriver larbs;
    private final Components components;
    private final Map<String, Bound> bound = new ConcurrentHashMap<>();
    private final Map<M4uPlatform, M4uFamily> shared = new ConcurrentHashMap<>();

    /** An M4U with a driver. */
    private record Bound(M4uDriver driver, SmiCommon common, Master master) {}

    M4uPlatformDriver(
            MediatekHost host,
            MultimediaTree tree,
            SmiCommonDriver commons,
            SmiLarbDriver larbs,
            Components components) {
        this.host = host;
        this.tree = tree;
        this.commons = commons;
        this.larbs = larbs;
        this.components = components;
    }

    /** Binds an M4U's larbs to their slots. */
    private record Master(M4uDriver driver, List<DeviceNode> matches) implements Components.Master {

        @Override
        public void bind(List<SmiLarb> all) {
            for (SmiLarb larb : all) {
                LarbSlot slot = M4uProbe.slotOf(driver.slots(), larb.device());
                if (slot == null) {
                    throw new IommuException(Errno.ENODEV, larb.device() + " is no larb of " + driver.name());
                }
                larb.bind(slot);
            }
        }

        @Override
        public void unbind(List<SmiLarb> all) {
            all.forEach(SmiLarb::unbind);
        }
    }

    @Override
    public String name() {
        return "mtk-iommu";
    }

    @Override
    public boolean matches(Device device) {
        return tree.m4u(device.name()) != null;
    }

    @Override
    public void probe(Device device) {
        M4uNode node = tree.m4u(device.name());
        if (node == null) {
            throw new IommuException(Errno.ENODEV, device.name() + " is no M4U");
        }
        M4uProbe probed = M4uProbe.of(host, tree, (DeviceNode) device, node);
        SmiCommon common = commons.of(probed.common().name());
        if (common == null) {
            probed.protect().free();
            throw new IommuException(Errno.EINVAL, probed.common().name() + " cannot be linked: it has no driver");
        }
        M4uFamily family = family(probed);
        M4uDriver driver = new M4uDriver(probed, family, larbs);
        common.power().supplyFrom(driver.power());
        family.add(driver);
        Master master = new Master(driver, probed.devices());
        try {
            host.core().register(driver);
            bindLarbs(master);
        } catch (IommuException refusal) {
            common.power().unlink(driver.power());
            driver.close();
            throw refusal;
        }
        bound.put(device.name(), new Bound(driver, common, master));
    }

    private void bindLarbs(Master master) {
        try {
            components.add(master);
        } catch (IommuException refusal) {
            host.core().unregister(master.driver());
            throw refusal;
        }
    }

    private M4uFamily family(M4uProbe probed) {
        M4uPlatform platform = probed.unit().platform();
        return platform.has(M4uFlag.SHARE_PGTABLE)
                ? shared.computeIfAbsent(platform, key -> new M4uFamily(host, tree, key, probed.mode()))
                : new M4uFamily(host, tree, platform, probed.mode());
    }

    @Override
    public void remove(Device device) {
        Bound gone = bound.remove(device.name());
        if (gone != null) {
            host.core().unregister(gone.driver());
            gone.common().power().unlink(gone.driver().power());
            components.remove(gone.master());
            gone.driver().close();
        }
    }

    /** The driver of an M4U's device, or {@code null}. */
    @Nullable
    M4uDriver of(String name) {
        Bound found = bound.get(name);
        return found == null ? null : found.driver();
    }
}
