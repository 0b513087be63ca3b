package io.github.iommu4j.testkit.core;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuDomain.Segment;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.core.device.DeviceNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A machine on which one operation is about to be disturbed: slot 1 holds a group of three functions. */
final class Stage {

    static final List<Segment> SEGMENTS = List.of(new Segment(0x10_0000, 0x1000), new Segment(0x20_0000, 0x2000));

    final Rig rig;
    final List<IommuDomain> domains = new ArrayList<>();
    final Set<Device> deferred = new HashSet<>();

    Stage(KernelRelease release) {
        ReservedRegion direct = new ReservedRegion(
                new IovaRange(0x8000, 0x8FFF), Prot.READ_WRITE, ReservedRegion.Type.DIRECT_RELAXABLE);
        rig = Rig.recording(release, Rig.intel().withPasids(8).reserving(device -> List.of(direct)));
        rig.slot(1, 3).slot(2, 1);
    }

    Stage boot() {
        rig.boot();
        return this;
    }

    /** Found by the kernel, but under no IOMMU yet. */
    Stage enumerate() {
        rig.host.rescan();
        return this;
    }

    Stage bootDeferred() {
        rig.host.rescan();
        rig.bus.nodes().forEach(deferred::add);
        rig.iommu.deferring(deferred);
        rig.core.register(rig.iommu);
        return this;
    }

    IommuGroup group() {
        return rig.group(1);
    }

    IommuDomain domain(int index) {
        while (domains.size() <= index) {
            domains.add(rig.newDomain(1));
        }
        return domains.get(index);
    }

    DeviceNode device(int function) {
        return rig.device(1, function);
    }

    /** Leaves the third function on the bus and in no group. */
    Stage expel() {
        rig.host.remove(Rig.name(1, 2));
        rig.iommu.failures().failCall(0, Errno.EIO);
        rig.host.rescan();
        return this;
    }

    void writeType(String word) {
        group().writeType(word, UserCapabilities.ALL);
    }

    /** What the core's books say. A flush queue is not told from strict invalidation, which is its fall-back. */
    String books() {
        StringBuilder text = new StringBuilder();
        for (IommuGroup group : rig.core.groups()) {
            text.append(group.id()).append(group.devices()).append(' ');
            text.append(group.typeName().replace("DMA-FQ", "DMA")).append(' ');
            text.append(group.dmaOwnership().state()).append(' ').append(attachment(group));
            for (int pasid = 1; pasid < 8; pasid++) {
                text.append(' ').append(domains.indexOf(group.domainOfPasid(pasid)));
            }
            text.append('\n');
        }
        for (IommuDomain domain : domains) {
            for (long iova = 0; iova < 0x40_0000; iova += 0x1000) {
                long pa = domain.iovaToPhys(iova);
                text.append(pa == 0 ? "" : Long.toHexString(iova) + "->" + Long.toHexString(pa) + "\n");
            }
        }
        return text.toString();
    }

    private String attachment(IommuGroup group) {
        IommuDomain current = group.domain();
        if (current == null) {
            return "nothing";
        }
        int known = domains.indexOf(current);
        return current == group.defaultDomain() ? "default" : known < 0 ? "blocking" : "domain " + known;
    }

    /** What the hardware says. */
    String hardware() {
        StringBuilder text = new StringBuilder();
        for (DeviceNode device : rig.bus.nodes()) {
            text.append(device).append(' ').append(rig.iommu.attachedType(device));
            for (int pasid = 1; pasid < 8; pasid++) {
                text.append(' ').append(rig.iommu.attachedType(device, pasid));
            }
            text.append('\n');
        }
        return text.toString();
    }

    /** Runs an operation. */
    static @Nullable IommuException refusal(Runnable operation) {
        try {
            operation.run();
            return null;
        } catch (IommuException refusal) {
            return refusal;
        }
    }

    /** Gives everything back and looks for what stays. */
    void finish() {
        for (IommuGroup group : rig.core.groups()) {
            for (int pasid = 1; pasid < 8; pasid++) {
                IommuDomain attached = group.domainOfPasid(pasid);
                if (attached != null) {
                    group.detachPasid(attached, pasid);
                }
            }
            if (group.dmaOwnership().state().owner() != null) {
                group.dmaOwnership().release();
            }
            if (group.domain() != group.defaultDomain() && group.defaultDomain() != null) {
                group.replace(Objects.requireNonNull(group.defaultDomain()));
            }
        }
        domains.forEach(IommuDomain::free);
        rig.close();
    }
}
