package io.github.iommu4j.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.Access;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Random operations on groups, owners, domains, and the devices themselves; after each, the hardware must do what a model
 * in plain maps says. An operation that is refused must have changed nothing.
 */
final class DriverSequence {

    /** What is done. */
    enum Kind {
        REMOVE,
        PLUG_BACK,
        BIND,
        UNBIND,
        CLAIM,
        RELEASE,
        ATTACH,
        DETACH,
        REPLACE,
        MAKE_DOMAIN,
        FREE_DOMAIN,
        MAP,
        UNMAP,
        CHANGE_TYPE,
        ATTACH_PASID,
        DETACH_PASID,
        GIVE_TO_USER;

        /** What no driver refuses; the others depend on what it has. */
        static final Set<Kind> ALWAYS = Set.of(
                REMOVE, PLUG_BACK, BIND, UNBIND, CLAIM, RELEASE, ATTACH, DETACH, MAKE_DOMAIN, FREE_DOMAIN, MAP, UNMAP);
    }

    private static final Kind[] WEIGHTED = weighted();
    private static final String[] WORDS = {"identity", "DMA", "DMA-FQ", "auto"};
    private static final int MOST_DOMAINS = 3;
    private static final int PASIDS = 3;
    private static final long WINDOW = 0x80_0000;

    /** A group as it should be. */
    private static final class Ownership {
        @Nullable
        Object owner;

        /** What is attached; {@code null} for the default domain, or the blocking one under an owner. */
        @Nullable
        SpaceModel space;

        boolean blocked;
        final Map<Integer, SpaceModel> pasids = new TreeMap<>();

        boolean isAtRest() {
            return owner == null && space == null && !blocked && pasids.isEmpty();
        }
    }

    private final DriverRig rig;
    private final Random random;
    private final IdentityHashMap<IommuGroup, Ownership> groups = new IdentityHashMap<>();
    private final Map<Integer, String> bound = new TreeMap<>();
    private final List<SpaceModel> spaces = new ArrayList<>();
    private final Map<Kind, Integer> done = new EnumMap<>(Kind.class);

    /** A rig as it booted. */
    DriverSequence(DriverRig rig, long seed) {
        this.rig = rig;
        this.random = new Random(seed);
    }

    private static Kind[] weighted() {
        List<Kind> kinds = new ArrayList<>(List.of(Kind.values()));
        for (int i = 0; i < 6; i++) {
            kinds.add(Kind.MAP);
            kinds.add(Kind.UNMAP);
        }
        kinds.addAll(
                List.of(Kind.CLAIM, Kind.ATTACH, Kind.ATTACH, Kind.DETACH, Kind.DETACH, Kind.PLUG_BACK, Kind.UNBIND));
        return kinds.toArray(new Kind[0]);
    }

    /** How often each operation came about. */
    Map<Kind, Integer> done() {
        return done;
    }

    /** One operation, and a look at everything. */
    void step() {
        Kind kind = WEIGHTED[random.nextInt(WEIGHTED.length)];
        int client = random.nextInt(rig.clients());
        boolean came = kind == Kind.PLUG_BACK ? plugBack(client) : isPresent(client) && operate(kind, client);
        if (came) {
            done.merge(kind, 1, Integer::sum);
        }
        rig.settle();
        groups.keySet().retainAll(rig.core.groups());
        check();
    }

    private boolean isPresent(int client) {
        return rig.client(client).isPresent();
    }

    private Ownership of(int client) {
        return groups.computeIfAbsent(rig.group(client), group -> new Ownership());
    }

    private boolean operate(Kind kind, int client) {
        return switch (kind) {
            case REMOVE -> remove(client);
            case BIND -> bind(client, random.nextBoolean() ? DriverRig.NATIVE : DriverRig.HARMLESS);
            case UNBIND -> unbind(client);
            case CLAIM -> claim(client);
            case RELEASE -> release(client);
            case ATTACH, REPLACE -> attach(client, kind);
            case DETACH -> detach(client);
            case MAKE_DOMAIN -> makeDomain(client);
            case FREE_DOMAIN -> freeDomain();
            case MAP -> !spaces.isEmpty() && anySpace().map(random);
            case UNMAP -> !spaces.isEmpty() && anySpace().unmap(random);
            case CHANGE_TYPE -> changeType(client);
            case ATTACH_PASID -> attachPasid(client);
            case DETACH_PASID -> detachPasid(client);
            case GIVE_TO_USER -> giveToUser(client);
            case PLUG_BACK -> throw new AssertionError("a device that is there is not plugged back");
        };
    }

    private SpaceModel anySpace() {
        return spaces.get(random.nextInt(spaces.size()));
    }

    private boolean remove(int client) {
        if (!of(client).isAtRest()) {
            return false;
        }
        rig.remove(client);
        bound.remove(client);
        return true;
    }

    private boolean plugBack(int client) {
        if (isPresent(client)) {
            return false;
        }
        rig.plugBack(client);
        return true;
    }

    private boolean bind(int client, String driver) {
        String name = rig.client(client).name();
        rig.bus.driverOverride(name, driver);
        if (DriverRig.errno(() -> rig.bus.bind(name, driver)) != null) {
            return false;
        }
        bound.put(client, driver);
        return true;
    }

    private boolean unbind(int client) {
        String driver = bound.get(client);
        if (driver == null || !of(client).pasids.isEmpty()) {
            return false;
        }
        rig.bus.unbind(rig.client(client).name(), driver);
        bound.remove(client);
        return true;
    }

    private boolean claim(int client) {
        Ownership ownership = of(client);
        Object owner = new Object();
        if (DriverRig.errno(() -> rig.group(client).dmaOwnership().claim(owner)) != null) {
            return false;
        }
        ownership.owner = owner;
        ownership.blocked = true;
        return true;
    }

    private boolean release(int client) {
        Ownership ownership = of(client);
        if (ownership.owner == null || !ownership.pasids.isEmpty()) {
            return false;
        }
        rig.group(client).dmaOwnership().release();
        ownership.owner = null;
        ownership.blocked = false;
        ownership.space = null;
        return true;
    }

    private boolean attach(int client, Kind kind) {
        Ownership ownership = of(client);
        if (spaces.isEmpty() || ownership.owner == null) {
            return false;
        }
        SpaceModel space = anySpace();
        IommuGroup group = rig.group(client);
        Runnable call = kind == Kind.ATTACH ? () -> group.attach(space.domain) : () -> group.replace(space.domain);
        Errno refusal = DriverRig.errno(call);
        if (kind == Kind.ATTACH && ownership.space != null) {
            assertThat(refusal).as("attaching over another domain").isEqualTo(Errno.EBUSY);
        }
        if (refusal != null) {
            return false;
        }
        ownership.space = space;
        space.attached();
        return true;
    }

    private boolean detach(int client) {
        Ownership ownership = of(client);
        if (ownership.space == null) {
            return false;
        }
        rig.group(client).detach(ownership.space.domain);
        ownership.space = null;
        return true;
    }

    private boolean makeDomain(int client) {
        if (spaces.size() == MOST_DOMAINS) {
            return false;
        }
        spaces.add(new SpaceModel(rig.core.newPagingDomain(rig.client(client)), rig, WINDOW));
        return true;
    }

    private boolean freeDomain() {
        if (spaces.isEmpty()) {
            return false;
        }
        SpaceModel space = anySpace();
        boolean used =
                groups.values().stream().anyMatch(each -> each.space == space || each.pasids.containsValue(space));
        if (used) {
            return false;
        }
        space.free();
        spaces.remove(space);
        return true;
    }

    private boolean changeType(int client) {
        String word = WORDS[random.nextInt(WORDS.length)];
        Ownership ownership = of(client);
        if (!ownership.isAtRest()) {
            return false;
        }
        return DriverRig.errno(() -> rig.group(client).writeType(word, UserCapabilities.ALL)) == null;
    }

    private boolean attachPasid(int client) {
        if (spaces.isEmpty() || rig.installation.driver().maxPasids(rig.client(client)) <= PASIDS) {
            return false;
        }
        int pasid = 1 + random.nextInt(PASIDS);
        SpaceModel space = anySpace();
        if (DriverRig.errno(() -> rig.group(client).attachPasid(space.domain, pasid)) != null) {
            return false;
        }
        of(client).pasids.put(pasid, space);
        space.attached();
        return true;
    }

    private boolean detachPasid(int client) {
        Ownership ownership = of(client);
        if (ownership.pasids.isEmpty()) {
            return false;
        }
        int pasid = ownership.pasids.keySet().iterator().next();
        rig.group(client).detachPasid(Objects.requireNonNull(ownership.pasids.remove(pasid)).domain, pasid);
        return true;
    }

    private boolean giveToUser(int client) {
        IommuGroup group = rig.group(client);
        boolean busy = bound.keySet().stream().anyMatch(other -> isPresent(other) && rig.group(other) == group);
        if (rig.vfio == null || busy || !of(client).isAtRest()) {
            return false;
        }
        return new UserSession(rig, rig.vfio, group).play(random);
    }

    private void check() {
        List<Long> addresses = new ArrayList<>();
        spaces.forEach(space -> addresses.addAll(space.interesting(random)));
        addresses.add(rig.window + DriverRig.PAGE * random.nextInt((int) (WINDOW / DriverRig.PAGE)));
        for (int client = 0; client < rig.clients(); client++) {
            if (isPresent(client)) {
                check(client, addresses);
            } else {
                checkAbsent(client, addresses);
            }
        }
    }

    /** What is gone may go nowhere, or where it says: never through a domain. */
    private void checkAbsent(int client, List<Long> addresses) {
        for (long iova : addresses) {
            OptionalLong pa = rig.dma(client, iova, Access.READ);
            assertThat(pa.orElse(iova))
                    .as("0x%x by a device that is gone", iova)
                    .isEqualTo(iova);
        }
    }

    private void check(int client, List<Long> addresses) {
        Ownership ownership = of(client);
        IommuGroup group = rig.group(client);
        IommuDomain standing = group.defaultDomain();
        assertThat(group.domain() == standing)
                .as("the default domain is attached")
                .isEqualTo(ownership.space == null && !ownership.blocked);
        if (ownership.space != null) {
            assertThat(group.domain()).isSameAs(ownership.space.domain);
        }
        for (long iova : addresses) {
            Access access = random.nextBoolean() ? Access.READ : Access.WRITE;
            assertGoes(rig.dma(client, iova, access), expected(client, iova), describe(client, iova));
            for (int pasid = 1; pasid <= PASIDS; pasid++) {
                checkPasid(client, pasid, iova);
            }
        }
        checkDirectRegions(client);
    }

    private @Nullable Long expected(int client, long iova) {
        Ownership ownership = of(client);
        if (ownership.space != null) {
            return ownership.space.lookUp(iova);
        }
        IommuDomain standing = rig.group(client).defaultDomain();
        boolean through = !ownership.blocked && standing != null && standing.type() == DomainType.IDENTITY;
        return through ? (Long) iova : null;
    }

    private void checkPasid(int client, int pasid, long iova) {
        Device device = rig.client(client);
        if (rig.installation.driver().maxPasids(device) <= PASIDS) {
            return;
        }
        SpaceModel space = of(client).pasids.get(pasid);
        OptionalLong pa = rig.installation.translate(device, pasid, iova, Access.READ);
        rig.settle();
        assertGoes(pa, space == null ? null : space.lookUp(iova), describe(client, iova) + " PASID " + pasid);
    }

    private void checkDirectRegions(int client) {
        Ownership ownership = of(client);
        if (ownership.space != null || ownership.blocked) {
            return;
        }
        for (ReservedRegion region : rig.group(client).reservedRegions()) {
            if (region.type() == ReservedRegion.Type.DIRECT) {
                long start = region.range().start();
                assertGoes(rig.dma(client, start, Access.READ), start, describe(client, start));
            }
        }
    }

    private String describe(int client, long iova) {
        return String.format("0x%x by %s", iova, rig.client(client).name());
    }

    private static void assertGoes(OptionalLong pa, @Nullable Long expected, String what) {
        if (expected == null) {
            assertThat(pa).as(what).isEmpty();
        } else {
            assertThat(pa).as(what).hasValue(expected);
        }
    }

    /** Gives everything back and looks for what stays. */
    void finish() {
        for (int client = 0; client < rig.clients(); client++) {
            if (isPresent(client)) {
                while (detachPasid(client)) {
                    // All of them go.
                }
                release(client);
                unbind(client);
            }
        }
        spaces.forEach(SpaceModel::free);
        spaces.clear();
        rig.close();
    }
}
