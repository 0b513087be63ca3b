package com.example.tiny;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.api.driver.GroupHelpers;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.HashMap;
import java.util.Map;

/** The tiny IOMMU's driver. */
public final class TinyDriver implements IommuDriver {

    final PhysicalMemory memory;
    final PageAllocator allocator;
    final TinyIommu hardware;
    final Fault fault;
    final Mutex devicesLock;
    final Locking locking;
    private final long deviceTable;
    private final Map<Device, Long> notes = new HashMap<>();

    public TinyDriver(TinyIommu hardware, PhysicalMemory memory, PageAllocator allocator, Locking locking, Fault fault) {
        this.hardware = hardware;
        this.memory = memory;
        this.allocator = allocator;
        this.locking = locking;
        this.fault = fault;
        this.devicesLock = locking.mutex(new LockClass("tiny.devices_lock"));
        this.deviceTable = allocator.allocate(8L * TinyIommu.DEVICES, 4096);
        hardware.setDeviceTable(deviceTable);
    }

    @Override
    public String kind() {
        return "tiny";
    }

    @Override
    public String name() {
        return "tiny0";
    }

    @Override
    public void probeDevice(Device device) {
        if (device.streamId() < 0 || device.streamId() >= TinyIommu.DEVICES) {
            throw new IommuException(Errno.ENODEV, device + " is not behind " + name());
        }
        devicesLock.lock();
        try {
            notes.put(device, allocator.allocate(64, 64));
        } finally {
            devicesLock.unlock();
        }
    }

    @Override
    public void releaseDevice(Device device) {
        devicesLock.lock();
        try {
            setEntry(device, 0);
            Long note = notes.remove(device);
            if (note != null && fault != Fault.FORGOTTEN_RELEASE) {
                allocator.free(note, 64);
            }
        } finally {
            devicesLock.unlock();
        }
    }

    void setEntry(Device device, long entry) {
        devicesLock.assertHeld();
        memory.store64(deviceTable + 8L * device.streamId(), entry);
        hardware.invalidate(device.streamId());
    }

    @Override
    public IommuGroup deviceGroup(Device device, GroupHelpers helpers) {
        return helpers.generic(device);
    }

    @Override
    public DomainOps allocateDomain(DomainType type, Device device) {
        return switch (type) {
            case BLOCKED -> new FixedDomain(this, 0);
            case IDENTITY -> new FixedDomain(this, TinyIommu.BYPASSED);
            case UNMANAGED, DMA -> new TinyDomain(this);
            default -> null;
        };
    }

    /** A domain without tables. */
    private record FixedDomain(TinyDriver driver, long entry) implements DomainOps {
        @Override
        public void attach(Device device) {
            driver.devicesLock.lock();
            try {
                driver.setEntry(device, entry);
            } finally {
                driver.devicesLock.unlock();
            }
        }
    }
}
