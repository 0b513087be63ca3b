package io.github.iommu4j.tipat.driver;

/**
 * Where a driver shows a file to users (Linux {@code misc_register}).
 *
 * <p><b>Thread-safety:</b> may be called from any thread.
 */
public interface MiscDevices {

    /** Shows everything to nobody in particular, and never refuses. */
    MiscDevices UNLIMITED = new MiscDevices() {
        @Override
        public void register(String name, TiPat pat) {}

        @Override
        public void deregister(String name) {}
    };

    /**
     * Shows a file.
     *
     * @param name its name below {@code /dev}
     * @param pat what its requests go to
     * @throws io.github.iommu4j.api.IommuException {@code EBUSY} when there are no numbers left, {@code EEXIST} when the name
     *     is taken
     */
    void register(String name, TiPat pat);

    /**
     * Takes a file away.
     *
     * @param name its name
     */
    void deregister(String name);
}
