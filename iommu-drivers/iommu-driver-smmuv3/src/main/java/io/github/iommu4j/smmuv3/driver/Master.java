package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.smmuv3.driver.DeviceFeatures.Trait;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * A device behind a unit (Linux {@code arm_smmu_master}). What is attached changes under the group's mutex and {@code
 * arm_smmu_asid_lock} only.
 */
final class Master {

    /** The SubstreamID whose context requests without one use (S1DSS). */
    static final int NO_PASID = 0;

    /** A linear table of contexts has at most so many. */
    private static final int LINEAR_CONTEXTS_LG2 = 10;

    private final Device device;
    private final SmmuUnit unit;
    private final int[] streamIds;
    private final DeviceFeatures features;
    private final int ssidBits;
    private final boolean stalls;
    private final boolean ats;
    /** Whoever reads events looks at these two without those locks. */
    private final Map<Integer, ContextSpace> pasids = new ConcurrentSkipListMap<>();

    private volatile @Nullable StreamTarget target;
    private @Nullable ContextTable contexts;
    private volatile boolean atsOn;

    Master(Device device, SmmuUnit unit, List<Integer> streamIds, Bus bus) {
        this.device = device;
        this.unit = unit;
        this.streamIds =
                streamIds.stream().distinct().mapToInt(Integer::intValue).toArray();
        this.features = unit.host().features(device);
        UnitFeatures capable = unit.features();
        int common = Math.min(features.pasidBits(), capable.ssidBits());
        this.ssidBits =
                capable.has(SmmuFeature.TWO_LEVEL_CONTEXT_TABLE) ? common : Math.min(common, LINEAR_CONTEXTS_LG2);
        boolean canStall = bus == Bus.PLATFORM && features.has(Trait.CAN_STALL) && capable.has(SmmuFeature.STALLS);
        this.stalls = canStall || capable.has(SmmuFeature.STALL_FORCE);
        this.ats = bus == Bus.PCI
                && features.has(Trait.ATS)
                && capable.has(SmmuFeature.ATS)
                && !unit.host().has(SmmuOption.ATS_OFF);
    }

    /** Where the device is. */
    enum Bus {
        /** Its requests can be answered in the ways of PCI, and must not stall. */
        PCI,
        /** Anywhere else. */
        PLATFORM
    }

    Device device() {
        return device;
    }

    SmmuUnit unit() {
        return unit;
    }

    /** Every StreamID once. */
    int[] streamIds() {
        return streamIds.clone();
    }

    DeviceFeatures features() {
        return features;
    }

    int ssidBits() {
        return ssidBits;
    }

    /** Whether its faults wait for an answer. */
    boolean stalls() {
        return stalls;
    }

    /** Whether it is to be let cache translations. */
    boolean mayCacheTranslations() {
        return ats;
    }

    /** Whether it does now. */
    boolean cachesTranslations() {
        return atsOn;
    }

    void setCachesTranslations(boolean now) {
        atsOn = now;
    }

    /**
     * The table of its contexts, which is made when it is first needed.
     *
     * @throws io.github.iommu4j.api.IommuException {@code ENOMEM}
     */
    ContextTable contexts() {
        ContextTable table = contexts;
        if (table == null) {
            ContextTable.Levels levels = unit.features().has(SmmuFeature.TWO_LEVEL_CONTEXT_TABLE)
                    ? ContextTable.Levels.TWO
                    : ContextTable.Levels.LINEAR;
            table = new ContextTable(unit.parts(), unit.ring(), ssidBits, levels, streamIds);
            contexts = table;
        }
        return table;
    }

    boolean hasContexts() {
        return contexts != null;
    }

    /** Frees the table; no stream table entry leads there any more. */
    void freeContexts() {
        ContextTable table = contexts;
        if (table != null) {
            table.free();
            contexts = null;
        }
    }

    /** Where requests without PASID go; {@code null} before anything was attached, and after it went. */
    @Nullable
    StreamTarget target() {
        return target;
    }

    void setTarget(@Nullable StreamTarget attached) {
        target = attached;
    }

    /** What is attached to PASIDs. */
    Map<Integer, ContextSpace> pasids() {
        return pasids;
    }

    /** What its entries depend on beside the domain. */
    Set<StreamTrait> traits() {
        Set<StreamTrait> traits = EnumSet.noneOf(StreamTrait.class);
        UnitFeatures capable = unit.features();
        add(traits, StreamTrait.UNIT_CAN_STALL, capable.has(SmmuFeature.STALLS));
        add(traits, StreamTrait.UNIT_ALWAYS_STALLS, capable.has(SmmuFeature.STALL_FORCE));
        add(traits, StreamTrait.STALLS, stalls);
        add(traits, StreamTrait.ATTRIBUTES_CAN_BE_OVERRIDDEN, capable.has(SmmuFeature.ATTRIBUTE_TYPES_OVERRIDE));
        add(traits, StreamTrait.E2H, capable.has(SmmuFeature.E2H));
        return traits;
    }

    private static void add(Set<StreamTrait> traits, StreamTrait trait, boolean has) {
        if (has) {
            traits.add(trait);
        }
    }
}
