package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.api.driver.GroupHelpers;
import io.github.iommu4j.api.driver.IommuCapability;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import io.github.iommu4j.testkit.conformance.DriverSubject;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A machine whose every domain is a user's stage 1 over a stage 2: the user's tables lead each address to itself, so that what
 * the suite maps is what comes out. They lie in the user's memory, behind the stage 2 as everything else of the user.
 */
record NestedMachine(SmmuMachine machine) implements DriverSubject {

    /** Where the user has a context descriptor, and in the page after it a table of blocks of 1 GiB. */
    private static final long USER_TABLES = 0x3_0000_0000L;

    private static final long HOST_TABLES = 0x7000_0000L;
    private static final long PAGE = 0x1000;
    private static final int BLOCKS = 512;
    /** A block that may be read and written: AP=01, AF, SH=3, AttrIndx=0, nG. */
    private static final long BLOCK = 0x1 | 1 << 6 | 3 << 8 | 1 << 10 | 1 << 11;

    private static final int INPUT_39_BITS = 25;
    private static final int OUTPUT_48_BITS = 5;
    private static final long WRITE_BACK = 0xFF;

    @Override
    public Installation install(Surroundings surroundings) {
        writeTables(surroundings.memory());
        SmmuMachine.Installed inner = machine.install(surroundings);
        NestingDriver driver = new NestingDriver(inner.kernel());
        return new Installation() {
            @Override
            public IommuDriver driver() {
                return driver;
            }

            @Override
            public OptionalLong translate(Device device, long iova, Access access) {
                return inner.translate(device, iova, access);
            }

            @Override
            public boolean step() {
                return inner.step();
            }

            @Override
            public List<String> leaks() {
                return inner.leaks();
            }
        };
    }

    @Override
    public @Nullable PciHardware pci() {
        return machine.pci();
    }

    private static void writeTables(PhysicalMemory memory) {
        memory.store64(
                HOST_TABLES,
                ContextDescriptor.V.of(1)
                        | ContextDescriptor.AA64.of(1)
                        | ContextDescriptor.T0SZ.of(INPUT_39_BITS)
                        | ContextDescriptor.EPD1.of(1)
                        | ContextDescriptor.IPS.of(OUTPUT_48_BITS)
                        | ContextDescriptor.ASID.of(1)
                        | ContextDescriptor.A.of(1)
                        | ContextDescriptor.R.of(1));
        memory.store64(HOST_TABLES + 8, ContextDescriptor.TTB.inPlace(USER_TABLES + PAGE));
        memory.store64(HOST_TABLES + 24, WRITE_BACK);
        for (int i = 0; i < BLOCKS; i++) {
            memory.store64(HOST_TABLES + PAGE + 8L * i, (long) i << 30 | BLOCK);
        }
    }

    /** Makes nested domains where others are asked for. */
    private record NestingDriver(Smmuv3Driver driver) implements IommuDriver {

        @Override
        public String kind() {
            return driver.kind();
        }

        @Override
        public String name() {
            return driver.name();
        }

        @Override
        public void probeDevice(Device device) {
            driver.probeDevice(device);
        }

        @Override
        public void releaseDevice(Device device) {
            driver.releaseDevice(device);
        }

        @Override
        public @Nullable IommuGroup deviceGroup(Device device, GroupHelpers helpers) {
            return driver.deviceGroup(device, helpers);
        }

        @Override
        public @Nullable DomainOps allocateDomain(DomainType type, Device device) {
            return type == DomainType.DMA || type == DomainType.UNMANAGED
                    ? UsersDomain.over(driver)
                    : driver.allocateDomain(type, device);
        }

        @Override
        public @Nullable DomainType releaseDomainType() {
            return driver.releaseDomainType();
        }

        @Override
        public List<ReservedRegion> reservedRegions(Device device) {
            return driver.reservedRegions(device);
        }

        @Override
        public boolean capable(Device device, IommuCapability capability) {
            return driver.capable(device, capability);
        }
    }

    /** Mapping is the parent's, attaching goes through the user's stage 1. */
    private record UsersDomain(DomainOps parent, DomainOps nested) implements DomainOps {

        static UsersDomain over(Smmuv3Driver driver) {
            DomainOps parent = driver.nestParent();
            parent.mapPages(USER_TABLES, HOST_TABLES, PAGE, 2, Prot.READ_WRITE, new MapProgress());
            long entry = StreamTableEntry.V.of(1)
                    | StreamTableEntry.CONFIG.of(StreamTableEntry.CONFIG_STAGE1)
                    | StreamTableEntry.S1CONTEXTPTR.inPlace(USER_TABLES);
            return new UsersDomain(parent, driver.nest(parent, entry, 0));
        }

        @Override
        public void created(IommuDomain domain) {
            parent.created(domain);
        }

        @Override
        public PageSizes pageSizes() {
            return parent.pageSizes();
        }

        @Override
        public IovaRange aperture() {
            return parent.aperture();
        }

        @Override
        public void attach(Device device) {
            nested.attach(device);
        }

        @Override
        public void mapPages(long iova, long pa, long pageSize, long count, Prot prot, MapProgress progress) {
            parent.mapPages(iova, pa, pageSize, count, prot, progress);
        }

        @Override
        public long unmapPages(long iova, long pageSize, long count, IotlbGather gather) {
            return parent.unmapPages(iova, pageSize, count, gather);
        }

        @Override
        public long iovaToPhys(long iova) {
            return parent.iovaToPhys(iova);
        }

        @Override
        public void iotlbSync(IotlbGather gather) {
            parent.iotlbSync(gather);
        }

        @Override
        public void flushIotlbAll() {
            parent.flushIotlbAll();
        }

        @Override
        public void free() {
            nested.free();
            parent.free();
        }
    }
}
