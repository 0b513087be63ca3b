package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.device.DeviceNode.Identity;
import io.github.iommu4j.core.device.PciHardware;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What {@link DriverConformance} must know of a driver: how to make one, with the hardware it drives, and how that
 * hardware translates a device's DMA.
 */
public interface DriverSubject {

    /**
     * What a driver stands in: everything it needs must come from there.
     *
     * @param memory where tables, queues and data are
     * @param allocator gives out memory for tables and queues
     * @param locking where locks come from
     * @param release which kernel's driver it is, where that makes a difference
     */
    record Surroundings(PhysicalMemory memory, PageAllocator allocator, Locking locking, KernelRelease release) {}

    /** A driver with its hardware. */
    interface Installation {

        /**
         * The kernel half.
         *
         * @return the driver, which the suite registers with a core
         */
        IommuDriver driver();

        /**
         * The hardware half: what becomes of a device's access.
         *
         * @param device who accesses
         * @param iova the address
         * @param access what the access does
         * @return the physical address, empty when the access is not let through
         */
        OptionalLong translate(Device device, long iova, Access access);

        /**
         * The hardware half: what becomes of a device's access with a PASID. Only asked of drivers that take some ({@link
         * IommuDriver#maxPasids}), which must override it.
         *
         * @param device who accesses
         * @param pasid with which PASID
         * @param iova the address
         * @param access what the access does
         * @return the physical address, empty when the access is not let through
         */
        default OptionalLong translate(Device device, int pasid, long iova, Access access) {
            throw new AssertionError("the subject of a driver with PASIDs says how they are translated");
        }

        /**
         * Does one unit of work that hardware or driver put off, such as consuming a command.
         *
         * @return {@code false} when there was nothing to do
         */
        default boolean step() {
            return false;
        }

        /**
         * What is left after every device went, beyond what the allocator knows.
         *
         * @return one line for each thing; empty when nothing is
         */
        default List<String> leaks() {
            return List.of();
        }
    }

    /**
     * Makes a driver.
     *
     * @param surroundings what it stands in
     * @return a driver whose hardware was reset
     */
    Installation install(Surroundings surroundings);

    /**
     * What is plugged into PCI, for an IOMMU of PCI devices: the functions that are no bridges are the clients then, in
     * the order of a scan, and {@link #clients} and {@link #firmware} are not asked. The first two are to be in different
     * groups.
     *
     * @return the slots; {@code null} for an IOMMU of platform devices
     */
    default @Nullable PciHardware pci() {
        return null;
    }

    /**
     * Devices of the platform bus behind the IOMMU, in different groups.
     *
     * @return two or more
     */
    default List<Identity> clients() {
        return List.of(Identity.of("client1", 1), Identity.of("client2", 2));
    }

    /**
     * What firmware says of a client.
     *
     * @param client the device
     * @param driver the driver it is behind
     * @return its description
     */
    default FwSpec firmware(Device client, IommuDriver driver) {
        return new FwSpec(driver.name(), List.of(client.streamId()));
    }

    /**
     * Where the suite maps: 64 MiB from there must be in every domain's aperture and in no reserved region.
     *
     * @return an address aligned to 64 MiB
     */
    default long window() {
        return 0x1000_0000L;
    }

    /**
     * What the driver is told to do to a page that may be read and written.
     *
     * @return whether writing can be forbidden: {@code true} for most
     */
    default boolean forbidsWriting() {
        return true;
    }
}
