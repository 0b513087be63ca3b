package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.core.pagetable.intel.IntelStage;
import io.github.iommu4j.vtd.driver.FlushSelection.Changed;
import io.github.iommu4j.vtd.driver.FlushSelection.Choice;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Who has cached something of a domain, and what must go (Intel VT-d §6.5.3.3; Linux cache tags). The list is guarded by
 * {@code &domain->lock}.
 */
final class DomainFlush {

    private static final LockClass LOCK = new LockClass("&domain->lock");

    private final SpinLock lock;
    private final List<Tag> tags = new ArrayList<>();
    private IntelStage stage = IntelStage.SECOND;

    /** A device, or a PASID of it, that goes through the domain, and under which id. */
    record Tag(DeviceInfo device, int pasid, int did) {

        Invalidations invalidations() {
            return device.unit().invalidations();
        }

        boolean isCaching() {
            return device.unit().parts().capabilities().isCaching();
        }
    }

    /** What a unit's IOTLB tells translations apart by. */
    private record Place(VtdUnit unit, int did, int pasid) {}

    DomainFlush(VtdHost host) {
        this.lock = host.kernel().locking().spinLock(LOCK);
    }

    /** Which stage the domain's table is of; said once, before anything is attached. */
    void of(IntelStage tableStage) {
        stage = tableStage;
    }

    void add(Tag tag) {
        SpinLock.IrqState interrupts = lock.lockIrqSave();
        try {
            tags.add(tag);
        } finally {
            lock.unlockIrqRestore(interrupts);
        }
    }

    void remove(Tag tag) {
        SpinLock.IrqState interrupts = lock.lockIrqSave();
        try {
            tags.remove(tag);
        } finally {
            lock.unlockIrqRestore(interrupts);
        }
    }

    /** The IOTLB first, then devices: a unit may answer a device from its IOTLB (§6.5.2.11). */
    private void forEach(Consumer<Tag> iotlb, Consumer<Tag> device) {
        SpinLock.IrqState interrupts = lock.lockIrqSave();
        try {
            Set<Place> seen = new HashSet<>();
            for (Tag tag : tags) {
                int pasid = stage == IntelStage.FIRST ? tag.pasid : DeviceInfo.NO_PASID;
                if (seen.add(new Place(tag.device.unit(), tag.did, pasid))) {
                    iotlb.accept(tag);
                }
            }
            tags.forEach(device);
        } finally {
            lock.unlockIrqRestore(interrupts);
        }
    }

    /** Pages that were translated are not any more, or otherwise. */
    void pages(long iova, long count, Changed changed) {
        forEach(
                tag -> invalidate(tag, choose(tag, iova, count, changed)),
                tag -> tag.invalidations().deviceTlb(tag.device, tag.pasid, choose(tag, iova, count, changed)));
    }

    private Choice choose(Tag tag, long iova, long count, Changed changed) {
        FlushSelection selection = tag.device.unit().flushSelection();
        return stage == IntelStage.FIRST
                ? selection.firstStage(iova, count, changed)
                : selection.secondStage(iova, count, changed);
    }

    private void invalidate(Tag tag, Choice choice) {
        if (stage == IntelStage.FIRST) {
            tag.invalidations().pasidIotlb(tag.did, tag.pasid, choice);
        } else {
            tag.invalidations().iotlb(tag.did, choice);
        }
    }

    /** Pages are translated that were not: only a unit that caches their absence has to know, and no device. */
    void mapped(long iova, long count) {
        forEach(
                tag -> {
                    if (tag.isCaching() && stage == IntelStage.SECOND) {
                        invalidate(tag, choose(tag, iova, count, Changed.TABLES));
                    } else {
                        tag.invalidations().flushWriteBuffer();
                    }
                },
                tag -> {});
    }

    void everything() {
        forEach(
                tag -> {
                    if (stage == IntelStage.FIRST) {
                        tag.invalidations().pasidIotlb(tag.did, tag.pasid);
                    } else {
                        tag.invalidations().iotlbDomain(tag.did);
                    }
                },
                tag -> tag.invalidations().deviceTlbAll(tag.device, tag.pasid));
    }
}
