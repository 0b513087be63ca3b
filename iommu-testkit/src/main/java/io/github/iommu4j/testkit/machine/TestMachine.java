package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.DeviceDriver;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.device.PciHost;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.lock.ValidatedLocking;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A machine for tests: memory, a PCI tree and platform devices, IOMMUs, and one kernel's core that watches both buses.
 *
 * <p>{@link #boot} does what a kernel does: it enumerates PCI, registers the IOMMUs, then the drivers.
 *
 * <p><b>Thread-safety:</b> building and booting belong to one thread; the parts are as safe as their types.
 */
public final class TestMachine {

    private final PhysicalMemory memory;
    private final IommuCore core;
    private final DeferredProbe deferred;
    private final BusType platformBus;
    private final BusType pciBus;
    private final PciHost pciHost;
    private final PciHardware hardware;
    private final List<MockIommuDriver> iommus;
    private final List<DeviceNode.Identity> platformDevices;

    private TestMachine(Builder builder) {
        memory = builder.memory;
        hardware = builder.hardware;
        iommus = List.copyOf(builder.iommus);
        platformDevices = List.copyOf(builder.platformDevices);
        IommuCore.Builder coreBuilder = IommuCore.builder()
                .locking(builder.locking)
                .release(builder.release)
                .log(new KernelLog(builder.warnPolicy))
                .systemType(builder.systemType)
                .firmware(builder.firmware);
        builder.errata.forEach(coreBuilder::erratum);
        core = coreBuilder.build();
        deferred = new DeferredProbe(builder.locking);
        platformBus = new BusType("platform", builder.locking, deferred);
        pciBus = new BusType("pci", builder.locking, deferred);
        pciHost = new PciHost(hardware, pciBus, builder.locking);
        for (BusType bus : List.of(platformBus, pciBus)) {
            core.watch(bus);
            bus.reportTo(core.log(), builder.release);
        }
    }

    /**
     * Starts the description of a machine.
     *
     * @return a builder for an empty machine with Linux 6.12, plain locks, translated DMA with a flush queue, and a log
     *     that throws on warnings
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Enumerates the platform devices and PCI, registers the IOMMUs, and then the drivers of PCI.
     *
     * @param pciDrivers in the order in which they register
     * @return this machine
     */
    public TestMachine boot(List<? extends DeviceDriver> pciDrivers) {
        platformDevices.forEach(platformBus::add);
        pciHost.rescan();
        iommus.forEach(core::register);
        pciDrivers.forEach(pciBus::register);
        return this;
    }

    /**
     * The memory.
     *
     * @return as given to the builder
     */
    public PhysicalMemory memory() {
        return memory;
    }

    /**
     * The kernel's IOMMU core.
     *
     * @return the core
     */
    public IommuCore core() {
        return core;
    }

    /**
     * The devices whose driver asked to be probed later.
     *
     * @return the list of both buses
     */
    public DeferredProbe deferredProbe() {
        return deferred;
    }

    /**
     * The platform bus.
     *
     * @return the bus
     */
    public BusType platformBus() {
        return platformBus;
    }

    /**
     * The PCI bus type.
     *
     * @return the bus
     */
    public BusType pciBus() {
        return pciBus;
    }

    /**
     * PCI enumeration and hot plug.
     *
     * @return the host
     */
    public PciHost pciHost() {
        return pciHost;
    }

    /**
     * What is plugged into the PCI slots.
     *
     * @return the hardware, which may be changed; the kernel notices at the next rescan
     */
    public PciHardware hardware() {
        return hardware;
    }

    /**
     * The IOMMUs.
     *
     * @return the instances, in the order they register
     */
    public List<MockIommuDriver> iommus() {
        return iommus;
    }

    /**
     * A device of either bus.
     *
     * @param name the kernel's name
     * @return the device
     * @throws IllegalArgumentException when there is none
     */
    public DeviceNode device(String name) {
        DeviceNode found = pciBus.find(name);
        if (found == null) {
            found = platformBus.find(name);
        }
        if (found == null) {
            throw new IllegalArgumentException("no device " + name);
        }
        return found;
    }

    /**
     * Takes the machine apart: removes every device and unregisters every IOMMU.
     *
     * @return what is left that should not be, one line each; empty when nothing leaked
     */
    public List<String> shutDown() {
        for (DeviceNode node : pciBus.nodes()) {
            if (node.parent() == null) {
                pciHost.remove(node.name());
            }
        }
        platformBus.nodes().forEach(platformBus::remove);
        iommus.forEach(core::unregister);
        List<String> leaks = new ArrayList<>();
        iommus.forEach(iommu -> iommu.leaks().forEach(leak -> leaks.add(iommu.name() + ": " + leak)));
        core.groups().forEach(group -> leaks.add("core: " + group));
        if (core.liveDomains() != 0) {
            leaks.add("core: " + core.liveDomains() + " domains");
        }
        return leaks;
    }

    /** Describes a machine step by step. */
    public static final class Builder {
        private Locking locking = ValidatedLocking.over(new PlainLocking());
        private KernelRelease release = KernelRelease.V6_12;
        private KernelLog.WarnPolicy warnPolicy = KernelLog.WarnPolicy.THROW;
        private DomainType systemType = DomainType.DMA_FQ;
        private PhysicalMemory memory = new SparseMemory();
        private PciHardware hardware = new PciHardware();
        private Function<Device, @Nullable FwSpec> firmware = device -> null;
        private final List<Erratum> errata = new ArrayList<>();
        private final List<MockIommuDriver> iommus = new ArrayList<>();
        private final List<DeviceNode.Identity> platformDevices = new ArrayList<>();

        private Builder() {}

        /**
         * Sets where locks come from.
         *
         * @param newLocking plain locks, or others
         * @return this builder
         */
        public Builder locking(Locking newLocking) {
            locking = newLocking;
            return this;
        }

        /**
         * Sets the kernel.
         *
         * @param newRelease the release
         * @return this builder
         */
        public Builder release(KernelRelease newRelease) {
            release = newRelease;
            return this;
        }

        /**
         * Sets what a warning of the kernel does.
         *
         * @param policy throw, or record
         * @return this builder
         */
        public Builder warnings(KernelLog.WarnPolicy policy) {
            warnPolicy = policy;
            return this;
        }

        /**
         * Sets the type of default domains where no device asks for another.
         *
         * @param type identity, DMA or DMA-FQ
         * @return this builder
         */
        public Builder systemType(DomainType type) {
            systemType = type;
            return this;
        }

        /**
         * Switches an erratum on.
         *
         * @param erratum the erratum
         * @return this builder
         */
        public Builder erratum(Erratum erratum) {
            errata.add(erratum);
            return this;
        }

        /**
         * Sets the memory.
         *
         * @param newMemory where DMA goes
         * @return this builder
         */
        public Builder memory(PhysicalMemory newMemory) {
            memory = newMemory;
            return this;
        }

        /**
         * Sets what is plugged into the PCI slots.
         *
         * @param newHardware the slots
         * @return this builder
         */
        public Builder hardware(PciHardware newHardware) {
            hardware = newHardware;
            return this;
        }

        /**
         * Adds a platform device.
         *
         * @param identity who it is
         * @return this builder
         */
        public Builder platformDevice(DeviceNode.Identity identity) {
            platformDevices.add(identity);
            return this;
        }

        /**
         * Adds an IOMMU.
         *
         * @param iommu registers at boot, in the order of these calls
         * @return this builder
         */
        public Builder iommu(MockIommuDriver iommu) {
            iommus.add(iommu);
            return this;
        }

        /**
         * Sets what firmware says of devices when a driver binds.
         *
         * @param description gives a device's description, or {@code null}
         * @return this builder
         */
        public Builder firmware(Function<Device, @Nullable FwSpec> description) {
            firmware = description;
            return this;
        }

        /**
         * Makes the machine, switched off.
         *
         * @return a machine to {@link TestMachine#boot}
         */
        public TestMachine build() {
            return new TestMachine(this);
        }
    }
}
