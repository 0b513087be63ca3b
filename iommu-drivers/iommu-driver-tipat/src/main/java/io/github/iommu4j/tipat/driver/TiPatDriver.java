package io.github.iommu4j.tipat.driver;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.DeviceDriver;
import io.github.iommu4j.core.dmabuf.DirectMapper;
import io.github.iommu4j.core.dmabuf.DmaBufs;
import io.github.iommu4j.core.dmabuf.DmaMapper;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The driver of PATs on the platform bus (Linux {@code ti-pat}, never merged).
 *
 * <pre>{@code
 * TiPatDriver driver = TiPatDriver.builder(dmaBufs)
 *         .firmware(device -> PatNode.of(mmrs, table, window))
 *         .build();
 * platformBus.register(driver);
 * DmaBuf contiguous = driver.pat(device).orElseThrow().export(scattered);
 * }</pre>
 *
 * <p><b>Thread-safety:</b> every method may be called from any thread; probe and remove of one device want its lock.
 */
public final class TiPatDriver implements DeviceDriver {

    static final String NAME = "ti-pat";

    private final DmaBufs dmaBufs;
    private final DmaMapper mapper;
    private final MiscDevices miscDevices;
    private final Function<Device, @Nullable PatNode> firmware;
    private final Set<TiPatErratum> errata;
    private final Map<Device, TiPat> pats = new ConcurrentHashMap<>();

    private TiPatDriver(Builder builder) {
        this.dmaBufs = builder.dmaBufs;
        this.mapper = builder.mapper;
        this.miscDevices = builder.miscDevices;
        this.firmware = builder.firmware;
        this.errata = Set.copyOf(builder.errata);
    }

    /**
     * Starts the description of a driver.
     *
     * @param dmaBufs the kernel's DMA-BUFs, whose page size is the one that PATs get
     * @return a builder of a driver that finds no devices, maps directly and makes no mistakes
     */
    public static Builder builder(DmaBufs dmaBufs) {
        return new Builder(dmaBufs);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean matches(Device device) {
        return firmware.apply(device) != null;
    }

    /**
     * Makes a device a PAT.
     *
     * @param device the device
     * @throws IommuException {@code EIO} or another errno of the DMA mask; {@code ENOENT} when the node has no region {@code
     *     mmrs}, no region {@code table} or no window; {@code EINVAL} when a PAT has no pages of the kernel's size; the errno
     *     of {@link MiscDevices#register}. The PAT is off then.
     */
    @Override
    public void probe(Device device) {
        PatNode node = firmware.apply(device);
        if (node == null) {
            throw new AssertionError(device.name() + " is probed and does not match");
        }
        pats.put(device, new PatProbe(this, device, node).probe());
    }

    /**
     * Switches a PAT off. Buffers it exported stay until their last reference goes, but cannot be mapped any more.
     *
     * @param device the device
     */
    @Override
    public void remove(Device device) {
        TiPat pat = pats.remove(device);
        if (pat != null) {
            pat.remove();
        }
    }

    /**
     * The PAT that a device was made.
     *
     * @param device a device
     * @return the PAT; empty when the driver is not bound to it
     */
    public Optional<TiPat> pat(Device device) {
        return Optional.ofNullable(pats.get(device));
    }

    DmaBufs dmaBufs() {
        return dmaBufs;
    }

    DmaMapper mapper() {
        return mapper;
    }

    MiscDevices miscDevices() {
        return miscDevices;
    }

    boolean has(TiPatErratum erratum) {
        return errata.contains(erratum);
    }

    /** Describes a driver step by step. Not thread-safe. */
    public static final class Builder {

        private final DmaBufs dmaBufs;
        private DmaMapper mapper = new DirectMapper();
        private MiscDevices miscDevices = MiscDevices.UNLIMITED;
        private Function<Device, @Nullable PatNode> firmware = device -> null;
        private final Set<TiPatErratum> errata = EnumSet.noneOf(TiPatErratum.class);

        private Builder(DmaBufs dmaBufs) {
            this.dmaBufs = dmaBufs;
        }

        /**
         * How attached devices come to the window.
         *
         * @param value their DMA mapping
         * @return this
         */
        public Builder mapper(DmaMapper value) {
            mapper = value;
            return this;
        }

        /**
         * Where users find the PATs.
         *
         * @param value the kernel's miscellaneous devices
         * @return this
         */
        public Builder miscDevices(MiscDevices value) {
            miscDevices = value;
            return this;
        }

        /**
         * What firmware says of devices.
         *
         * @param value gives a device's node, or {@code null} for one that is no PAT
         * @return this
         */
        public Builder firmware(Function<Device, @Nullable PatNode> value) {
            firmware = value;
            return this;
        }

        /**
         * Switches a mistake on.
         *
         * @param erratum the mistake
         * @return this
         */
        public Builder erratum(TiPatErratum erratum) {
            errata.add(erratum);
            return this;
        }

        /**
         * Makes the driver.
         *
         * @return a driver to register on a bus
         */
        public TiPatDriver build() {
            return new TiPatDriver(this);
        }
    }
}
