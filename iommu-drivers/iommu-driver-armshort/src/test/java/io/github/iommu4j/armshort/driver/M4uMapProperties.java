package io.github.iommu4j.armshort.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.core.device.DeviceNode;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/** Whatever is mapped and unmapped, the hardware goes where a list of pages says, through all of its caches. */
class M4uMapProperties {

    private static final int STEPS = 60;
    private static final int PROBES = 8;
    private static final long PAGE = 0x1000;
    private static final long SPACE = 0x200_0000;
    private static final long[] UNITS = {0x1000, 0x1_0000, 0x10_0000, 0x100_0000};

    private final TreeMap<Long, Long> pages = new TreeMap<>();

    private static long pick(Random random, long unit) {
        return (random.nextLong() & SPACE - 1) / unit * unit;
    }

    private boolean isFree(long iova, long size) {
        return pages.subMap(iova, iova + size).isEmpty();
    }

    private void map(IommuDomain domain, Random random, boolean high) {
        long unit = UNITS[random.nextInt(4)];
        long iova = pick(random, unit);
        long size = Math.min(unit * (1 + random.nextInt(3)), SPACE - iova);
        if (!isFree(iova, size)) {
            return;
        }
        long pa = 0x4000_0000L + pick(random, unit) + (random.nextBoolean() ? pick(random, PAGE) : 0);
        if (high) {
            pa += (long) random.nextInt(3) << 33;
        }
        domain.map(iova, pa, size, Prot.READ_WRITE);
        for (long at = 0; at < size; at += PAGE) {
            pages.put(iova + at, pa + at);
        }
    }

    /** Unmaps a run of mapped pages, of which the first and the last may lie in larger leaves. */
    private void unmap(IommuDomain domain, Random random) {
        Map.Entry<Long, Long> first = pages.ceilingEntry(pick(random, PAGE));
        if (first == null) {
            return;
        }
        long iova = first.getKey();
        long most = 1L + random.nextInt(random.nextBoolean() ? 4 : 4096);
        long size = 0;
        while (size < most * PAGE && pages.containsKey(iova + size)) {
            size += PAGE;
        }
        if (random.nextInt(4) == 0) {
            assertThat(domain.unmapFast(iova, size, IotlbGather.queued())).isEqualTo(size);
            domain.flushIotlbAll();
        } else {
            assertThat(domain.unmap(iova, size)).isEqualTo(size);
        }
        pages.subMap(iova, iova + size).clear();
    }

    private void probe(M4uMachine machine, DeviceNode device, long iova) {
        Long expected = pages.get(iova & -PAGE);
        Translation answer = machine.dma(device, iova, Access.WRITE);
        if (expected == null) {
            assertThat(answer).as("0x%x", iova).isInstanceOf(Translation.Fault.class);
            assertThat(machine.domain(device).iovaToPhys(iova)).isZero();
        } else {
            long pa = expected | iova & PAGE - 1;
            assertThat(machine.pa(device, iova)).as("0x%x", iova).isEqualTo(pa);
            assertThat(machine.domain(device).iovaToPhys(iova)).isEqualTo(pa);
        }
    }

    @Property(tries = 150, shrinking = ShrinkingMode.OFF)
    void theHardwareGoesWhereTheMappingsSay(@ForAll long seed) {
        Random random = new Random(seed);
        int kind = random.nextInt(3);
        M4uMachine.Plan plan = new M4uMachine.Plan();
        if (kind == 1) {
            plan.mt8183();
        } else if (kind == 2) {
            plan.fourGigabytes();
        }
        M4uMachine machine = plan.boot();
        DeviceNode device = machine.running(0, 5);
        IommuDomain domain = machine.domain(device);
        pages.clear();
        for (int step = 0; step < STEPS; step++) {
            switch (random.nextInt(8)) {
                case 0 -> {
                    machine.driver().runtimeSuspend(device);
                    unmap(domain, random);
                    machine.driver().runtimeResume(device);
                }
                case 1, 2, 3 -> unmap(domain, random);
                default -> map(domain, random, kind == 1);
            }
            for (int i = 0; i < PROBES; i++) {
                probe(machine, device, random.nextLong() & SPACE - 1 & -8L);
            }
            Map.Entry<Long, Long> near = pages.ceilingEntry(pick(random, PAGE));
            if (near != null) {
                probe(machine, device, near.getKey());
                probe(machine, device, Math.max(near.getKey() - PAGE, 0));
            }
            machine.irq.step();
        }
        while (!pages.isEmpty()) {
            unmap(domain, random);
        }
        machine.driver().runtimeSuspend(device);
        machine.assertNoLeaks();
    }
}
