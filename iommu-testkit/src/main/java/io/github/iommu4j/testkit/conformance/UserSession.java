package io.github.iommu4j.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.core.vfio.Container;
import io.github.iommu4j.core.vfio.GroupFile;
import io.github.iommu4j.core.vfio.MapRequest;
import io.github.iommu4j.core.vfio.MemoryAccounting;
import io.github.iommu4j.core.vfio.UnmapRequest;
import io.github.iommu4j.core.vfio.UserProcess;
import io.github.iommu4j.core.vfio.Vfio;
import io.github.iommu4j.testkit.machine.UserAddressSpace;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A user takes a group through VFIO, maps memory for its devices, and gives it back. */
final class UserSession {

    private static final String VFIO_PCI = "vfio-pci";
    private static final long VADDR = 0x10_0000_0000L;
    private static final int PAGES = 64;
    private static final int ACCESS = MapRequest.READ | MapRequest.WRITE;

    private final DriverRig rig;
    private final Vfio vfio;
    private final IommuGroup group;
    private final UserAddressSpace memory = new UserAddressSpace(DriverRig.DATA);
    private final MemoryAccounting accounting = new MemoryAccounting();

    /** A group that nobody uses. */
    UserSession(DriverRig rig, Vfio vfio, IommuGroup group) {
        this.rig = rig;
        this.vfio = vfio;
        this.group = group;
        memory.anonymous(VADDR, PAGES * DriverRig.PAGE, UserAddressSpace.Protection.READ_WRITE);
    }

    /** Says whether the group can be given to users at all. */
    boolean play(Random random) {
        List<String> given = new ArrayList<>();
        boolean came = false;
        for (Device device : group.devices()) {
            rig.bus.driverOverride(device.name(), VFIO_PCI);
            if (DriverRig.errno(() -> rig.bus.bind(device.name(), VFIO_PCI)) == null) {
                given.add(device.name());
            }
        }
        if (!given.isEmpty()) {
            came = open(random);
        }
        given.forEach(name -> rig.bus.unbind(name, VFIO_PCI));
        rig.settle();
        assertThat(memory.pinned()).as("pinned pages").isZero();
        assertThat(accounting.lockedKiB()).as("locked memory").isZero();
        return came;
    }

    private boolean open(Random random) {
        Container container = vfio.openContainer(new UserProcess(memory, accounting));
        GroupFile file = vfio.openGroup(group.id());
        file.setContainer(container);
        boolean came = DriverRig.errno(() -> container.setIommu(Container.TYPE1V2_IOMMU)) == null;
        if (came) {
            use(container, random);
        }
        file.close();
        container.close();
        return came;
    }

    private void use(Container container, Random random) {
        int first = random.nextInt(PAGES / 2);
        int pages = 1 + random.nextInt(PAGES / 2 - 1);
        long iova = rig.window + first * DriverRig.PAGE;
        container.mapDma(new MapRequest(iova, pages * DriverRig.PAGE, VADDR, ACCESS));
        look(iova, pages);
        container.unmapDma(new UnmapRequest(iova, pages * DriverRig.PAGE, 0));
        look(iova, 0);
        container.mapDma(new MapRequest(iova, DriverRig.PAGE, VADDR + DriverRig.PAGE, ACCESS));
    }

    /** Every device of the group reaches these pages of the user's memory and none behind them. */
    private void look(long iova, int pages) {
        for (int client = 0; client < rig.clients(); client++) {
            if (rig.client(client).isPresent() && rig.group(client) == group) {
                for (int page = 0; page < pages; page++) {
                    long offset = page * DriverRig.PAGE;
                    assertThat(rig.dma(client, iova + offset, Access.WRITE))
                            .as("page %d of a user's mapping", page)
                            .hasValue(memory.write(VADDR + offset));
                }
                assertThat(rig.dma(client, iova + pages * DriverRig.PAGE, Access.READ))
                        .as("behind a user's mapping")
                        .isEmpty();
            }
        }
    }
}
