package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.core.cache.RecentAnswers;
import org.jspecify.annotations.Nullable;

/**
 * The translation half of a remapping unit: structures, tables, caches, and the reports of what failed.
 *
 * <p>A translation that the caches answer reads no memory and takes no lock. Otherwise it starts again when an
 * invalidation or a control change came in between, so that it never mixes structures of before and after; after a few
 * starts it holds invalidations off, so that it always ends. <b>Thread-safety:</b> every method may be called from any
 * thread.
 */
final class Translator implements TranslationSide {

    private static final int OPTIMISTIC_STARTS = 8;
    private static final int LAST_PASID = 0xF_FFFF;
    private static final long PAGE = -1L << 12;

    private final PhysicalMemory memory;
    private final Unit unit;
    private final FaultSink sink;
    private final Caches caches;
    /** Absent where a cache is off: every request is looked up then. */
    private final @Nullable RecentAnswers recent;

    private final TranslationPath path;
    private final long informationMask;
    private final boolean recordsRidPasid;
    private volatile ControlState control = ControlState.RESET;

    Translator(PhysicalMemory memory, Unit unit, FaultSink sink, CacheGeometry geometry) {
        this.memory = memory;
        this.unit = unit;
        this.sink = sink;
        caches = new Caches(geometry, unit.deviations());
        recent = geometry.iotlbSets() == 0 || geometry.structureSets() == 0 ? null : new RecentAnswers();
        path = new TranslationPath(memory, unit, caches, null);
        boolean uncut = unit.deviations().has(VtdDeviation.FAULT_ADDRESS_UNCUT);
        informationMask = uncut ? PAGE : PAGE & Log2.mask(unit.capabilities().guestAddressWidth());
        recordsRidPasid = unit.deviations().has(VtdDeviation.REQUESTS_WITHOUT_PASID_RECORD_ONE);
    }

    @Override
    public void control(ControlState state) {
        synchronized (caches) {
            control = state;
            caches.epoch.advance();
        }
    }

    @Override
    public CacheControl caches() {
        return caches;
    }

    @Override
    public long translate(int sid, int pasid, long iova, int accessBits) {
        long word = answer(sid, pasid, iova, accessBits);
        return word >= 0 ? Answer.packed(word, iova) : reported(word, sid, pasid, iova, accessBits);
    }

    @Override
    public Translation translate(DmaRequest request) {
        int access = request.accessBits();
        long iova = request.iova();
        long word = answer(request.streamId(), request.substreamId(), iova, access);
        return word >= 0
                ? Answer.translation(word, iova)
                : FaultWord.fault(reported(word, request.streamId(), request.substreamId(), iova, access));
    }

    @Override
    public Explanation explain(DmaRequest request) {
        ControlState now = control;
        Explainer explainer = new Explainer(memory, unit);
        long word = explainer.walk(now, request);
        if (word >= 0) {
            return explainer.success(now, request, word);
        }
        boolean recorded = !FaultWord.isSilent(word) && sink.wouldReport(request.streamId());
        return explainer.failure(request, word, recorded ? record(word, request) : null);
    }

    @Override
    public int admitPageRequest(int sid, int pasid, long address) {
        long seen = caches.epoch.now();
        ControlState now = control;
        long fault = path.admit(now, seen, sid, pasid);
        if (fault != 0) {
            if (!FaultWord.isSilent(fault)) {
                sink.report(FaultWord.code(fault), sid, pasid, address & informationMask, FaultSink.T2);
            }
            return FaultWord.code(fault);
        }
        AddressSpace space = path.space(now, seen, sid, pasid);
        if (space != null) {
            caches.page(space.tag(), address);
        }
        return 0;
    }

    /** An {@link Answer} or a {@link FaultWord}. */
    private long answer(int sid, int pasid, long iova, int access) {
        long seen = caches.epoch.now();
        if (recent == null || pasid > LAST_PASID) {
            return look(seen, sid, pasid, iova, access);
        }
        long stamp = seen + caches.iotlb.evictions();
        long who = who(sid, pasid, access);
        long known = recent.find(stamp, who, iova);
        if (known != 0) {
            return known;
        }
        long answer = look(seen, sid, pasid, iova, access);
        if (answer >= 0 && TranslationPath.type(access) == 0) {
            recent.keep(stamp, who, iova, answer);
        }
        return answer;
    }

    /** Who asks for what: 32 bits of source, 21 of PASID, the access. */
    private static long who(int sid, int pasid, int access) {
        return sid & 0xFFFF_FFFFL | (pasid + 1L) << 32 | (access & 0x3FL) << 53;
    }

    private long look(long seen, int sid, int pasid, long iova, int access) {
        long before = seen;
        for (int starts = 0; starts < OPTIMISTIC_STARTS; starts++) {
            long word = path.translate(control, before, sid, pasid, iova, access);
            long after = caches.epoch.now();
            if (after == before) {
                return word;
            }
            before = after;
        }
        synchronized (caches) {
            return path.translate(control, caches.epoch.now(), sid, pasid, iova, access);
        }
    }

    private FaultReport record(long word, DmaRequest request) {
        int pasid = recordedPasid(word, request.substreamId());
        long attributes = attributes(request.substreamId(), request.accessBits());
        return new FaultReport(
                FaultWord.code(word), request.streamId(), pasid, request.iova() & informationMask, attributes);
    }

    private int recordedPasid(long word, int pasid) {
        return recordsRidPasid && !TranslationPath.isTagged(pasid) ? FaultWord.pasid(word) : pasid;
    }

    /** A packed fault, recorded unless FPD or the unit says otherwise. */
    private long reported(long word, int sid, int pasid, long iova, int access) {
        long packed = FaultWord.packed(word, access);
        if (FaultWord.isSilent(word)) {
            return packed;
        }
        boolean recorded = sink.report(
                FaultWord.code(word),
                sid,
                recordedPasid(word, pasid),
                iova & informationMask,
                attributes(pasid, access));
        return recorded ? Translations.recorded(packed) : packed;
    }

    /** What a record says of the request (§11.4.14). */
    private static long attributes(int pasid, int access) {
        boolean tagged = pasid != TranslationUnit.NO_SUBSTREAM;
        int need = TranslationPath.need(access, tagged);
        long attributes = (long) TranslationPath.type(access) << FaultSink.ADDRESS_TYPE_SHIFT;
        if ((need & Answer.READ) != 0) {
            attributes |= FaultSink.T1;
        }
        if ((need & Answer.READ) != 0 && (need & Answer.WRITE) != 0) {
            attributes |= FaultSink.T2;
        }
        if ((need & Answer.EXECUTE) != 0) {
            attributes |= FaultSink.EXECUTE;
        }
        return tagged && (access & Access.PRIVILEGED_BIT) != 0 ? attributes | FaultSink.PRIVILEGED : attributes;
    }
}
