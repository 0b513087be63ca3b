package io.github.iommu4j.smmuv3.driver;

/**
 * Lets a device cache translations, or not any more, around the change of its entries (IHI 0070 §3.9; PCIe ATS): it is told to
 * stop before its entries refuse it, and to begin after they let it; and what it has of another domain goes. For one change.
 */
final class AtsChange {

    private final Master master;
    private final boolean wasOn;
    private final boolean on;

    /**
     * A change that is to come.
     *
     * @param wanted whether what is attached gains from it
     */
    AtsChange(Master master, boolean wanted) {
        this.master = master;
        this.wasOn = master.cachesTranslations();
        this.on = wanted && master.mayCacheTranslations();
    }

    /** Whether the entries let it. */
    boolean isOn() {
        return on;
    }

    /** Before the entries change, and after the master has been added to its domain. */
    void before() {
        if (wasOn && !on) {
            master.unit().host().ats().disable(master.device());
        }
        // From here on invalidations reach the device, which may ask as soon as its entry says so.
        master.setCachesTranslations(wasOn || on);
    }

    /** After the entries have changed. */
    void after(int pasid) {
        if (on && !wasOn) {
            EndpointCommands.invalidateAll(master, Master.NO_PASID);
            int unitLg2 = Long.numberOfTrailingZeros(
                    master.unit().features().pageSizes().smallest());
            master.unit().host().ats().enable(master.device(), unitLg2);
        } else if (on) {
            EndpointCommands.invalidateAll(master, pasid);
        } else if (wasOn) {
            EndpointCommands.invalidateAll(master, Master.NO_PASID);
        }
        master.setCachesTranslations(on);
    }
}
