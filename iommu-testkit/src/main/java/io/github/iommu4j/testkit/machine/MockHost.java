package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.IommuCapability;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.topology.PciFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * How the IOMMU of a kind of host presents itself to the kernel. Immutable.
 *
 * @param kind the kind of driver
 * @param pageSizes what can be mapped
 * @param aperture addresses that can be translated
 * @param capabilities what the driver says it can do
 * @param msiWindow where interrupts are translated, or mapped by software
 * @param msiType {@link ReservedRegion.Type#MSI} or {@link ReservedRegion.Type#SW_MSI}
 * @param alwaysReserved further ranges no device may use
 * @param isaBridgeIsRelaxable whether an ISA bridge has the first 16 MiB mapped 1:1
 * @param needsFirmware whether a device without a firmware description is not taken
 * @param writeImpliesRead whether a mapping that may be written may be read as well
 */
public record MockHost(
        String kind,
        PageSizes pageSizes,
        IovaRange aperture,
        Set<IommuCapability> capabilities,
        IovaRange msiWindow,
        ReservedRegion.Type msiType,
        List<IovaRange> alwaysReserved,
        Boundary isaBridgeIsRelaxable,
        Boundary needsFirmware,
        Boundary writeImpliesRead) {

    /** Yes or no, readable at the place of use. */
    public enum Boundary {
        /** It is so. */
        YES,
        /** It is not so. */
        NO
    }

    private static final int ISA_BRIDGE = 0x0601;
    private static final Prot MSI_PROT = Prot.WRITE.and(Prot.NOEXEC).and(Prot.MMIO);

    /** Copies the collections. */
    public MockHost {
        capabilities = Set.copyOf(capabilities);
        alwaysReserved = List.copyOf(alwaysReserved);
    }

    /**
     * An Intel host with remapped interrupts.
     *
     * @param addressBits width of an I/O virtual address, 39 or 48 on the machines of the oracle
     * @return the host
     */
    public static MockHost intel(int addressBits) {
        return new MockHost(
                "intel-iommu",
                new PageSizes(0x4020_1000L),
                new IovaRange(0, (1L << addressBits) - 1),
                Set.of(
                        IommuCapability.CACHE_COHERENCY,
                        IommuCapability.DEFERRED_FLUSH,
                        IommuCapability.INTERRUPT_ISOLATION),
                new IovaRange(0xFEE0_0000L, 0xFEEF_FFFFL),
                ReservedRegion.Type.MSI,
                List.of(),
                Boundary.YES,
                Boundary.NO,
                Boundary.YES);
    }

    /**
     * An AMD host as the emulator presents it and Linux 6.1 uses it.
     *
     * @return the host
     */
    public static MockHost amd() {
        return new MockHost(
                "amd-iommu",
                new PageSizes(0xFFFF_FF7F_FFFF_F000L),
                new IovaRange(0, -1),
                Set.of(
                        IommuCapability.CACHE_COHERENCY,
                        IommuCapability.DEFERRED_FLUSH,
                        IommuCapability.INTERRUPT_ISOLATION),
                new IovaRange(0xFEE0_0000L, 0xFEEF_FFFFL),
                ReservedRegion.Type.MSI,
                List.of(new IovaRange(0xFD_0000_0000L, 0xFF_FFFF_FFFFL)),
                Boundary.NO,
                Boundary.NO,
                Boundary.NO);
    }

    /**
     * An Arm host with an SMMUv3.
     *
     * @return the host
     */
    public static MockHost arm() {
        return new MockHost(
                "arm-smmu-v3",
                new PageSizes(0x4020_1000L),
                new IovaRange(0, (1L << 48) - 1),
                Set.of(
                        IommuCapability.CACHE_COHERENCY,
                        IommuCapability.DEFERRED_FLUSH,
                        IommuCapability.INTERRUPT_ISOLATION),
                new IovaRange(0x0800_0000L, 0x080F_FFFFL),
                ReservedRegion.Type.SW_MSI,
                List.of(),
                Boundary.NO,
                Boundary.YES,
                Boundary.NO);
    }

    /**
     * The same host with another set of capabilities.
     *
     * @param newCapabilities what the driver says it can do
     * @return a new host
     */
    public MockHost withCapabilities(Set<IommuCapability> newCapabilities) {
        return new MockHost(
                kind,
                pageSizes,
                aperture,
                newCapabilities,
                msiWindow,
                msiType,
                alwaysReserved,
                isaBridgeIsRelaxable,
                needsFirmware,
                writeImpliesRead);
    }

    /**
     * The same host with other page tables.
     *
     * @param newPageSizes what can be mapped
     * @param newAperture which addresses can be translated
     * @return a new host
     */
    public MockHost withPageTables(PageSizes newPageSizes, IovaRange newAperture) {
        return new MockHost(
                kind,
                newPageSizes,
                newAperture,
                capabilities,
                msiWindow,
                msiType,
                alwaysReserved,
                isaBridgeIsRelaxable,
                needsFirmware,
                writeImpliesRead);
    }

    /**
     * The same host with another rule for reading what may be written.
     *
     * @param rule whether a mapping that may be written may be read as well
     * @return a new host
     */
    public MockHost withWriteImpliesRead(Boundary rule) {
        return new MockHost(
                kind,
                pageSizes,
                aperture,
                capabilities,
                msiWindow,
                msiType,
                alwaysReserved,
                isaBridgeIsRelaxable,
                needsFirmware,
                rule);
    }

    List<ReservedRegion> reservedRegions(Device device) {
        List<ReservedRegion> regions = new ArrayList<>();
        PciFunction function = device instanceof DeviceNode node ? node.pciFunction() : null;
        if (isaBridgeIsRelaxable == Boundary.YES && function != null && function.classCode() >>> 8 == ISA_BRIDGE) {
            regions.add(new ReservedRegion(
                    new IovaRange(0, 0xFF_FFFFL), Prot.READ_WRITE, ReservedRegion.Type.DIRECT_RELAXABLE));
        }
        regions.add(new ReservedRegion(msiWindow, MSI_PROT, msiType));
        alwaysReserved.forEach(
                range -> regions.add(new ReservedRegion(range, Prot.NONE, ReservedRegion.Type.RESERVED)));
        return regions;
    }
}
