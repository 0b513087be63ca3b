package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.DeviceFaultReporter;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.core.driver.KernelServices;
import io.github.iommu4j.core.topology.DmaAliases;
import io.github.iommu4j.core.topology.PciFunction;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What the driver stands in; several units may share one. Immutable, apart from the address space ids that are taken. */
public final class SmmuHost {

    private static final LockClass ASID_LOCK = new LockClass("arm_smmu_asid_lock");

    private final KernelServices kernel;
    private final Function<Device, DeviceFeatures> features;
    private final Function<PciFunction, List<Integer>> pciStreams;
    private final AtsControl ats;
    private final @Nullable MessageVectors messages;
    private final LongSupplier clock;
    private final int queueBytesLg2;
    private final long cpuPageSize;
    private final Set<SmmuOption> options;
    private final Set<Smmuv3Erratum> errata;
    private final Runnable polling;
    private final AddressSpaceIds asids;
    private final Mutex asidLock;

    private SmmuHost(Builder builder) {
        this.kernel = builder.kernel;
        this.features = builder.features;
        this.pciStreams = builder.pciStreams;
        this.ats = builder.ats;
        this.messages = builder.messages;
        this.clock = builder.clock;
        this.queueBytesLg2 = builder.queueBytesLg2;
        this.cpuPageSize = builder.cpuPageSize;
        this.options = EnumSet.copyOf(builder.options);
        this.errata = EnumSet.copyOf(builder.errata);
        this.polling = builder.polling;
        this.asids = AddressSpaceIds.ofHost(kernel.locking());
        this.asidLock = kernel.locking().mutex(ASID_LOCK);
    }

    /**
     * Starts a host with a CPU page of 4 KiB, and devices without ATS, PRI, stalls and PASIDs.
     *
     * @param kernel the kernel the driver is in
     * @return a builder
     */
    public static Builder builder(KernelServices kernel) {
        return new Builder(kernel);
    }

    KernelServices kernel() {
        return kernel;
    }

    DeviceFeatures features(Device device) {
        return features.apply(device);
    }

    List<Integer> streams(PciFunction function) {
        return pciStreams.apply(function);
    }

    AtsControl ats() {
        return ats;
    }

    @Nullable
    MessageVectors messages() {
        return messages;
    }

    LongSupplier clock() {
        return clock;
    }

    int queueBytesLg2() {
        return queueBytesLg2;
    }

    long cpuPageSize() {
        return cpuPageSize;
    }

    boolean has(SmmuOption option) {
        return options.contains(option);
    }

    boolean has(Smmuv3Erratum erratum) {
        return errata.contains(erratum);
    }

    Set<Smmuv3Erratum> errata() {
        return EnumSet.copyOf(errata);
    }

    /** ASIDs are the kernel's, not a unit's. */
    AddressSpaceIds asids() {
        return asids;
    }

    /** Context descriptors and ASIDs change under it. */
    Mutex asidLock() {
        return asidLock;
    }

    /** Is called while a command is waited for. */
    Runnable polling() {
        return polling;
    }

    /** Whether the driver answers what nobody has taken: nobody else does. */
    boolean answersWhatNobodyTook() {
        return kernel.release().reporterAnswersFaultsNobodyTook() || kernel.deviceFaults() == DeviceFaultReporter.NONE;
    }

    /**
     * Every StreamID that a function's requests may have when they are their requester ids. A bridge of conventional PCI only
     * passes on what others do under its id.
     */
    private static List<Integer> aliases(PciFunction function) {
        if (function.secondary() != null && function.portType() == null) {
            return List.of();
        }
        Set<Integer> ids = new LinkedHashSet<>();
        DmaAliases.<Boolean>forEach(function, (where, sid) -> {
            ids.add(sid);
            return null;
        });
        return List.copyOf(ids);
    }

    /** Collects a host. Confined to one thread. */
    public static final class Builder {

        private final KernelServices kernel;
        private Function<Device, DeviceFeatures> features = device -> DeviceFeatures.NONE;
        private Function<PciFunction, List<Integer>> pciStreams = SmmuHost::aliases;
        private AtsControl ats = AtsControl.NONE;
        private @Nullable MessageVectors messages;
        private LongSupplier clock = System::nanoTime;
        private Runnable polling = () -> {};
        private int queueBytesLg2 = 20;
        private long cpuPageSize = 0x1000;
        private final Set<SmmuOption> options = EnumSet.noneOf(SmmuOption.class);
        private final Set<Smmuv3Erratum> errata = EnumSet.noneOf(Smmuv3Erratum.class);

        private Builder(KernelServices kernel) {
            this.kernel = kernel;
        }

        /**
         * What devices can.
         *
         * @param lookup a device's features
         * @return this
         */
        public Builder features(Function<Device, DeviceFeatures> lookup) {
            this.features = lookup;
            return this;
        }

        /**
         * Which StreamIDs a PCI function has that firmware does not describe. Without this they are its requester ids with
         * all aliases.
         *
         * @param map a function's StreamIDs; empty for one that is not behind the unit
         * @return this
         */
        public Builder pciStreams(Function<PciFunction, List<Integer>> map) {
            this.pciStreams = map;
            return this;
        }

        /**
         * Who switches caches of translations in devices.
         *
         * @param control the switch
         * @return this
         */
        public Builder ats(AtsControl control) {
            this.ats = control;
            return this;
        }

        /**
         * Has the unit signal its interrupts as messages. Without this they are wired.
         *
         * @param vectors where the messages go
         * @return this
         */
        public Builder messages(MessageVectors vectors) {
            this.messages = vectors;
            return this;
        }

        /**
         * What time it is, for waits that give up.
         *
         * @param nanoseconds a clock that does not run back
         * @return this
         */
        public Builder clock(LongSupplier nanoseconds) {
            this.clock = nanoseconds;
            return this;
        }

        /**
         * What happens while a task waits for the unit, such as a step of hardware that does not run by itself.
         *
         * @param action called again and again, without a lock of the driver, by any task
         * @return this
         */
        public Builder whilePolling(Runnable action) {
            this.polling = action;
            return this;
        }

        /**
         * How large a queue may be; Linux takes at most 1 MiB.
         *
         * @param lg2 log2 of the bytes, 11 to 24
         * @return this
         * @throws IllegalArgumentException when there is no such queue
         */
        public Builder queueBytesLg2(int lg2) {
            if (lg2 < 11 || lg2 > 24) {
                throw new IllegalArgumentException("a queue has 2^11 to 2^24 bytes, not 2^" + lg2);
            }
            this.queueBytesLg2 = lg2;
            return this;
        }

        /**
         * The CPU's page, which chooses the granule of tables.
         *
         * @param bytes 4 KiB, 16 KiB or 64 KiB
         * @return this
         */
        public Builder cpuPageSize(long bytes) {
            this.cpuPageSize = bytes;
            return this;
        }

        /**
         * Sets an option.
         *
         * @param option the option
         * @return this
         */
        public Builder option(SmmuOption option) {
            options.add(option);
            return this;
        }

        /**
         * Switches a historical mistake on.
         *
         * @param erratum the mistake
         * @return this
         */
        public Builder erratum(Smmuv3Erratum erratum) {
            errata.add(erratum);
            return this;
        }

        /**
         * The host.
         *
         * @return what was collected
         */
        public SmmuHost build() {
            return new SmmuHost(this);
        }
    }
}
