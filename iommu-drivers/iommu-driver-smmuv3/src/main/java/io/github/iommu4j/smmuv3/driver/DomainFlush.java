package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.smmuv3.driver.RangeInvalidation.Changed;
import io.github.iommu4j.smmuv3.driver.RangeInvalidation.Range;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Who goes through a domain, and how what is cached of it goes: the unit's TLB first, and once that is done what endpoints hold
 * (IHI 0070 §3.9). The list is guarded by {@code &smmu_domain->devices_lock}. Any number of tasks may invalidate at a time.
 */
final class DomainFlush {

    private static final LockClass LOCK = new LockClass("&smmu_domain->devices_lock");

    private final SmmuUnit unit;
    private final Tlb tlb;
    private final SpinLock lock;
    private final List<Tag> tags = new ArrayList<>();
    private final AtomicInteger caching = new AtomicInteger();
    /** A user's stage 1 was over the domain at some time: what it led to may be cached until it is taken out, attached or not. */
    private volatile boolean wasNested;

    /**
     * A master, or a PASID of it, that goes through the domain. Compared by its fields.
     *
     * @param master the master
     * @param pasid its PASID; {@link Master#NO_PASID} for requests without one
     * @param way how addresses of the domain are addresses of the device
     */
    record Tag(Master master, int pasid, Way way) {}

    /** How a device comes to a domain. */
    enum Way {
        /** Its addresses are the domain's. */
        DIRECT,
        /** A user's stage 1 lies between. */
        NESTED
    }

    /**
     * What the unit's TLB knows the domain by.
     *
     * @param byAddress takes addresses out: opcode with ASID or VMID
     * @param all takes everything out
     * @param stage1 takes everything out that a stage 1 over the domain led to
     * @param ranges chooses the commands of a range
     */
    record Tlb(Command byAddress, Command all, Command stage1, RangeInvalidation ranges) {

        /** Of a stage 1. */
        static Tlb ofAsid(int asid, CommandOpcode byAddress, CommandOpcode all, RangeInvalidation ranges) {
            return new Tlb(
                    Command.of(byAddress).with0(Command.ASID, asid),
                    Command.of(all).with0(Command.ASID, asid),
                    Command.of(all).with0(Command.ASID, asid),
                    ranges);
        }

        /** Of a stage 2. */
        static Tlb ofVmid(int vmid, RangeInvalidation ranges) {
            return new Tlb(
                    Command.of(CommandOpcode.TLBI_S2_IPA).with0(Command.VMID, vmid),
                    Command.of(CommandOpcode.TLBI_S12_VMALL).with0(Command.VMID, vmid),
                    Command.of(CommandOpcode.TLBI_NH_ALL).with0(Command.VMID, vmid),
                    ranges);
        }
    }

    DomainFlush(SmmuUnit unit, Tlb tlb) {
        this.unit = unit;
        this.tlb = tlb;
        this.lock = unit.host().kernel().locking().spinLock(LOCK);
    }

    /** A master comes; from now on it is told of every invalidation. */
    void add(Tag tag) {
        SpinLock.IrqState interrupts = lock.lockIrqSave();
        try {
            tags.add(tag);
            count(tag, 1);
        } finally {
            lock.unlockIrqRestore(interrupts);
        }
    }

    /** A master has gone; nothing of the domain is cached by it any more. */
    void remove(Tag tag) {
        SpinLock.IrqState interrupts = lock.lockIrqSave();
        try {
            if (tags.remove(tag)) {
                count(tag, -1);
            }
        } finally {
            lock.unlockIrqRestore(interrupts);
        }
    }

    /** Who goes through the domain now. */
    List<Tag> tags() {
        SpinLock.IrqState interrupts = lock.lockIrqSave();
        try {
            return List.copyOf(tags);
        } finally {
            lock.unlockIrqRestore(interrupts);
        }
    }

    private void count(Tag tag, int change) {
        if (tag.master.mayCacheTranslations()) {
            caching.addAndGet(change);
        }
        if (tag.way == Way.NESTED) {
            wasNested = true;
        }
    }

    /** Pages that were translated are not any more, or otherwise. Returns once nobody uses them. */
    void range(long iova, long size, long page, Changed changed) {
        if (size == 0) {
            return;
        }
        CommandBatch batch = new CommandBatch(unit.ring());
        tlb.ranges.forEach(tlb.byAddress, new Range(iova, size, page, changed), batch::add);
        batch.submit();
        // Intermediate addresses do not reach what was combined of both stages (§4.4), which may be combined anew while
        // they are there: they go first. A stage 1 that comes after that finds none of them.
        if (wasNested) {
            unit.ring().issueAndSync(tlb.stage1);
        }
        endpoints(iova, size);
    }

    /** Everything of the domain. Returns once nobody uses it. */
    void everything() {
        unit.ring().issueAndSync(tlb.all);
        endpoints(0, 0);
    }

    private void endpoints(long iova, long size) {
        if (caching.get() == 0) {
            return;
        }
        List<Command> commands = new ArrayList<>();
        SpinLock.IrqState interrupts = lock.lockIrqSave();
        try {
            for (Tag tag : tags) {
                if (!tag.master.cachesTranslations()) {
                    continue;
                }
                // A stage 1 that is not ours: nobody knows which of the device's addresses led there.
                boolean direct = tag.way == Way.DIRECT;
                EndpointCommands.invalidate(tag.master, tag.pasid, direct ? iova : 0, direct ? size : 0, commands::add);
            }
        } finally {
            lock.unlockIrqRestore(interrupts);
        }
        EndpointCommands.submit(unit, commands);
    }
}
