package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.device.DeviceDriver;
import io.github.iommu4j.core.IommuCore;
import java.util.List;

/** VFIO of one kernel: the modules vfio, vfio_iommu_type1 and vfio-pci. */
@SuppressWarnings("DoNotCallSuggester")
public final class Vfio {

    /**
     * Loads the modules.
     *
     * @param core the kernel's IOMMU core
     * @param options how the modules are loaded
     */
    public Vfio(IommuCore core, VfioOptions options) {}

    /** Makes the driver. */
    public DeviceDriver pciDriver() {
        throw new UnsupportedOperationException();
    }

    /** Opens /dev/vfio/vfio. */
    public Container openContainer(UserProcess process) {
        throw new UnsupportedOperationException();
    }

    /** Opens /dev/vfio/groupId. */
    public GroupFile openGroup(int groupId) {
        throw new UnsupportedOperationException();
    }

    /** Lists /dev/vfio. */
    public List<String> devEntries() {
        throw new UnsupportedOperationException();
    }

    /** References of vfio_iommu_type1. */
    public int type1References() {
        throw new UnsupportedOperationException();
    }

    /** References of vfio-pci. */
    public int pciReferences() {
        throw new UnsupportedOperationException();
    }

    /** Reads the module parameter. */
    public AllowUnsafe allowUnsafeInterrupts() {
        throw new UnsupportedOperationException();
    }

    /** Writes the module parameter. */
    public void setAllowUnsafeInterrupts(AllowUnsafe value) {}

    /** Reads the module parameter. */
    public int dmaEntryLimit() {
        throw new UnsupportedOperationException();
    }

    /** Writes the module parameter. */
    public void setDmaEntryLimit(int limit) {}
}
