package io.github.iommu4j.core.vfio;

/**
 * The process that uses a container.
 *
 * @param memory its memory
 * @param accounting what of it is locked, and may be; shared by all containers of the process
 */
public record UserProcess(UserMemory memory, MemoryAccounting accounting) {}
