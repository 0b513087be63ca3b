package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.cache.CacheEpoch;
import io.github.iommu4j.core.cache.RecentAnswers;
import io.github.iommu4j.smmuv3.hardware.StalledTransactions.Waiting;
import io.github.iommu4j.smmuv3.layout.EventType;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import org.jspecify.annotations.Nullable;

/**
 * The translation half of an SMMUv3: streams, contexts, tables, caches, and the records of what failed.
 *
 * <p>A translation whose configuration and address are cached reads no memory and takes no lock. Otherwise it reads the
 * {@link CacheEpoch}, does its work, and starts again if an invalidation or a control change came in between; after a
 * few such starts it holds invalidations off, so that it always ends. A success, or a fault that is not recorded,
 * allocates nothing when the configuration is cached.
 *
 * <p><b>Thread-safety:</b> every method may be called from any thread.
 */
final class Translator implements TranslationControl {

    private static final int OPTIMISTIC_STARTS = 8;
    private static final int STARTS = 64;

    /** Not an answer: start again. */
    private static final long STALE = 0;

    private final PhysicalMemory memory;
    private final Smmuv3Capabilities capabilities;
    private final CacheEpoch epoch;
    private final EventRecorder events;
    private final StalledTransactions stalls;
    private final TableUpdates updates;
    private final ConfigCaches configs;
    private final Iotlb tlb;
    /** Absent where a cache is off: every access is looked up then. */
    private final @Nullable RecentAnswers recent;

    private final TranslationPath path;
    private final CacheMaintenance maintenance;
    private final Counters counters = new Counters();

    private volatile ControlState control = ControlState.RESET;

    Translator(
            PhysicalMemory memory,
            Smmuv3Capabilities capabilities,
            CacheGeometry caches,
            CacheEpoch epoch,
            EventRecorder events,
            StalledTransactions stalls) {
        this.memory = memory;
        this.capabilities = capabilities;
        this.epoch = epoch;
        this.events = events;
        this.stalls = stalls;
        updates = new TableUpdates(memory, epoch);
        configs = new ConfigCaches(caches, epoch);
        tlb = new Iotlb(caches, epoch);
        recent = caches.tlbSets() == 0 || caches.configSets() == 0 ? null : new RecentAnswers();
        Walker walker = new Walker(memory, tlb, counters, updates);
        ConfigLoader loader = new ConfigLoader(memory, capabilities, walker, counters, null);
        path = new TranslationPath(capabilities, configs, tlb, loader, walker, counters);
        maintenance = new CacheMaintenance(epoch, configs, tlb, updates, capabilities);
    }

    /** Publishes a state of the control registers. Translations that start later use it; caches stay. */
    @Override
    public void publish(ControlState state) {
        synchronized (maintenance) {
            control = state;
            epoch.advance();
        }
    }

    @Override
    public void quiesce() {
        updates.barrier();
        stalls.terminateAll();
    }

    @Override
    public void recordsMayGo() {
        stalls.flush();
    }

    /** See {@link io.github.iommu4j.api.dma.TranslationUnit#translate(int, int, long, int)}. */
    long translate(int streamId, int substreamId, long iova, int accessBits) {
        long word = answer(streamId, substreamId, iova, accessBits);
        return word >= 0 ? TlbWord.packed(word, iova) : word;
    }

    /** See {@link io.github.iommu4j.api.dma.TranslationUnit#translate(DmaRequest)}. */
    Translation translate(DmaRequest request) {
        long word = answer(request.streamId(), request.substreamId(), request.iova(), request.accessBits());
        return word >= 0 ? TlbWord.translation(word, request.iova()) : fault(word);
    }

    /** See {@link io.github.iommu4j.api.dma.TranslationUnit#explain(DmaRequest)}. */
    Explanation explain(DmaRequest request) {
        return new Explainer(memory, capabilities).explain(control, request);
    }

    Invalidation invalidation() {
        return maintenance;
    }

    /** CMD_PREFETCH_CONFIG. Never faults, never records. */
    void prefetchConfig(int streamId, int substreamId) {
        long seen = epoch.now();
        path.prefetchConfig(control, seen, streamId, substreamId);
    }

    /** CMD_PREFETCH_ADDR for one page. Never faults, never records. */
    void prefetchAddress(int streamId, int substreamId, long address) {
        long seen = epoch.now();
        path.prefetchAddress(control, seen, streamId, substreamId, address);
    }

    /** See {@link PageResponder#pasidOf}. */
    PageResponder.Pasid pasidOf(int streamId, int substreamId) {
        for (int starts = 0; starts < STARTS; starts++) {
            long seen = epoch.now();
            ControlState now = control;
            if (!now.enabled()) {
                return PageResponder.Pasid.UNKNOWN;
            }
            Stream stream = path.stream(now, seen, streamId);
            if (!stream.isFault()) {
                if (epoch.now() == seen) {
                    boolean kept = StreamTableEntry.PPAR.isSet(stream.ste().dw1());
                    return kept ? PageResponder.Pasid.KEPT : PageResponder.Pasid.OMITTED;
                }
            } else {
                long word = AtsPath.configurationFault(now, stream.fault());
                if (settled(seen, word, streamId, substreamId, 0, Access.READ_BIT) != STALE) {
                    return PageResponder.Pasid.UNKNOWN;
                }
            }
        }
        return PageResponder.Pasid.UNKNOWN;
    }

    Smmuv3Counters counters() {
        return counters.snapshot();
    }

    /** The value form of a packed fault or wait. */
    static Translation fault(long packed) {
        int code = Translations.faultCode(packed);
        String name = EventType.of(code).map(Enum::name).orElse("ABORT");
        boolean recorded = Translations.isRecorded(packed);
        return Translations.isStalled(packed)
                ? new Translation.Stalled(Translations.stallTag(packed), code, name, recorded)
                : new Translation.Fault(code, name, Translations.response(packed), recorded);
    }

    /** A {@link TlbWord} made by {@link TlbWord#forPrivilege}, or a fault packed as {@link Translations} says. */
    private long answer(int streamId, int substreamId, long iova, int access) {
        long seen = epoch.now();
        if (recent == null) {
            return look(seen, streamId, substreamId, iova, access);
        }
        long stamp = seen + tlb.evictions();
        long who = who(streamId, substreamId, access);
        long known = recent.find(stamp, who, iova);
        if (known != 0) {
            counters.add(Counters.TLB_HIT, 1);
            return known;
        }
        long answer = look(seen, streamId, substreamId, iova, access);
        if (answer >= 0 && TlbWord.isOfTables(answer) && TranslationPath.isUntranslated(access)) {
            recent.keep(stamp, who, iova, answer);
        }
        return answer;
    }

    /** Who asks for what: 32 bits of StreamID, 21 of SubstreamID, the access. */
    private static long who(int streamId, int substreamId, int access) {
        return streamId & 0xFFFF_FFFFL | (substreamId + 1L) << 32 | (long) access << 53;
    }

    /** In the caches, then in memory. */
    private long look(long seen, int streamId, int substreamId, long iova, int access) {
        ControlState now = control;
        if (now.enabled() && TranslationPath.isUntranslated(access)) {
            StreamConfig config = configs.find(streamId, substreamId);
            if (config != null) {
                long word = path.translate(now, seen, config, iova, access);
                long result = settled(seen, word, streamId, substreamId, iova, access);
                if (result != STALE) {
                    return result;
                }
            }
        }
        return start(streamId, substreamId, iova, access);
    }

    private long start(int streamId, int substreamId, long iova, int access) {
        for (int starts = 0; starts < STARTS; starts++) {
            long word;
            long seen;
            if (starts < OPTIMISTIC_STARTS) {
                seen = epoch.now();
                word = path.translate(control, seen, streamId, substreamId, iova, access);
            } else {
                synchronized (maintenance) {
                    seen = epoch.now();
                    word = path.translate(control, seen, streamId, substreamId, iova, access);
                    if (word >= 0 || FaultWord.isSilent(word)) {
                        return word >= 0 ? word : counted(packed(word, access));
                    }
                }
            }
            long result = settled(seen, word, streamId, substreamId, iova, access);
            if (result != STALE) {
                return result;
            }
        }
        return unrecorded(streamId, substreamId, iova, access);
    }

    /**
     * Every record so far came too late, sixty-four times: the access aborts and its record is discarded. One that stalls is
     * held back.
     */
    private long unrecorded(int streamId, int substreamId, long iova, int access) {
        Waiting waiting;
        long word;
        synchronized (maintenance) {
            long seen = epoch.now();
            word = path.translate(control, seen, streamId, substreamId, iova, access);
            if (word >= 0) {
                return word;
            }
            waiting = FaultWord.isStalled(word) ? held(seen, word, streamId, substreamId, iova, access) : null;
        }
        return waiting == null || waiting.tag == Waiting.NO_TAG
                ? counted(packed(FaultWord.terminated(word), access))
                : stalled(word, waiting);
    }

    /** Records a fault, and makes sure that what was found still held when it became final. */
    private long settled(long seen, long word, int streamId, int substreamId, long iova, int access) {
        if (word >= 0) {
            return epoch.now() == seen ? word : STALE;
        }
        if (FaultWord.isSilent(word)) {
            return epoch.now() == seen ? counted(packed(word, access)) : STALE;
        }
        if (FaultWord.isStalled(word)) {
            Waiting waiting = held(seen, word, streamId, substreamId, iova, access);
            if (waiting == null) {
                return STALE;
            }
            return waiting.tag == Waiting.NO_TAG
                    ? settled(seen, FaultWord.terminated(word), streamId, substreamId, iova, access)
                    : stalled(word, waiting);
        }
        EventRecorder.Outcome outcome = events.record(
                seen,
                EventComposer.dw0(word, streamId, substreamId, access),
                EventComposer.dw1(word, access),
                EventComposer.dw2(word, iova),
                EventComposer.dw3(word));
        return switch (outcome) {
            case WRITTEN -> counted(Translations.recorded(packed(word, access)));
            case DROPPED -> counted(packed(word, access));
            case STALE -> STALE;
        };
    }

    private @Nullable Waiting held(long seen, long word, int streamId, int substreamId, long iova, int access) {
        return stalls.hold(
                seen,
                EventComposer.dw0(word, streamId, substreamId, access),
                EventComposer.dw1(word, access),
                EventComposer.dw2(word, iova),
                EventComposer.dw3(word));
    }

    private long stalled(long word, Waiting waiting) {
        stalls.flush();
        long answer = Translations.stalled(FaultWord.code(word), waiting.tag);
        return counted(stalls.isRecorded(waiting) ? Translations.recorded(answer) : answer);
    }

    private long counted(long fault) {
        counters.add(Counters.FAULT, 1);
        return fault;
    }

    /** A {@link FaultWord} in the form of {@link Translations}, not recorded; the tag of one that stalls is 0. */
    static long packed(long fault, int access) {
        if (FaultWord.isStalled(fault)) {
            return Translations.stalled(FaultWord.code(fault), 0);
        }
        return Translations.fault(FaultWord.code(fault), response(fault, access));
    }

    private static FaultResponse response(long fault, int access) {
        if (TranslationPath.isTranslationRequest(access)) {
            int code = FaultWord.code(fault);
            return code == FaultWord.ABORT || code == FaultWord.F_BAD_ATS_TREQ
                    ? FaultResponse.UNSUPPORTED_REQUEST
                    : FaultResponse.COMPLETER_ABORT;
        }
        return FaultWord.isRazWi(fault) ? FaultResponse.RAZ_WI : FaultResponse.ABORT;
    }
}
