package io.github.iommu4j.core.topology;

import io.github.iommu4j.api.device.RequesterId;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One function as enumeration found it: what its configuration space says, and where it stands.
 *
 * <p>Not thread-safe: enumeration changes it, under the lock of whoever owns the topology.
 */
public final class PciFunction {

    private final RequesterId id;
    private final int classCode;
    private final int vendor;
    private final int device;
    private final @Nullable PciePortType portType;
    private final @Nullable AccessControl accessControl;
    private final Set<PciQuirk> quirks;
    private final List<Integer> aliasDevfns;
    private final @Nullable PciBus secondary;
    private final boolean sriovVirtual;
    private final boolean externalFacing;
    private @Nullable PciBus bus;
    private boolean multifunction;

    private PciFunction(Builder builder) {
        this.id = builder.id;
        this.classCode = builder.classCode;
        this.vendor = builder.vendor;
        this.device = builder.device;
        this.portType = builder.portType;
        this.accessControl = builder.accessControl;
        this.quirks = EnumSet.copyOf(builder.quirks);
        this.aliasDevfns = List.copyOf(builder.aliasDevfns);
        this.multifunction = builder.multifunctionBit;
        this.sriovVirtual = builder.virtual;
        this.externalFacing = builder.externalFacing;
        this.secondary = builder.secondaryBus < 0
                ? null
                : new PciBus(id.segment(), builder.secondaryBus, builder.subordinateBus, this);
    }

    /**
     * Starts the description of a function.
     *
     * @param id where it is
     * @return a builder for a conventional endpoint without anything
     */
    public static Builder at(RequesterId id) {
        return new Builder(id);
    }

    /**
     * Where the function is.
     *
     * @return its requester ID
     */
    public RequesterId id() {
        return id;
    }

    /**
     * The class code.
     *
     * @return base class in bits 23:16, sub-class in 15:8, interface in 7:0
     */
    public int classCode() {
        return classCode;
    }

    /**
     * The vendor.
     *
     * @return 16 bits
     */
    public int vendor() {
        return vendor;
    }

    /**
     * The device.
     *
     * @return 16 bits
     */
    public int device() {
        return device;
    }

    /**
     * The PCI Express type.
     *
     * @return the type, or {@code null} for conventional PCI
     */
    public @Nullable PciePortType portType() {
        return portType;
    }

    /**
     * The access control services.
     *
     * @return the registers, or {@code null} without the capability
     */
    public @Nullable AccessControl accessControl() {
        return accessControl;
    }

    /**
     * Whether a quirk is known.
     *
     * @param quirk the quirk
     * @return {@code true} when the function has it
     */
    public boolean has(PciQuirk quirk) {
        return quirks.contains(quirk);
    }

    /**
     * Other functions of the same bus in whose name this one also makes requests.
     *
     * @return device numbers in bits 7:3, function numbers in 2:0
     */
    public List<Integer> aliasDevfns() {
        return aliasDevfns;
    }

    /**
     * The bus behind a bridge.
     *
     * @return the bus, or {@code null} for an endpoint
     */
    public @Nullable PciBus secondary() {
        return secondary;
    }

    /**
     * The bus the function is on.
     *
     * @return the bus
     * @throws IllegalStateException when the function is on none
     */
    public PciBus bus() {
        PciBus current = bus;
        if (current == null) {
            throw new IllegalStateException(id + " is on no bus");
        }
        return current;
    }

    /**
     * The bridge above.
     *
     * @return the bridge, or {@code null} on a root bus
     */
    public @Nullable PciFunction bridge() {
        return bus().bridge();
    }

    /**
     * Whether the function is known to share its slot: its header says so, or enumeration found a function beside it.
     *
     * @return {@code true} when it does
     */
    public boolean isMultifunction() {
        return multifunction;
    }

    /** Enumeration found this function beside function 0 of its slot. */
    public void markMultifunction() {
        multifunction = true;
    }

    /**
     * Whether this is a virtual function of SR-IOV.
     *
     * @return {@code true} for a virtual function
     */
    public boolean isVirtual() {
        return sriovVirtual;
    }

    /**
     * Whether anybody may have plugged the function in: it is behind a port that firmware marks as external.
     *
     * @return {@code true} for a function that gets translated DMA only
     */
    public boolean isUntrusted() {
        PciFunction above = bridge();
        return above != null && (above.externalFacing || above.isUntrusted());
    }

    /**
     * The number within the bus.
     *
     * @return device number in bits 7:3, function number in 2:0
     */
    public int devfn() {
        return id.bits() & 0xFF;
    }

    /**
     * Whether another function is in the same slot.
     *
     * @param other a function
     * @return {@code true} when bus and device number are the same
     */
    public boolean sharesSlotWith(PciFunction other) {
        return bus == other.bus && id.device() == other.id.device();
    }

    void moveTo(@Nullable PciBus newBus) {
        bus = newBus;
    }

    @Override
    public String toString() {
        return id.toString();
    }

    /** Describes a function step by step. */
    public static final class Builder {
        private final RequesterId id;
        private int classCode;
        private int vendor = 0xFFFF;
        private int device = 0xFFFF;
        private @Nullable PciePortType portType;
        private @Nullable AccessControl accessControl;
        private final Set<PciQuirk> quirks = EnumSet.noneOf(PciQuirk.class);
        private final List<Integer> aliasDevfns = new ArrayList<>();
        private int secondaryBus = -1;
        private int subordinateBus = -1;
        private boolean multifunctionBit;
        private boolean virtual;
        private boolean externalFacing;

        private Builder(RequesterId id) {
            this.id = id;
        }

        /**
         * Sets what the function is.
         *
         * @param code base class in bits 23:16, sub-class in 15:8, interface in 7:0
         * @return this builder
         */
        public Builder classCode(int code) {
            classCode = code;
            return this;
        }

        /**
         * Sets who made it.
         *
         * @param vendorId 16 bits
         * @param deviceId 16 bits
         * @return this builder
         */
        public Builder ids(int vendorId, int deviceId) {
            vendor = vendorId;
            device = deviceId;
            return this;
        }

        /**
         * Gives the function a PCI Express capability.
         *
         * @param type its type
         * @return this builder
         */
        public Builder express(PciePortType type) {
            portType = type;
            return this;
        }

        /**
         * Gives the function an ACS capability.
         *
         * @param registers its registers
         * @return this builder
         */
        public Builder accessControl(AccessControl registers) {
            accessControl = registers;
            return this;
        }

        /**
         * Gives the function a quirk.
         *
         * @param quirk the quirk
         * @return this builder
         */
        public Builder quirk(PciQuirk quirk) {
            quirks.add(quirk);
            return this;
        }

        /**
         * Lets the function also make requests in another function's name.
         *
         * @param devfn device number in bits 7:3, function number in 2:0
         * @return this builder
         */
        public Builder alias(int devfn) {
            aliasDevfns.add(devfn & 0xFF);
            return this;
        }

        /**
         * Makes the function a bridge.
         *
         * @param secondary the bus number behind it
         * @param subordinate the highest bus number behind it
         * @return this builder
         */
        public Builder bridgeTo(int secondary, int subordinate) {
            secondaryBus = secondary;
            subordinateBus = subordinate;
            return this;
        }

        /**
         * Sets the multifunction bit of the header.
         *
         * @return this builder
         */
        public Builder multifunctionBit() {
            multifunctionBit = true;
            return this;
        }

        /**
         * Marks a port as leading out of the machine ({@code ExternalFacingPort}): what is behind it is not trusted.
         *
         * @return this builder
         */
        public Builder externalFacing() {
            externalFacing = true;
            return this;
        }

        /**
         * Makes the function a virtual function of SR-IOV.
         *
         * @return this builder
         */
        public Builder virtual() {
            virtual = true;
            return this;
        }

        /**
         * Makes the function.
         *
         * @return a function that is on no bus yet
         */
        public PciFunction build() {
            return new PciFunction(this);
        }
    }
}
