package io.github.iommu4j.testkit.core;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.KernelRelease;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a kernel's groups should look like, kept in plain maps and written from the tables of rules alone. Domains are
 * whatever objects the test names them by.
 */
final class NaiveKernel {

    static final String DEFAULT = "default";
    static final String BLOCKING = "blocking";

    /** A group, while anything refers to it. */
    static final class Group {
        final int id;
        final List<String> devices = new ArrayList<>();
        final Map<String, Object> attached = new HashMap<>();
        final Map<Integer, Object> pasids = new TreeMap<>();
        String type = "unknown";
        Object current = DEFAULT;
        int count;

        @Nullable
        Object owner;

        int references;
        boolean madeBlocking;

        Group(int id) {
            this.id = id;
        }

        boolean isForeign() {
            return current != DEFAULT;
        }

        void moveTo(Object domain) {
            current = domain;
            devices.forEach(device -> attached.put(device, domain));
        }
    }

    private final KernelRelease release;
    private final boolean old;
    final List<Group> groups = new ArrayList<>();
    final Map<String, Group> groupOf = new LinkedHashMap<>();
    final Map<String, String> driverOf = new HashMap<>();
    private final Map<String, String> partitions;
    private final List<String> untrusted;

    /**
     * A kernel that has seen no device.
     *
     * @param partitions for each device what it cannot be told from
     * @param untrusted devices that must have translated DMA
     */
    NaiveKernel(KernelRelease release, Map<String, String> partitions, List<String> untrusted) {
        this.release = release;
        this.old = release == KernelRelease.V6_1;
        this.partitions = partitions;
        this.untrusted = untrusted;
    }

    Group of(String device) {
        return Objects.requireNonNull(groupOf.get(device));
    }

    void add(String device) {
        Group group = null;
        for (Map.Entry<String, Group> member : groupOf.entrySet()) {
            if (Objects.equals(partitions.get(member.getKey()), partitions.get(device))) {
                group = member.getValue();
            }
        }
        if (group == null) {
            group = new Group(lowestFreeId());
            group.type = untrusted.contains(device) ? "DMA" : "DMA-FQ";
            groups.add(group);
        }
        group.devices.add(device);
        group.attached.put(device, old && group.owner == null ? DEFAULT : group.current);
        groupOf.put(device, group);
    }

    private int lowestFreeId() {
        for (int id = 0; ; id++) {
            int candidate = id;
            if (groups.stream().noneMatch(group -> group.id == candidate)) {
                return id;
            }
        }
    }

    /** Whether removing these devices would pull a group from under its user, which no caller may do. */
    boolean mayRemove(List<String> devices) {
        for (String device : devices) {
            Group group = of(device);
            boolean empties = devices.containsAll(group.devices);
            boolean unusesWithPasids = "net".equals(driverOf.get(device)) && !group.pasids.isEmpty();
            boolean inUse = group.owner != null || group.isForeign() || !group.pasids.isEmpty();
            if (unusesWithPasids || empties && inUse) {
                return false;
            }
        }
        return true;
    }

    void remove(String device) {
        unbind(device);
        Group group = Objects.requireNonNull(groupOf.remove(device));
        group.devices.remove(device);
        group.attached.remove(device);
        if (group.devices.isEmpty() && !old) {
            group.type = "unknown";
            group.madeBlocking = false;
        }
        forgetIfUnused(group);
    }

    private void forgetIfUnused(Group group) {
        if (group.devices.isEmpty() && group.references == 0) {
            groups.remove(group);
        }
    }

    void put(Group group) {
        group.references--;
        forgetIfUnused(group);
    }

    @Nullable
    Errno bind(String device, String driver) {
        Group group = of(device);
        if (driverOf.containsKey(device)) {
            return Errno.EBUSY;
        }
        if (driver.equals("net")) {
            if (group.count > 0 && (group.owner != null || group.isForeign() || !group.pasids.isEmpty())) {
                return Errno.EBUSY;
            }
            group.count++;
        }
        driverOf.put(device, driver);
        return null;
    }

    void unbind(String device) {
        if ("net".equals(driverOf.remove(device))) {
            of(device).count--;
        }
    }

    @Nullable
    Errno claim(Group group, Object owner) {
        if (group.count > 0) {
            return Errno.EPERM;
        }
        return take(group, owner);
    }

    @Nullable
    Errno claimDevice(Group group, Object owner) {
        if (old) {
            return Errno.EOPNOTSUPP;
        }
        if (group.count > 0 && group.owner == owner) {
            group.count++;
            return null;
        }
        return claim(group, owner);
    }

    private static @Nullable Errno take(Group group, Object owner) {
        if (group.isForeign() || !group.pasids.isEmpty()) {
            return Errno.EBUSY;
        }
        group.owner = owner;
        group.count = 1;
        group.madeBlocking = true;
        group.moveTo(BLOCKING);
        return null;
    }

    void release(Group group) {
        group.owner = null;
        group.count = 0;
        group.moveTo(DEFAULT);
    }

    void releaseDevice(Group group) {
        if (group.count > 1) {
            group.count--;
        } else {
            release(group);
        }
    }

    @Nullable
    Errno attach(Group group, Object domain) {
        if (group.current != DEFAULT && group.current != BLOCKING) {
            return Errno.EBUSY;
        }
        group.moveTo(domain);
        return null;
    }

    void detach(Group group) {
        Object target = group.owner != null ? BLOCKING : DEFAULT;
        if (group.current != target) {
            group.moveTo(target);
        }
    }

    @Nullable
    Errno writeType(Group group, String word) {
        String demand = group.devices.stream().anyMatch(untrusted::contains) ? "DMA" : null;
        String wanted = !word.equals("auto") ? word : demand != null ? demand : "DMA-FQ";
        boolean inPlace = group.type.equals("DMA") && word.equals("DMA-FQ");
        Errno refusal = old ? refuseOld(group, inPlace) : inPlace || group.count == 0 ? null : Errno.EPERM;
        boolean contrary = demand != null && !wanted.equals(demand) && (old || !inPlace);
        if (refusal != null || contrary) {
            return refusal != null ? refusal : Errno.EINVAL;
        }
        if (!inPlace && !wanted.equals(group.type)) {
            group.moveTo(DEFAULT);
        }
        group.type = wanted;
        return null;
    }

    private @Nullable Errno refuseOld(Group group, boolean inPlace) {
        if (group.devices.size() != 1) {
            return Errno.EINVAL;
        }
        boolean bound = driverOf.containsKey(group.devices.get(0));
        return bound && !inPlace || group.isForeign() ? Errno.EBUSY : null;
    }

    @Nullable
    Errno attachPasid(Group group, Object domain, int pasid) {
        if (old) {
            return Errno.EOPNOTSUPP;
        }
        return group.pasids.putIfAbsent(pasid, domain) == null ? null : Errno.EBUSY;
    }

    boolean uses(Object domain) {
        return groups.stream().anyMatch(group -> group.current == domain || group.pasids.containsValue(domain));
    }

    /** Every group with devices has a default domain, and a blocking one since its first claim. */
    int domains() {
        int domains = 0;
        for (Group group : groups) {
            if (!group.devices.isEmpty() || old) {
                domains += group.madeBlocking ? 2 : 1;
            }
        }
        return domains;
    }

    KernelRelease release() {
        return release;
    }
}
