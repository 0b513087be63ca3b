package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.core.topology.DmaAliases;
import io.github.iommu4j.core.topology.PciFunction;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** A device behind a unit (Linux {@code device_domain_info}). What is attached changes under the group's mutex only. */
final class DeviceInfo {

    /** The PASID under which requests without one are known (RID_PASID). */
    static final int NO_PASID = 0;

    private final Device device;
    private final PciFunction function;
    private final VtdUnit unit;
    private final PciFeatures features;
    private final boolean ats;
    private final @Nullable PasidTable pasidTable;
    private final Map<Integer, VtdDomain> pasidDomains = new TreeMap<>();
    private @Nullable VtdDomain domain;
    private boolean passing;
    private volatile boolean atsOn;

    DeviceInfo(Device device, PciFunction function, VtdUnit unit, DmarMatch firmware) {
        this.device = device;
        this.function = function;
        this.unit = unit;
        this.features = unit.parts().host().features(function);
        this.ats = features.atsQueueDepth() != 0
                && unit.parts().capabilities().hasDeviceTlbs()
                && firmware.allowsAts(function);
        this.pasidTable = unit.parts().capabilities().isScalable() ? new PasidTable(unit, pasidBits()) : null;
    }

    Device device() {
        return device;
    }

    PciFunction function() {
        return function;
    }

    VtdUnit unit() {
        return unit;
    }

    PciFeatures features() {
        return features;
    }

    int sid() {
        return function.id().bits();
    }

    /** Width of PASIDs that device and unit both have; 0 for none. */
    int pasidBits() {
        return Math.min(features.pasidBits(), unit.parts().capabilities().pasidBits());
    }

    /** Whether the device is to be answered when it asks for translations. */
    boolean mayCacheTranslations() {
        return ats;
    }

    /** Whether the device may ask for pages: with ATS only. */
    boolean mayAskForPages() {
        return ats
                && features.pageRequests() != 0
                && unit.parts().capabilities().takesPageRequests();
    }

    /** Whether it may have cached some now. */
    boolean cachesTranslations() {
        return atsOn;
    }

    /** Whether requests without PASID go anywhere. */
    void setPassing(boolean now) {
        passing = now;
        updateAts();
    }

    /** A device is answered as long as any of its requests go anywhere. */
    void updateAts() {
        atsOn = ats && (passing || !pasidDomains.isEmpty());
    }

    @Nullable
    PasidTable pasidTable() {
        return pasidTable;
    }

    @Nullable
    VtdDomain domain() {
        return domain;
    }

    void setDomain(@Nullable VtdDomain attached) {
        domain = attached;
    }

    Map<Integer, VtdDomain> pasidDomains() {
        return pasidDomains;
    }

    /** Every source-id that the device's requests may have. */
    void forEachSid(IntConsumer action) {
        DmaAliases.<Boolean>forEach(function, (where, sid) -> {
            action.accept(sid);
            return null;
        });
    }
}
