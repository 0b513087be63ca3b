package io.github.iommu4j.testkit.errata;

import io.github.iommu4j.core.lockdep.LockReport.Kind;
import java.util.ArrayList;
import java.util.List;

/** Historical reports of the kernel's lock validator about IOMMUs and VFIO, by the orders of locks that caused them. */
public final class LockBugs {

    private static final List<String> VTD = List.of("D=device_domain_lock spin", "I=&iommu->lock spin");
    private static final List<String> PROBE = List.of(
            "PL=iommu_probe_device_lock mutex",
            "GM=&group->mutex mutex",
            "CK=&domain->iova_cookie->mutex mutex",
            "CH=cpu_hotplug_lock pseudo",
            "CS=cpuhp_state_mutex mutex",
            "G=dmar_global_lock rwsem",
            "N=&device->physical_node_lock mutex");

    private LockBugs() {}

    /**
     * The reports.
     *
     * @return one exhibit for each, oldest first
     */
    public static List<Exhibit> exhibits() {
        List<LockBug> bugs = new ArrayList<>();
        bugs.addAll(vfio());
        bugs.addAll(vtdInversions());
        bugs.addAll(globalLock());
        bugs.addAll(probing());
        bugs.addAll(vfioPci());
        bugs.addAll(others());
        return bugs.stream().map(LockBug::exhibit).toList();
    }

    private static List<LockBug> vfio() {
        List<String> locks = List.of("DL=&group->device_lock mutex", "DR=driver_lock mutex", "S=pci_bus_sem rwsem");
        return List.of(
                new LockBug(
                        "vfio-2015-device-lock-cycle",
                        locks,
                        List.of("task DL DR", "task DR S:read DL"),
                        List.of("task DL", "task DR S:read DL"),
                        Kind.CIRCULAR,
                        "July 2015, 4.2-rc3, seen when a virtual machine ended: GET_DEVICE_FD opened the device with the"
                                + " group's device_lock held, opening takes driver_lock, and the last close walks the bus"
                                + " under driver_lock and looks devices up, which takes device_lock.",
                        "the device is found and referenced under device_lock, and opened without it"),
                new LockBug(
                        "vfio-2015-device-lock-error-path",
                        locks,
                        List.of("task DL DL"),
                        List.of("task DL", "task DL"),
                        Kind.RECURSIVE,
                        "July 2015, the same code: when no file descriptor was left, the device was closed again with"
                                + " device_lock still held, and the walk wanted it a second time: one task hangs alone.",
                        "nothing is opened or closed under device_lock"));
    }

    private static List<LockBug> vtdInversions() {
        return List.of(
                new LockBug(
                        "vtd-2019-softirq-inversion",
                        VTD,
                        List.of("task I", "off D I", "softirq D"),
                        List.of("off D I", "off I", "softirq D"),
                        Kind.IRQ_INVERSION,
                        "May 2019, 5.1-rc5: device_domain_lock is taken by the flush queue's timer; iommu->lock, taken"
                                + " under it, was also taken with interrupts on. The fix of that day turned the order"
                                + " round in one function and so made the next bug; the fault was the open interrupts.",
                        "every taker of iommu->lock switches interrupts off"),
                new LockBug(
                        "vtd-2019-wrong-fix-cycle",
                        List.of("D=device_domain_lock spin", "I=&iommu->lock spin", "G=dmar_global_lock rwsem"),
                        List.of("off G I D", "off G D I"),
                        List.of("off G D I", "off G D I"),
                        Kind.CIRCULAR,
                        "June 2019, 5.2-rc5: the fix of the month before took iommu->lock outside device_domain_lock in"
                                + " one function, while another still took them the other way round. Reverted, which"
                                + " brought the inversion back for a year.",
                        "device_domain_lock is the outer lock everywhere"),
                new LockBug(
                        "vtd-2020-rid2pasid-inversion",
                        VTD,
                        List.of("off D I", "task I", "softirq D"),
                        List.of("off D I", "off I", "softirq D"),
                        Kind.IRQ_INVERSION,
                        "September 2020, 5.9-rc6: the set-up of the PASID for requests without one took iommu->lock with"
                                + " interrupts on, while the flush queue's timer takes the lock above it.",
                        "that one place switches interrupts off; three others stayed for the next report"),
                new LockBug(
                        "vtd-2021-sva-bind-inversion",
                        VTD,
                        List.of("off D I", "softirq D", "task I", "task I", "task I"),
                        List.of("off D I", "softirq D", "off I", "off I", "off I"),
                        Kind.IRQ_INVERSION,
                        "January 2021, 5.11-rc1: three places that bind a process's address space took iommu->lock with"
                                + " interrupts on. A class is one node: one forgotten place keeps the bug.",
                        "all three switch interrupts off"),
                new LockBug(
                        "vtd-2021-pasid-lock-inversion",
                        List.of("D=device_domain_lock spin", "I=&iommu->lock spin", "P=pasid_lock spin"),
                        List.of("task P", "off D I", "off I P", "softirq D"),
                        List.of("off D I", "off I", "softirq D"),
                        Kind.IRQ_INVERSION,
                        "March 2021, 5.12-rc3: with iommu->lock clean, the unsafe lock was one hop further:"
                                + " pasid_lock, taken under it and elsewhere with interrupts on.",
                        "pasid_lock is gone; a directory slot is filled by compare-and-exchange, the loser frees its page"),
                new LockBug(
                        "vtd-2022-domain-lock-inconsistent",
                        List.of("L=&domain->lock spin"),
                        List.of("task L", "softirq L"),
                        List.of("off L", "softirq L"),
                        Kind.INCONSISTENT_STATE,
                        "August 2022, 6.0-rc1: a clean-up made the domain's lock a plain one because no caller it looked"
                                + " at was an interrupt; the flush queue's timer takes it too.",
                        "interrupts are off at every place"),
                new LockBug(
                        "vtd-2022-fault-dump-inconsistent",
                        List.of("K=&k->k_lock spin"),
                        List.of("task K", "hardirq K"),
                        List.of("task K", "hardirq"),
                        Kind.INCONSISTENT_STATE,
                        "August 2022, 5.20-rc0: the fault interrupt's handler looked a device up by bus number, which"
                                + " walks a list whose lock inserting takes with interrupts on.",
                        "the handler walks the tables from the entry and looks nothing up"));
    }

    private static List<LockBug> globalLock() {
        return List.of(
                new LockBug(
                        "vtd-2017-notifier-under-global-lock",
                        List.of("B=&priv->bus_notifier rwsem", "G=dmar_global_lock rwsem"),
                        List.of("task B:read G", "task G B"),
                        List.of("task B:read G", "task G", "task B", "task G"),
                        Kind.CIRCULAR,
                        "2017, before 4.14 (reconstructed): the bus notifier takes dmar_global_lock, and it was"
                                + " registered with that lock held.",
                        "the lock is given up around the registration"),
                new LockBug(
                        "vtd-2022-recursive-global-lock",
                        List.of("G=dmar_global_lock rwsem"),
                        List.of("task G:read G:read"),
                        List.of("task G:read"),
                        Kind.RECURSIVE,
                        "July 2022, 6.0-rc: initialisation read-holds dmar_global_lock while it probes ACPI devices, and"
                                + " asking for their reserved regions reads it again; with a writer waiting between, the"
                                + " second read never returns. The fix lost Thunderbolt interrupts and was reverted.",
                        "the outer section does not take the lock"),
                new LockBug(
                        "vtd-2023-irqdomain-cycle",
                        List.of("M=&domain->mutex mutex", "G=dmar_global_lock rwsem"),
                        List.of("task M G:read", "task G M"),
                        List.of("task M", "task G M"),
                        Kind.CIRCULAR,
                        "March 2023, 6.3-rc2: when interrupt domains got a mutex each, allocating a remapped interrupt"
                                + " came to take dmar_global_lock under one, while start-up takes them the other way.",
                        "allocation does not take dmar_global_lock: what it reads is not what the lock protects"));
    }

    private static List<LockBug> probing() {
        return List.of(
                new LockBug(
                        "vtd-2025-probe-lock-cycle",
                        PROBE,
                        List.of(
                                "task CH:read CS",
                                "task CS G:read",
                                "task PL GM CK CH:read",
                                "task G:read N",
                                "task N PL"),
                        List.of(
                                "task CH:read CS",
                                "task CS G:read",
                                "task PL GM CK CH:read",
                                "task G:read",
                                "task N PL"),
                        Kind.CIRCULAR,
                        "March 2025, 6.14-rc5: a cycle of seven classes, from probing through group, IOVA cookie and CPU"
                                + " hot-plug to dmar_global_lock, held while ACPI devices are probed. The second fix of"
                                + " a fix.",
                        "dmar_global_lock is given up before the ACPI device is probed"),
                new LockBug(
                        "vtd-2025-register-under-global-lock",
                        PROBE,
                        List.of("task CH:read CS", "task CS G:read", "task GM CK CH:read", "task G:read GM"),
                        List.of("task CH:read CS", "task CS G:read", "task GM CK CH:read", "task G:read"),
                        Kind.CIRCULAR,
                        "February 2025, 6.14-rc3: taking dmar_global_lock in the CPU hot-plug callback silenced an RCU"
                                + " report and closed a cycle of five classes through registering under that lock.",
                        "dmar_global_lock is given up around iommu_device_register"),
                new LockBug(
                        "probe-2023-lock-kept-over-replay",
                        PROBE,
                        List.of("task PL PL"),
                        List.of("task PL", "task PL"),
                        Kind.RECURSIVE,
                        "November 2023, a trap of the fix for 6.7: firmware's configuration now holds"
                                + " iommu_probe_device_lock, and the replay of a probe takes it, too.",
                        "the lock is given up before the replay, on every way out"),
                new LockBug(
                        "iova-2022-cookie-mutex-cycle",
                        List.of(
                                "B=&priv->bus_notifier rwsem",
                                "CK=&domain->iova_cookie->mutex mutex",
                                "CH=cpu_hotplug_lock pseudo",
                                "CU=cpuhp_state-up pseudo"),
                        List.of("task B:read CK", "task CK CH:read", "task CH CU", "task CU B:read"),
                        List.of("task B:read CK", "task CK", "task CH CU", "task CU B:read"),
                        Kind.CIRCULAR,
                        "September 2022, 6.0-rc5: a mutex that keeps two devices from initialising one IOVA domain is"
                                + " held over a CPU hot-plug registration; hot-plug adds devices, which notify.",
                        "no hot-plug instance is registered under the mutex"));
    }

    private static List<LockBug> vfioPci() {
        List<String> locks = List.of(
                "V=&vdev->vma_lock mutex",
                "ML=&vdev->memory_lock rwsem",
                "S=pci_bus_sem rwsem",
                "MM=&mm->mmap_lock rwsem",
                "ST=&mvdev->state_mutex mutex",
                "W=(work_completion)(&arg.work) pseudo",
                "DS=&new_dev_set->lock mutex",
                "KF=&root->kernfs_rwsem rwsem");
        return List.of(
                new LockBug(
                        "vfio-2021-migration-state-cycle",
                        locks,
                        List.of("task V ML", "task ML ST", "task ST MM:read", "task MM:read V"),
                        List.of("task V ML", "task ML ST:try", "task ST MM:read", "task MM:read V"),
                        Kind.CIRCULAR,
                        "October 2021, 5.15-rc3: the end of a reset takes the migration's state mutex under memory_lock;"
                                + " reading the state copies to user memory under it, which may fault, and the fault"
                                + " handler takes what memory_lock is taken under.",
                        "the reset notes itself and only tries the mutex; who gives it up does the reset"),
                new LockBug(
                        "vfio-2024-hot-reset-info-cycle",
                        locks,
                        List.of("task V ML", "task ML S:read", "task S:read MM:read", "task MM:read V"),
                        List.of("task V ML", "task ML S:read", "task S:read", "task MM:read V"),
                        Kind.CIRCULAR,
                        "May 2024, 6.9-rc5: the list of devices that a hot reset would reset was copied to user memory"
                                + " while the bus was walked under pci_bus_sem.",
                        "the walk fills a buffer, which is copied afterwards"),
                new LockBug(
                        "vfio-2025-kernfs-cycle",
                        locks,
                        List.of("task KF:read MM:read", "task MM:read ML:read", "task ML KF"),
                        List.of("task KF:read", "task MM:read ML:read", "task ML KF"),
                        Kind.CIRCULAR,
                        "2025, 6.15-rc1: reading a sysfs directory copies names to user memory under kernfs_rwsem; a"
                                + " fault there takes memory_lock, under which enabling MSI makes sysfs entries.",
                        "names are copied outside of kernfs_rwsem (still open when last seen)"),
                new LockBug(
                        "vfio-2026-sriov-work-cycle",
                        locks,
                        List.of("task ML W", "task W DS", "task DS ML"),
                        List.of("task ML", "task W DS", "task DS ML"),
                        Kind.CIRCULAR,
                        "May 2026, 7.0: enabling virtual functions under memory_lock waits for a work item that probes"
                                + " them and takes the device set's lock, under which a device wakes and takes"
                                + " memory_lock. Waiting for work counts as a lock.",
                        "memory_lock covers only the change of power state; a flag says that functions are enabled"));
    }

    private static List<LockBug> others() {
        List<String> iommufd = List.of("IO=&iopt->iova_rwsem rwsem", "DO=&iopt->domains_rwsem rwsem");
        List<String> pools = List.of("L=&tbl->large_pool.lock spin", "P=&(p->lock) spin");
        return List.of(
                new LockBug(
                        "powerpc-2021-pools-nesting",
                        pools,
                        List.of("off L P P P"),
                        List.of("off L P:in:L P:in:L P:in:L"),
                        Kind.RECURSIVE,
                        "March 2021, 5.11: taking a table over locks every pool of it under the large pool's lock. A false"
                                + " report: the outer lock orders the pools.",
                        "the pools are taken with the large pool's lock named as what orders them"),
                new LockBug(
                        "powerpc-2021-nest-lock-missing",
                        pools,
                        List.of("off P:in:L"),
                        List.of("off L P:in:L"),
                        Kind.NEST_LOCK_NOT_TAKEN,
                        "The same annotation where the lock that is said to order the pools is not held.",
                        "the outer lock is taken first"),
                new LockBug(
                        "iommufd-2022-rwsem-cycle",
                        iommufd,
                        List.of("task IO:read DO:read", "task DO:read IO"),
                        List.of("task IO:read", "task DO:read IO"),
                        Kind.CIRCULAR,
                        "November 2022, 6.1-rc3: the compatible GET_INFO asked for page sizes under iova_rwsem, which"
                                + " takes domains_rwsem; mapping takes them the documented way. The test suite ran this"
                                + " path, but an earlier report had muted the validator.",
                        "page sizes are asked for before iova_rwsem is taken"),
                new LockBug(
                        "vfio-2021-reclaim-cycle",
                        List.of("IM=&mapping->i_mmap_rwsem rwsem", "FR=fs_reclaim pseudo"),
                        List.of("task FR IM", "task IM FR"),
                        List.of("task FR IM", "task IM"),
                        Kind.CIRCULAR,
                        "March 2021, a proposal: mapping again under i_mmap_rwsem allocates memory, which may reclaim,"
                                + " which takes i_mmap_rwsem. Allocating counts as taking fs_reclaim.",
                        "allocations there may not reclaim"),
                new LockBug(
                        "amd-2024-wait-context",
                        List.of(
                                "GM=&group->mutex mutex",
                                "DL=&domain->lock spin",
                                "DD=&dev_data->lock spin",
                                "IL=&iommu->lock raw-spin",
                                "Q=&queue->lock mutex"),
                        List.of("task GM", "off DL DD IL Q"),
                        List.of("task GM Q", "off DL DD IL"),
                        Kind.INVALID_WAIT_CONTEXT,
                        "May 2024, 6.10-rc: attaching added the device to the page-fault queue, whose lock sleeps, under"
                                + " three spin locks.",
                        "the queue is joined outside of the spin locks"),
                new LockBug(
                        "reset-2026-group-mutex-cycle",
                        List.of(
                                "GM=&group->mutex mutex",
                                "CH=cpu_hotplug_lock pseudo",
                                "IN=&type->i_mutex_dir_key rwsem",
                                "MM=&mm->mmap_lock rwsem",
                                "ML=&vdev->memory_lock rwsem"),
                        List.of(
                                "task GM CH:read",
                                "task CH:read IN:read",
                                "task IN:read MM:read",
                                "task MM:read ML:read",
                                "task ML GM"),
                        List.of(
                                "task GM CH:read",
                                "task CH:read IN:read",
                                "task IN:read MM:read",
                                "task MM:read ML:read",
                                "task ML",
                                "task GM"),
                        Kind.CIRCULAR,
                        "2026, 7.1 with a proposal: resetting a function under memory_lock prepares its IOMMU, which takes"
                                + " the group's mutex; a cycle of five through CPU hot-plug and a page fault.",
                        "the function is reset outside of memory_lock"));
    }
}
