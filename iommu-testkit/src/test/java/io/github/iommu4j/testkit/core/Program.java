package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DmaOwnership.Holder;
import io.github.iommu4j.api.DmaOwnership.State;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.topology.PciePortType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Does one operation after another to a core and to the naive kernel, and compares their answers and states. */
final class Program {

    private static final int OPERATIONS = 15;
    private static final String[] WORDS = {"identity", "DMA", "DMA-FQ", "auto"};
    private static final Object[] OWNERS = {"owner A", "owner B"};

    private final Rig rig;
    private final NaiveKernel naive;
    /** Every function in the order of a scan, and for each bridge what is behind it. */
    private final List<String> scanOrder = new ArrayList<>();

    private final Map<String, String> behind = new LinkedHashMap<>();
    private final List<IommuDomain> domains = new ArrayList<>();
    private final List<NaiveKernel.Group> held = new ArrayList<>();
    private final Map<NaiveKernel.Group, IommuGroup> handles = new HashMap<>();
    private int steps;

    Program(KernelRelease release, List<Integer> slots) {
        rig = Rig.of(release, Rig.intel().withPasids(4));
        Map<String, String> partitions = new HashMap<>();
        List<String> untrusted = new ArrayList<>();
        List<String> endpoints = new ArrayList<>();
        for (int slot = 1; slot <= slots.size(); slot++) {
            int kind = slots.get(slot - 1);
            if (kind < 3) {
                rig.slot(slot, kind + 1);
                for (int function = 0; function <= kind; function++) {
                    plan(partitions, Rig.name(slot, function), "slot " + slot);
                }
            } else {
                String endpoint = new RequesterId(0, slot, 0, 0).toString();
                plan(partitions, Rig.name(slot, 0), "slot " + slot);
                partitions.put(endpoint, kind == 3 ? "slot " + slot : endpoint);
                behind.put(Rig.name(slot, 0), endpoint);
                endpoints.add(endpoint);
                if (kind == 3) {
                    plainPort(slot);
                } else {
                    rig.port(slot, slot);
                    untrusted.add(endpoint);
                }
            }
        }
        scanOrder.addAll(endpoints);
        naive = new NaiveKernel(release, partitions, untrusted);
        rig.boot();
        scanOrder.forEach(naive::add);
    }

    private void plan(Map<String, String> partitions, String device, String partition) {
        scanOrder.add(device);
        partitions.put(device, partition);
    }

    private void plainPort(int slot) {
        RequesterId id = new RequesterId(0, 0, slot, 0);
        RequesterId endpoint = new RequesterId(0, slot, 0, 0);
        rig.hardware.plug(id, PciFunction.at(id).express(PciePortType.ROOT_PORT).bridgeTo(slot, slot));
        rig.hardware.plug(endpoint, PciFunction.at(endpoint).express(PciePortType.ENDPOINT));
    }

    int steps() {
        return steps;
    }

    private IommuGroup handle(NaiveKernel.Group group) {
        return Objects.requireNonNull(
                handles.computeIfAbsent(group, key -> Objects.requireNonNull(rig.core.groupById(key.id))));
    }

    /** One operation on one device and its group, both taken from the seed. */
    void step(int seed) {
        steps++;
        int operation = seed % OPERATIONS;
        int choice = seed / OPERATIONS;
        if (operation == 0) {
            rescan();
            return;
        }
        if (naive.groupOf.isEmpty()) {
            return;
        }
        List<String> present = List.copyOf(naive.groupOf.keySet());
        String device = present.get(choice % present.size());
        choice /= present.size();
        NaiveKernel.Group group = naive.of(device);
        switch (operation) {
            case 1 -> remove(device);
            case 2 -> bind(device, choice % 2 == 0 ? "net" : "stub");
            case 3 -> unbind(device, group);
            case 4 -> agree(() -> handle(group).dmaOwnership().claim(OWNERS[0]), naive.claim(group, OWNERS[0]));
            case 5 -> claimDevice(device, group, OWNERS[choice % 2]);
            case 6 -> release(group);
            case 7 -> releaseDevice(device, group);
            case 8 -> attach(group, choice);
            case 9 -> detach(group);
            case 10, 11 -> writeType(group, WORDS[choice % WORDS.length]);
            case 12 -> holdOrPut(group);
            case 13 -> makeOrFree(device, choice);
            default -> pasid(group, choice);
        }
    }

    private static void agree(Runnable operation, @Nullable Errno expected) {
        assertThat(Rig.errno(operation)).isEqualTo(expected);
    }

    private void rescan() {
        rig.host.rescan();
        for (String device : scanOrder) {
            if (!naive.groupOf.containsKey(device)) {
                naive.add(device);
            }
        }
    }

    private void remove(String device) {
        List<String> going = new ArrayList<>();
        String child = behind.get(device);
        if (child != null && naive.groupOf.containsKey(child)) {
            going.add(child);
        }
        going.add(device);
        if (naive.mayRemove(going)) {
            rig.host.remove(device);
            going.forEach(naive::remove);
        }
    }

    private void bind(String device, String driver) {
        rig.bus.driverOverride(device, driver);
        agree(() -> rig.bus.bind(device, driver), naive.bind(device, driver));
    }

    private void unbind(String device, NaiveKernel.Group group) {
        String driver = naive.driverOf.get(device);
        if (driver != null && (driver.equals("stub") || group.pasids.isEmpty())) {
            rig.bus.unbind(device, driver);
            naive.unbind(device);
        }
    }

    private void claimDevice(String device, NaiveKernel.Group group, Object owner) {
        Device node = rig.device(device);
        agree(() -> handle(group).dmaOwnership().claim(node, owner), naive.claimDevice(group, owner));
    }

    private void release(NaiveKernel.Group group) {
        if (group.owner != null && group.pasids.isEmpty()) {
            handle(group).dmaOwnership().release();
            naive.release(group);
        }
    }

    private void releaseDevice(String device, NaiveKernel.Group group) {
        if (group.owner != null && group.pasids.isEmpty()) {
            handle(group).dmaOwnership().release(rig.device(device));
            naive.releaseDevice(group);
        }
    }

    private void attach(NaiveKernel.Group group, int choice) {
        if (!domains.isEmpty()) {
            IommuDomain domain = domains.get(choice % domains.size());
            agree(() -> handle(group).attach(domain), naive.attach(group, domain));
        }
    }

    private void detach(NaiveKernel.Group group) {
        handle(group).detach(Objects.requireNonNull(handle(group).defaultDomain()));
        naive.detach(group);
    }

    private void writeType(NaiveKernel.Group group, String word) {
        agree(() -> handle(group).writeType(word, UserCapabilities.ALL), naive.writeType(group, word));
    }

    private void holdOrPut(NaiveKernel.Group group) {
        if (held.size() < 3) {
            handle(group).get();
            group.references++;
            held.add(group);
        } else {
            putFirst();
        }
    }

    private void putFirst() {
        NaiveKernel.Group first = held.remove(0);
        handle(first).put();
        naive.put(first);
    }

    private void makeOrFree(String device, int choice) {
        if (domains.size() < 3) {
            domains.add(rig.core.newPagingDomain(rig.device(device)));
        } else {
            IommuDomain domain = domains.get(choice % domains.size());
            if (!naive.uses(domain)) {
                domain.free();
                domains.remove(domain);
            }
        }
    }

    private void pasid(NaiveKernel.Group group, int choice) {
        int pasid = 1 + choice % 3;
        Object attached = group.pasids.get(pasid);
        if (attached != null && choice % 2 == 0) {
            handle(group).detachPasid((IommuDomain) attached, pasid);
            group.pasids.remove(pasid);
        } else if (!domains.isEmpty()) {
            IommuDomain domain = domains.get(choice % domains.size());
            agree(() -> handle(group).attachPasid(domain, pasid), naive.attachPasid(group, domain, pasid));
        }
    }

    /** Compares everything that can be seen. */
    void check() {
        handles.keySet().retainAll(naive.groups);
        assertThat(rig.core.groups().stream().map(IommuGroup::id).toList())
                .isEqualTo(naive.groups.stream().map(group -> group.id).sorted().toList());
        assertThat(rig.core.liveDomains()).isEqualTo(naive.domains() + domains.size());
        naive.groups.forEach(this::check);
    }

    private void check(NaiveKernel.Group expected) {
        IommuGroup group = handle(expected);
        List<Device> devices = group.devices();
        assertThat(devices.stream().map(Device::name).toList()).isEqualTo(expected.devices);
        assertThat(group.typeName()).isEqualTo(expected.type);
        Holder holder = expected.owner != null ? Holder.USER : expected.count > 0 ? Holder.KERNEL : Holder.FREE;
        assertThat(group.dmaOwnership().state()).isEqualTo(new State(holder, expected.count, expected.owner));
        IommuDomain current = group.domain();
        IommuDomain standing = group.defaultDomain();
        assertThat(current == standing).isEqualTo(expected.current == NaiveKernel.DEFAULT);
        if (expected.current instanceof IommuDomain) {
            assertThat(current).isSameAs(expected.current);
        }
        for (int pasid = 1; pasid < 4; pasid++) {
            assertThat(group.domainOfPasid(pasid)).isSameAs(expected.pasids.get(pasid));
        }
        for (Device device : devices) {
            assertThat(rig.core.groupOf(device)).isSameAs(group);
            assertThat(rig.iommu.attachedType(device)).isNotNull();
            for (Device other : devices) {
                boolean same = expected.attached.get(device.name()) == expected.attached.get(other.name());
                assertThat(rig.iommu.sharesDomain(device, other)).isEqualTo(same);
            }
        }
    }

    /** Gives everything back and looks for what stays. */
    void finish() {
        for (NaiveKernel.Group group : List.copyOf(naive.groups)) {
            group.pasids.forEach((pasid, domain) -> handle(group).detachPasid((IommuDomain) domain, pasid));
            group.pasids.clear();
            release(group);
            if (!group.devices.isEmpty()) {
                detach(group);
            }
        }
        while (!held.isEmpty()) {
            putFirst();
        }
        naive.driverOf.forEach((device, driver) -> rig.bus.unbind(device, driver));
        domains.forEach(IommuDomain::free);
        rig.close();
    }
}
