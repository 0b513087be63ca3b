package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.AddressType;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.vtd.layout.FaultReason;
import io.github.iommu4j.vtd.layout.InterruptMessage;
import io.github.iommu4j.vtd.layout.ScalableContextEntry;
import io.github.iommu4j.vtd.layout.TableMode;
import org.jspecify.annotations.Nullable;

/**
 * From a request to its {@link Answer} or {@link FaultWord}, in the order of the specification (Intel VT-d §3.14, §3.15,
 * §4.2, §7.1). Allocates nothing where the structures are cached and the request does not fault. Thread-safe.
 */
final class TranslationPath {

    private static final int UNTRANSLATED = AddressType.UNTRANSLATED.ordinal();
    private static final int TRANSLATION_REQUEST = AddressType.TRANSLATION_REQUEST.ordinal();
    private static final int TRANSLATED = AddressType.TRANSLATED.ordinal();
    private static final int ALL = Answer.READ | Answer.WRITE | Answer.EXECUTE;
    private static final int PACKED_ADDRESS_BITS = 52;

    private final VtdCapabilities has;
    private final Caches caches;
    private final Structures structures;
    private final StageWalks walks;
    /** Absent where structures are not cached: each is read for every request then. */
    private final @Nullable Routes routes;

    private final boolean ridPasidAnyway;
    private final boolean unchecked;
    private final boolean passThroughUnchecked;

    TranslationPath(PhysicalMemory memory, Unit unit, Caches caches, @Nullable FetchObserver observer) {
        this.caches = caches;
        has = unit.capabilities();
        structures = new Structures(memory, unit, caches, observer);
        routes = caches.keepsStructures() ? new Routes() : null;
        walks = new StageWalks(memory, unit, caches, observer);
        ridPasidAnyway = unit.deviations().has(VtdDeviation.RID_PASID_WITHOUT_RPS);
        unchecked = unit.deviations().has(VtdDeviation.PERMISSION_UNCHECKED_ON_HIT);
        passThroughUnchecked = unit.deviations().has(VtdDeviation.PASS_THROUGH_UNCHECKED);
    }

    /** The address type of a packed access; 11b is reserved and taken as untranslated. */
    static int type(int access) {
        int type = access >>> Access.ADDRESS_TYPE_SHIFT & 3;
        return type > TRANSLATED ? UNTRANSLATED : type;
    }

    static boolean isTranslationRequest(int access) {
        return type(access) == TRANSLATION_REQUEST;
    }

    static boolean isTagged(int pasid) {
        return pasid != TranslationUnit.NO_SUBSTREAM;
    }

    /** Rights a packed access needs. Only requests with PASID can ask to execute; an execution is a read. */
    static int need(int access, boolean tagged) {
        int need = access & (Access.READ_BIT | Access.WRITE_BIT);
        if ((need & Answer.WRITE) != 0) {
            return need;
        }
        return Answer.READ | (tagged && (access & Access.INSTRUCTION_BIT) != 0 ? Answer.EXECUTE : 0);
    }

    long translate(ControlState control, long seen, int sid, int pasid, long iova, int access) {
        if (routes == null || type(access) != UNTRANSLATED || InterruptMessage.isInterrupt(iova)) {
            return translateByStructures(control, seen, sid, pasid, iova, access);
        }
        long stamp = caches.structures.now();
        Route route = routes.find(Routes.who(sid, pasid), stamp, control);
        return route == null
                ? translateByStructures(control, seen, sid, pasid, iova, access)
                : through(route, seen, iova, access);
    }

    /** As {@link #translate}, by the structures themselves. */
    private long translateByStructures(ControlState control, long seen, int sid, int pasid, long iova, int access) {
        int type = type(access);
        if (!control.translating()) {
            boolean passes = type == UNTRANSLATED && iova >>> PACKED_ADDRESS_BITS == 0;
            return passes ? Answer.bypass() : FaultWord.abort();
        }
        boolean tagged = isTagged(pasid);
        if (sid >>> 16 != 0 || tagged && pasid >>> 20 != 0) {
            return FaultWord.abort();
        }
        boolean interrupt = type == UNTRANSLATED && InterruptMessage.isInterrupt(iova);
        if (interrupt && !tagged) {
            boolean writes = need(access, false) == Answer.WRITE;
            return writes ? Answer.identity(iova, Answer.WRITE) : FaultWord.abort();
        }
        TableMode mode = control.mode();
        if (mode == TableMode.ABORT && has.abortsDma()) {
            return FaultWord.abort();
        }
        if (interrupt) {
            return FaultWord.of(FaultReason.SGN_8);
        }
        if (mode == TableMode.SCALABLE && has.hasScalableMode()) {
            return scalable(control, seen, sid, pasid, iova, access);
        }
        return mode == TableMode.LEGACY
                ? legacy(control, seen, sid, tagged, iova, access)
                : FaultWord.of(FaultReason.RTA_1);
    }

    private long legacy(ControlState control, long seen, int sid, boolean tagged, long iova, int access) {
        int type = type(access);
        if (tagged && type != TRANSLATED) {
            return FaultWord.of(FaultReason.RTA_2);
        }
        long stamp = caches.structures.now();
        Context context = structures.context(control, seen, sid, false);
        AddressSpace space = context.space();
        if (space == null) {
            return context.fault();
        }
        if (type != UNTRANSLATED && !context.deviceTlb()) {
            return FaultWord.of(FaultReason.LCT_5, context.fpd());
        }
        if (type == TRANSLATED) {
            return translated(iova, FaultReason.LGN_1, FaultReason.LGN_4, context.fpd());
        }
        if (type == TRANSLATION_REQUEST && InterruptMessage.isInterrupt(iova)) {
            return Answer.identity(iova, Answer.WRITE);
        }
        if (space.isFault()) {
            return space.fault();
        }
        return type == TRANSLATION_REQUEST
                ? deviceTranslation(seen, space, iova, need(access, false))
                : through(
                        kept(new Route(
                                Routes.who(sid, TranslationUnit.NO_SUBSTREAM), stamp, control, space, Route.LEGACY, 0)),
                        seen,
                        iova,
                        access);
    }

    private Route kept(Route route) {
        if (routes != null) {
            routes.keep(route);
        }
        return route;
    }

    /** An untranslated request, not of an interrupt, that the structures let in. */
    private long through(Route route, long seen, long iova, int access) {
        AddressSpace space = route.space();
        if (route.isLegacy()) {
            return resolve(seen, space, iova, need(access, false));
        }
        int need = need(route, access);
        long answer = refused(space, need);
        if (answer == 0) {
            answer = resolve(seen, space, iova, need);
        }
        return answer < 0 ? FaultWord.withPasid(answer, route.pasid()) : answer;
    }

    private long scalable(ControlState control, long seen, int sid, int pasid, long iova, int access) {
        boolean tagged = isTagged(pasid);
        int type = type(access);
        long stamp = caches.structures.now();
        Context context = structures.context(control, seen, sid, true);
        ScalableContextEntry entry = context.entry();
        if (entry == null) {
            return context.fault();
        }
        if (type != UNTRANSLATED && !context.deviceTlb()) {
            return FaultWord.of(FaultReason.SCT_5, context.fpd());
        }
        if (type == TRANSLATED) {
            return translated(iova, FaultReason.SGN_4, FaultReason.SGN_8, context.fpd());
        }
        if (type == TRANSLATION_REQUEST && InterruptMessage.isInterrupt(iova)) {
            return Answer.identity(iova, tagged ? 0 : Answer.WRITE);
        }
        FaultReason refusal = refusal(entry, pasid);
        if (refusal != null) {
            return FaultWord.of(refusal, context.fpd());
        }
        int used = tagged ? pasid : ridPasid(entry);
        AddressSpace space = structures.space(seen, context, sid, used);
        if (space.isFault()) {
            return FaultWord.withPasid(space.fault(), used);
        }
        int privilege = tagged ? Route.AS_ASKED : ridPrivilege(entry);
        Route route = new Route(Routes.who(sid, pasid), stamp, control, space, used, privilege);
        return type == TRANSLATION_REQUEST
                ? deviceTranslation(route, seen, iova, access)
                : through(kept(route), seen, iova, access);
    }

    /** Which privilege requests without PASID have. */
    private int ridPrivilege(ScalableContextEntry entry) {
        return has.hasRidPrivilege() && ScalableContextEntry.RID_PRIV.isSet(entry.q1()) ? FirstStage.SUPERVISOR : 0;
    }

    private static int need(Route route, int access) {
        return route.privilege() == Route.AS_ASKED
                ? need(access, true) | ((access & Access.PRIVILEGED_BIT) != 0 ? FirstStage.SUPERVISOR : 0)
                : need(access, false) | route.privilege();
    }

    private long deviceTranslation(Route route, long seen, long iova, int access) {
        int need = need(route, access);
        long answer = refused(route.space(), need);
        if (answer == 0) {
            answer = deviceTranslation(seen, route.space(), iova, need);
        }
        return answer < 0 ? FaultWord.withPasid(answer, route.pasid()) : answer;
    }

    /** The fault of a request that its PASID's entry does not let make, or 0. */
    private static long refused(AddressSpace space, int need) {
        if ((need & Answer.EXECUTE) != 0 && !space.control().execute()) {
            return FaultWord.of(FaultReason.SPT_5, space.control().fpd());
        }
        if ((need & FirstStage.SUPERVISOR) != 0 && !space.control().supervisor()) {
            return FaultWord.of(FaultReason.SPT_6, space.control().fpd());
        }
        return 0;
    }

    /** Why a scalable context does not let a request to its PASID. */
    private @Nullable FaultReason refusal(ScalableContextEntry entry, int pasid) {
        if (isTagged(pasid)) {
            if (!ScalableContextEntry.PASIDE.isSet(entry.q0())) {
                return FaultReason.SCT_6;
            }
            return fits(entry, pasid) ? null : FaultReason.SCT_7;
        }
        return fits(entry, ridPasid(entry)) ? null : FaultReason.SCT_9;
    }

    private boolean fits(ScalableContextEntry entry, int pasid) {
        return pasid >>> entry.pasidsLg2() == 0 && (!has.takesPasids() || pasid >>> has.pasidBits() == 0);
    }

    private int ridPasid(ScalableContextEntry entry) {
        return has.hasRidPasid() || ridPasidAnyway ? ScalableContextEntry.RID_PASID.getInt(entry.q1()) : 0;
    }

    /** A translated request: the address is the host's. */
    private long translated(long address, FaultReason beyond, FaultReason interrupt, boolean fpd) {
        if (address >>> has.hostAddressWidth() != 0) {
            return FaultWord.of(beyond, fpd);
        }
        return InterruptMessage.isInterrupt(address) ? FaultWord.of(interrupt, fpd) : Answer.identity(address, ALL);
    }

    /** An untranslated request: from the IOTLB, or else from the tables. */
    private long resolve(long seen, AddressSpace space, long iova, int need) {
        if (space.type().isPassThrough()) {
            return passThrough(space, iova);
        }
        long tag = StageWalks.tag(space, need);
        long cached = caches.iotlb.find(iova, tag);
        if (cached != 0) {
            if (Answer.isNegative(cached)) {
                return walks.notThere(space, need);
            }
            if (unchecked || Answer.suffices(cached, need & ALL)) {
                return cached;
            }
        }
        return walks.walk(seen, space, iova, need);
    }

    private long passThrough(AddressSpace space, long iova) {
        int bits = passThroughUnchecked ? PACKED_ADDRESS_BITS : has.hostAddressWidth();
        if (iova >>> bits == 0) {
            return Answer.identity(iova, ALL);
        }
        FaultReason reason = space.type() == AddressSpace.Type.PASS_THROUGH ? FaultReason.SGN_4 : FaultReason.LGN_1;
        return FaultWord.of(reason, space.control().fpd());
    }

    /**
     * A translation request (§4.2): what permits nothing is a success without rights; W is given when D is set, or needs
     * not be; without a wish to write (NW), D stays as it is where the unit honours that.
     */
    private long deviceTranslation(long seen, AddressSpace space, long iova, int need) {
        int privilege = need & FirstStage.SUPERVISOR;
        long answer = resolve(seen, space, iova, privilege);
        if (answer < 0) {
            return withoutRights(answer);
        }
        if (Answer.isPending(answer) && (Answer.rights(answer) & Answer.WRITE) != 0) {
            if (has.honoursNoWrite() && (need & Answer.WRITE) == 0) {
                answer = Answer.withoutWrite(answer);
            } else {
                answer = resolve(seen, space, iova, privilege | Answer.WRITE);
                if (answer < 0) {
                    return withoutRights(answer);
                }
            }
        }
        return (need & Answer.EXECUTE) != 0 ? answer : Answer.withoutExecute(answer);
    }

    /** A fault that the device may mend by a page request is a success without rights; another one stays. */
    private static long withoutRights(long fault) {
        return isRecoverable(FaultWord.code(fault)) ? Answer.of(0, 12, 0, 0) : fault;
    }

    private static boolean isRecoverable(int code) {
        return code == FaultReason.LGN_1.code()
                || code == FaultReason.LGN_2.code()
                || code == FaultReason.LGN_3.code()
                || code == FaultReason.SFS_2.code()
                || code == FaultReason.SSS_2.code()
                || code >= FaultReason.SGN_1.code() && code <= FaultReason.SGN_3.code()
                || code >= FaultReason.SGN_5.code() && code <= FaultReason.SGN_7.code();
    }

    /**
     * Checks the structures for a page request (§7.4).
     *
     * @return 0, or a fault
     */
    long admit(ControlState control, long seen, int sid, int pasid) {
        if (!control.translating() || sid >>> 16 != 0 || isTagged(pasid) && pasid >>> 20 != 0) {
            return FaultWord.silent(FaultReason.RTA_3);
        }
        if (control.mode() == TableMode.ABORT && has.abortsDma()) {
            return FaultWord.silent(FaultReason.RTA_3);
        }
        if (control.mode() == TableMode.LEGACY) {
            return FaultWord.of(FaultReason.RTA_3);
        }
        if (control.mode() != TableMode.SCALABLE || !has.hasScalableMode()) {
            return FaultWord.of(FaultReason.RTA_1);
        }
        Context context = structures.context(control, seen, sid, true);
        ScalableContextEntry entry = context.entry();
        if (entry == null) {
            return context.fault();
        }
        if (!ScalableContextEntry.PRE.isSet(entry.q0())) {
            return FaultWord.of(FaultReason.SCT_8, context.fpd());
        }
        FaultReason refusal = refusal(entry, pasid);
        return refusal == null ? 0 : FaultWord.of(refusal, context.fpd());
    }

    /** Where an admitted page request's PASID goes; absent when that faults. */
    @Nullable
    AddressSpace space(ControlState control, long seen, int sid, int pasid) {
        Context context = structures.context(control, seen, sid, true);
        ScalableContextEntry entry = context.entry();
        if (entry == null || refusal(entry, pasid) != null) {
            return null;
        }
        AddressSpace space = structures.space(seen, context, sid, isTagged(pasid) ? pasid : ridPasid(entry));
        return space.isFault() ? null : space;
    }
}
