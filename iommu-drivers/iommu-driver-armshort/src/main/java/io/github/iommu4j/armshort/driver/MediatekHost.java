package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.BusType;

/**
 * What the drivers stand in.
 *
 * @param core the kernel's IOMMU core
 * @param bus the platform bus their devices are on
 * @param memory the machine's memory
 * @param allocator gives out tables and protect buffers from {@code memory}
 * @param clock the time they see while polling
 */
public record MediatekHost(
        IommuCore core, BusType bus, PhysicalMemory memory, PageAllocator allocator, PollClock clock) {}
