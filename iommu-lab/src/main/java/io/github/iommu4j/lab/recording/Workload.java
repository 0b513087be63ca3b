package io.github.iommu4j.lab.recording;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;

/**
 * Gives a machine something to hold: a user's domain for every device, random mappings and unmappings, DMA that is let through
 * and DMA that is not. The same seed does the same. Confined to one thread.
 */
public final class Workload {

    private static final long WINDOW = 0x1000_0000L;
    private static final int WINDOW_PAGES = 4096;
    private static final long PAGE = 4096;
    private static final long LARGE = 0x20_0000;
    private static final long DATA = 0x2_0000_0000L;
    private static final int LARGE_ONE_IN = 8;
    private static final int READ_ONLY_ONE_IN = 4;
    private static final int MOST_PAGES = 16;

    private final WorkloadMachine machine;
    private final Random random;
    private final List<DmaRequest> accesses = new ArrayList<>();
    private final List<Space> spaces = new ArrayList<>();

    /** A device's domain and what is mapped in it: first address to bytes. */
    private record Space(Device device, int streamId, IommuDomain domain, NavigableMap<Long, Long> mapped) {}

    private Workload(WorkloadMachine machine, long seed) {
        this.machine = machine;
        this.random = new Random(seed);
    }

    /**
     * Runs a workload.
     *
     * @param machine what it runs on
     * @param operations how many mappings and unmappings
     * @param seed of the random numbers
     * @return the accesses that tell what came of it: of mapped and unmapped addresses, reads and writes
     */
    public static List<DmaRequest> run(WorkloadMachine machine, int operations, long seed) {
        Workload workload = new Workload(machine, seed);
        workload.attach();
        for (int i = 0; i < operations; i++) {
            workload.step();
        }
        workload.access();
        return workload.accesses;
    }

    private void attach() {
        for (Device device : machine.devices()) {
            IommuDomain domain = machine.core().newPagingDomain(device);
            var group = Objects.requireNonNull(machine.core().groupOf(device), device.name());
            if (!group.dmaOwnership().isClaimed()) {
                group.dmaOwnership().claim(this);
                group.attach(domain);
                spaces.add(new Space(device, machine.streamId(device), domain, new TreeMap<>()));
            } else {
                domain.free();
            }
        }
    }

    private void step() {
        Space space = spaces.get(random.nextInt(spaces.size()));
        if (random.nextInt(3) != 0 || space.mapped.isEmpty()) {
            map(space);
        } else {
            Long iova = space.mapped.ceilingKey(WINDOW + PAGE * random.nextInt(WINDOW_PAGES));
            long first = iova == null ? space.mapped.firstKey() : iova;
            space.domain.unmap(first, Objects.requireNonNull(space.mapped.remove(first)));
        }
    }

    private void map(Space space) {
        boolean large = random.nextInt(LARGE_ONE_IN) == 0;
        long unit = large ? LARGE : PAGE;
        long size = large ? LARGE : PAGE * (1 + random.nextInt(MOST_PAGES));
        long iova = WINDOW + (PAGE * random.nextInt(WINDOW_PAGES) & -unit);
        Map.Entry<Long, Long> before = space.mapped.floorEntry(iova + size - 1);
        if (before != null && before.getKey() + before.getValue() > iova) {
            return;
        }
        long pa = DATA + (PAGE * random.nextInt(1 << 20) & -unit);
        try {
            space.domain.map(iova, pa, size, random.nextInt(READ_ONLY_ONE_IN) == 0 ? Prot.READ : Prot.READ_WRITE);
            space.mapped.put(iova, size);
        } catch (IommuException refused) {
            throw new AssertionError("a mapping of free addresses was refused: " + refused.getMessage(), refused);
        }
    }

    private void access() {
        for (Space space : spaces) {
            space.mapped.forEach((iova, size) -> {
                add(space, iova, Access.READ);
                add(space, iova + size - Long.BYTES, Access.WRITE);
                add(space, iova + size, Access.READ);
            });
            add(space, WINDOW - PAGE, Access.WRITE);
            add(space, WINDOW + (1L << 36), Access.READ);
        }
        for (int i = 0; i < spaces.size(); i++) {
            DmaRequest refused = DmaRequest.write(spaces.get(i).streamId(), WINDOW - PAGE * (i + 1));
            machine.model().unit().translate(refused);
            accesses.add(refused);
        }
    }

    private void add(Space space, long iova, Access access) {
        accesses.add(DmaRequest.of(space.streamId(), iova, access));
    }
}
