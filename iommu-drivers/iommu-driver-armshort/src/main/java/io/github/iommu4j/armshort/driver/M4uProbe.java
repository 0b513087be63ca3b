package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.armshort.layout.InfracfgLayout;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.core.device.DeviceNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What probing an M4U finds out, in the order of Linux 6.1: protect buffer, memory mode, registers, interrupt, clock,
 * larbs and their common.
 *
 * @param unit the M4U
 * @param protect its protect buffer
 * @param mode whether the machine is in 4 GiB mode
 * @param clock its clock
 * @param slots its larbs by number
 * @param common the SMI common all of them hang on
 */
record M4uProbe(
        M4uUnit unit,
        ProtectBuffer protect,
        MemoryMode mode,
        PowerSwitch clock,
        Map<Integer, LarbSlot> slots,
        SmiCommonNode common) {

    private static final int MOST_LARBS = 32;

    /**
     * Probes.
     *
     * @throws IommuException {@code ENOMEM} without memory for the protect buffer; what looking for the infrastructure
     *     block answers; {@code EINVAL} when the window is too small; {@code ENXIO} without an interrupt; {@code ENOENT}
     *     without a clock the part needs; for larbs as {@link #larbs}. Nothing is taken then.
     */
    static M4uProbe of(MediatekHost host, MultimediaTree tree, DeviceNode device, M4uNode node) {
        ProtectBuffer protect = new ProtectBuffer(host.allocator());
        try {
            MemoryMode mode = mode(node);
            if (node.registers().size() < M4uRegister.WINDOW) {
                throw new IommuException(
                        Errno.EINVAL,
                        node.name() + ": a window of " + node.registers().size() + " bytes is no bank");
            }
            if (node.resources().irq() == null) {
                throw new IommuException(Errno.ENXIO, node.name() + " has no interrupt");
            }
            PowerSwitch clock = clock(node);
            Map<Integer, LarbSlot> slots = new HashMap<>();
            SmiCommonNode common = larbs(host, tree, node, slots);
            return new M4uProbe(M4uUnit.of(host, device, node), protect, mode, clock, slots, common);
        } catch (IommuException refusal) {
            protect.free();
            throw refusal;
        }
    }

    private static MemoryMode mode(M4uNode node) {
        if (!node.platform().has(M4uFlag.HAS_4GB_MODE)) {
            return MemoryMode.ORDINARY;
        }
        int misc = new Mmio(node.resources().infracfg().get()).read(InfracfgLayout.INFRA_MISC);
        return InfracfgLayout.DDR_4GB_SUPPORT_EN.isSet(misc) ? MemoryMode.FOUR_GIGABYTES : MemoryMode.ORDINARY;
    }

    private static PowerSwitch clock(M4uNode node) {
        PowerSwitch bclk = node.resources().bclk();
        if (!node.platform().has(M4uFlag.HAS_BCLK)) {
            return PowerSwitch.ALWAYS_ON;
        }
        if (bclk == null) {
            throw new IommuException(Errno.ENOENT, node.name() + " has no bclk");
        }
        return bclk;
    }

    /**
     * Finds the larbs: {@code EINVAL} for none or more than 32, for a number that is too large, for a larb without a
     * common and for two commons; {@code ENODEV} for a device that does not exist; {@code EEXIST} for a number that is
     * taken; {@code EPROBE_DEFER} for a larb without a driver. Disabled ones are passed over.
     */
    private static SmiCommonNode larbs(
            MediatekHost host, MultimediaTree tree, M4uNode node, Map<Integer, LarbSlot> slots) {
        List<String> names = node.larbs();
        if (names.isEmpty() || names.size() > MOST_LARBS) {
            throw new IommuException(Errno.EINVAL, node.name() + " has " + names.size() + " larbs");
        }
        SmiCommonNode common = null;
        for (int place = 0; place < names.size(); place++) {
            SmiLarbNode larb = tree.larb(names.get(place));
            if (larb == null) {
                throw new IommuException(Errno.EINVAL, node.name() + ": there is no node " + names.get(place));
            }
            if (larb.status() == SmiLarbNode.Status.OKAY) {
                SmiCommonNode its = larb(host, tree, larb, new Place(node, place, slots));
                if (common != null && !common.equals(its)) {
                    throw new IommuException(
                            Errno.EINVAL, node.name() + ": larbs of " + common.name() + " and of " + its.name());
                }
                common = its;
            }
        }
        if (common == null) {
            throw new IommuException(Errno.EINVAL, node.name() + ": no larb is in use");
        }
        if (host.bus().find(common.name()) == null) {
            throw new IommuException(Errno.ENODEV, node.name() + ": there is no device " + common.name());
        }
        return common;
    }

    /** Where in whose list a larb stands. */
    private record Place(M4uNode node, int index, Map<Integer, LarbSlot> slots) {}

    private static SmiCommonNode larb(MediatekHost host, MultimediaTree tree, SmiLarbNode larb, Place place) {
        int id = Objects.requireNonNullElse(larb.larbId(), place.index());
        if (id < 0 || id >= MOST_LARBS) {
            throw new IommuException(Errno.EINVAL, larb.name() + " has number " + id);
        }
        DeviceNode device = host.bus().find(larb.name());
        if (device == null) {
            throw new IommuException(Errno.ENODEV, place.node().name() + ": there is no device " + larb.name());
        }
        if (place.slots().putIfAbsent(id, new LarbSlot(id, device)) != null) {
            throw new IommuException(Errno.EEXIST, place.node().name() + ": two larbs have number " + id);
        }
        if (device.driver() == null) {
            throw new IommuException(Errno.EPROBE_DEFER, larb.name() + " has no driver yet");
        }
        SmiCommonNode common = tree.commonOf(larb);
        if (common == null) {
            throw new IommuException(Errno.EINVAL, larb.name() + " hangs on no SMI common");
        }
        return common;
    }

    /** The larbs' devices. */
    List<DeviceNode> devices() {
        return slots.values().stream().map(LarbSlot::device).toList();
    }

    /** The slot of a larb's device, or {@code null}. */
    static @Nullable LarbSlot slotOf(Map<Integer, LarbSlot> slots, DeviceNode device) {
        return slots.values().stream()
                .filter(slot -> slot.device() == device)
                .findFirst()
                .orElse(null);
    }
}
