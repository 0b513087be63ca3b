package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.core.FwSpecs;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What firmware says of a device's IOMMU. */
final class FwSpecsTest {

    private final Rig rig = Rig.of(KernelRelease.V6_12);
    private final FwSpecs specs = rig.core.fwSpecs();
    private final DeviceNode device = rig.platform.add(DeviceNode.Identity.of("uart", 1));

    @Test
    void R22_aDeviceIsBehindOneIommuOnly() {
        specs.begin(device, "smmu0");
        assertThat(Rig.errno(() -> specs.begin(device, "smmu1"))).isEqualTo(Errno.EINVAL);
        assertThat(Rig.errno(() -> specs.begin(device, "smmu0"))).isNull();
        assertThat(device.fwSpec()).isEqualTo(new FwSpec("smmu0", List.of()));
    }

    @Test
    void R22_idsAreAddedInOrderAndNotComparedWithThoseThere() {
        assertThat(Rig.errno(() -> specs.addIds(device, List.of(1)))).isEqualTo(Errno.EINVAL);
        specs.begin(device, "smmu0");
        specs.addIds(device, List.of(3, 1));
        specs.addIds(device, List.of(3));
        assertThat(device.fwSpec()).isEqualTo(new FwSpec("smmu0", List.of(3, 1, 3)));
    }

    @Test
    void R22_aDescriptionCanBeDroppedAlsoWhereThereIsNone() {
        specs.free(device);
        specs.begin(device, "smmu0");
        specs.free(device);
        assertThat(device.fwSpec()).isNull();
    }

    @Test
    void R23_on72TheIommuMustBeRegisteredFirst() {
        Rig late = new Rig(
                KernelRelease.V7_2,
                KernelLog.WarnPolicy.THROW,
                Rig.intel(),
                builder -> builder.missingSupplier(() -> Errno.ETIMEDOUT));
        DeviceNode uart = late.platform.add(DeviceNode.Identity.of("uart", 1));
        assertThat(Rig.errno(() -> late.core.fwSpecs().begin(uart, "dmar0"))).isEqualTo(Errno.ETIMEDOUT);
        late.boot();
        assertThat(Rig.errno(() -> late.core.fwSpecs().begin(uart, "dmar0"))).isNull();
        Rig waiting = Rig.of(KernelRelease.V7_2);
        DeviceNode other = waiting.platform.add(DeviceNode.Identity.of("uart", 1));
        assertThat(Rig.errno(() -> waiting.core.fwSpecs().begin(other, "dmar0")))
                .isEqualTo(Errno.EPROBE_DEFER);
    }
}
