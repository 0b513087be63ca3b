package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.vtd.layout.ContextEntry;
import io.github.iommu4j.vtd.layout.FaultReason;
import io.github.iommu4j.vtd.layout.PasidDirectoryEntry;
import io.github.iommu4j.vtd.layout.PasidEntry;
import io.github.iommu4j.vtd.layout.RootEntry;
import io.github.iommu4j.vtd.layout.ScalableContextEntry;
import org.jspecify.annotations.Nullable;

/**
 * Reads the structures that lead from a source-id to its tables, and checks each in the order of the specification (Intel
 * VT-d §3.4, §9.1-9.6): the read, P, reserved bits, validity. FPD counts even where P is 0. Thread-safe.
 *
 * <p>What could not be read is not cached; what faults otherwise only with CAP.CM=1.
 */
final class Structures {

    private final PhysicalMemory memory;
    private final VtdCapabilities has;
    private final Caches caches;
    private final SpaceDecoder decoder;
    private final long beyondHost;
    private final boolean legacyCodes;
    private final @Nullable FetchObserver observer;

    Structures(PhysicalMemory memory, Unit unit, Caches caches, @Nullable FetchObserver observer) {
        this.memory = memory;
        this.caches = caches;
        this.observer = observer;
        has = unit.capabilities();
        decoder = new SpaceDecoder(unit);
        beyondHost = ~Log2.mask(has.hostAddressWidth());
        legacyCodes = unit.deviations().has(VtdDeviation.STRUCTURE_CODES_OF_LEGACY);
    }

    /** The context of a function in legacy or scalable mode. One that is cached from the other mode is none. */
    Context context(ControlState control, long seen, int sid, boolean scalable) {
        Context cached = caches.contexts.find(sid);
        if (cached != null && cached.isScalable() == scalable) {
            return cached;
        }
        Context context = scalable ? scalable(control.rootTable(), sid) : legacy(control.rootTable(), sid);
        boolean faults =
                context.isFault() || context.space() != null && context.space().isFault();
        if (!faults || has.isCaching() && !isFetchError(context.fault())) {
            caches.contexts.insert(seen, sid, context);
        }
        return context;
    }

    /** Where the requests of a PASID of a function go; the PASID fits the directory. */
    AddressSpace space(long seen, Context context, int sid, int pasid) {
        long key = Caches.spaceKey(sid, pasid);
        AddressSpace cached = caches.spaces.find(key);
        if (cached != null) {
            return cached;
        }
        AddressSpace space = load(context, pasid);
        if (!space.isFault() || has.isCaching() && !isFetchError(space.fault())) {
            caches.spaces.insert(seen, key, space);
        }
        return space;
    }

    private Context legacy(long rootTable, int sid) {
        long at = RootEntry.address(rootTable, sid);
        RootEntry root;
        try {
            root = RootEntry.readFrom(memory, at);
        } catch (BusErrorException e) {
            return unanswered("ROOT", at, FaultReason.LRT_1);
        }
        if (observer != null) {
            observer.root(at, root);
        }
        if (!RootEntry.P.isSet(root.low())) {
            return Context.refused(FaultWord.of(FaultReason.LRT_2), false);
        }
        if ((root.low() & (RootEntry.RESERVED.mask() | beyondHost)) != 0 || root.high() != 0) {
            return Context.refused(FaultWord.of(FaultReason.LRT_3), false);
        }
        at = ContextEntry.address(RootEntry.CTP.inPlace(root.low()), sid);
        ContextEntry entry;
        try {
            entry = ContextEntry.readFrom(memory, at);
        } catch (BusErrorException e) {
            return unanswered("CTX", at, FaultReason.LCT_1);
        }
        if (observer != null) {
            observer.context(at, entry);
        }
        return legacy(entry);
    }

    private Context legacy(ContextEntry entry) {
        boolean fpd = ContextEntry.FPD.isSet(entry.low());
        int type = ContextEntry.TT.getInt(entry.low());
        if (!ContextEntry.P.isSet(entry.low())) {
            return Context.refused(FaultWord.of(FaultReason.LCT_2, fpd), fpd);
        }
        long reserved = entry.low() & ContextEntry.RESERVED_LOW.mask()
                | (type == ContextEntry.TT_PASS_THROUGH ? 0 : entry.low() & beyondHost)
                | entry.high() & (ContextEntry.RESERVED_MIDDLE.mask() | ContextEntry.RESERVED_HIGH.mask())
                | ContextEntry.DID.get(entry.high()) >>> has.domainIdBits();
        if (reserved != 0) {
            return Context.refused(FaultWord.of(FaultReason.LCT_3, fpd), fpd);
        }
        if (type == ContextEntry.TT_RESERVED
                || type == ContextEntry.TT_ALL && !has.hasDeviceTlbs()
                || type == ContextEntry.TT_PASS_THROUGH && !has.passesThrough()) {
            return Context.refused(FaultWord.of(FaultReason.LCT_4, fpd), fpd);
        }
        AddressSpace space = decoder.legacy(entry);
        int did = space.isFault() ? 0 : ContextEntry.DID.getInt(entry.high());
        return new Context(0, fpd, did, type == ContextEntry.TT_ALL, space, null);
    }

    private Context scalable(long rootTable, int sid) {
        long at = RootEntry.address(rootTable, sid);
        RootEntry root;
        try {
            root = RootEntry.readFrom(memory, at);
        } catch (BusErrorException e) {
            return unanswered("ROOT", at, coded(FaultReason.SRT_1));
        }
        if (observer != null) {
            observer.root(at, root);
        }
        long half = root.half(sid);
        if (!RootEntry.P.isSet(half)) {
            return Context.refusedScalable(FaultWord.of(coded(FaultReason.SRT_2)), false);
        }
        if ((half & (RootEntry.RESERVED.mask() | beyondHost)) != 0) {
            return Context.refusedScalable(FaultWord.of(coded(FaultReason.SRT_3)), false);
        }
        at = ScalableContextEntry.address(RootEntry.CTP.inPlace(half), sid);
        ScalableContextEntry entry;
        try {
            entry = ScalableContextEntry.readFrom(memory, at);
        } catch (BusErrorException e) {
            return unanswered("CTX", at, coded(FaultReason.SCT_1));
        }
        if (observer != null) {
            observer.context(at, entry);
        }
        return scalable(entry);
    }

    private Context scalable(ScalableContextEntry entry) {
        boolean fpd = ScalableContextEntry.FPD.isSet(entry.q0());
        if (!ScalableContextEntry.P.isSet(entry.q0())) {
            return Context.refusedScalable(FaultWord.of(coded(FaultReason.SCT_2), fpd), fpd);
        }
        long reserved = ScalableContextEntry.RESERVED_LOW.mask()
                | beyondHost
                | (has.hasDeviceTlbs() ? 0 : ScalableContextEntry.DTE.mask())
                | (has.takesPasids() ? 0 : ScalableContextEntry.PASIDE.mask())
                | (has.takesPageRequests() ? 0 : ScalableContextEntry.PRE.mask());
        if ((entry.q0() & reserved) != 0
                || (entry.q1() & ScalableContextEntry.RESERVED_HIGH.mask() | entry.q2() | entry.q3()) != 0) {
            return Context.refusedScalable(FaultWord.of(coded(FaultReason.SCT_3), fpd), fpd);
        }
        boolean deviceTlb = ScalableContextEntry.DTE.isSet(entry.q0());
        return new Context(0, fpd, Context.EVERY_DOMAIN, deviceTlb, null, entry);
    }

    private AddressSpace load(Context context, int pasid) {
        ScalableContextEntry owner = context.entry();
        long directory = owner == null ? 0 : ScalableContextEntry.PASIDDIRPTR.inPlace(owner.q0());
        boolean fpd = context.fpd();
        long at = PasidDirectoryEntry.address(directory, pasid);
        PasidDirectoryEntry directoryEntry;
        try {
            directoryEntry = PasidDirectoryEntry.readFrom(memory, at);
        } catch (BusErrorException e) {
            return AddressSpace.refused(
                    unanswered("PDIR", at, FaultReason.SPD_1).fault());
        }
        if (observer != null) {
            observer.directory(at, directoryEntry);
        }
        long raw = directoryEntry.raw();
        fpd |= PasidDirectoryEntry.FPD.isSet(raw);
        if (!PasidDirectoryEntry.P.isSet(raw)) {
            return AddressSpace.refused(FaultWord.of(FaultReason.SPD_2, fpd));
        }
        if ((raw & (PasidDirectoryEntry.RESERVED.mask() | beyondHost)) != 0) {
            return AddressSpace.refused(FaultWord.of(FaultReason.SPD_3, fpd));
        }
        at = PasidEntry.address(PasidDirectoryEntry.SMPTBLPTR.inPlace(raw), pasid);
        PasidEntry entry;
        try {
            entry = PasidEntry.readFrom(memory, at);
        } catch (BusErrorException e) {
            return AddressSpace.refused(
                    unanswered("PASID", at, FaultReason.SPT_1).fault());
        }
        if (observer != null) {
            observer.pasid(at, entry);
        }
        return decoder.scalable(entry, pasid, fpd);
    }

    private Context unanswered(String role, long at, FaultReason reason) {
        if (observer != null) {
            observer.unanswered(role, at);
        }
        return Context.refused(FaultWord.of(reason), false);
    }

    private FaultReason coded(FaultReason scalable) {
        if (!legacyCodes) {
            return scalable;
        }
        return switch (scalable) {
            case SRT_1 -> FaultReason.LRT_1;
            case SRT_2 -> FaultReason.LRT_2;
            case SRT_3 -> FaultReason.LRT_3;
            case SCT_1 -> FaultReason.LCT_1;
            case SCT_2 -> FaultReason.LCT_2;
            default -> FaultReason.LCT_3;
        };
    }

    private static boolean isFetchError(long fault) {
        int code = FaultWord.code(fault);
        return code == FaultReason.LRT_1.code()
                || code == FaultReason.LCT_1.code()
                || code == FaultReason.SRT_1.code()
                || code == FaultReason.SCT_1.code()
                || code == FaultReason.SPD_1.code()
                || code == FaultReason.SPT_1.code();
    }
}
