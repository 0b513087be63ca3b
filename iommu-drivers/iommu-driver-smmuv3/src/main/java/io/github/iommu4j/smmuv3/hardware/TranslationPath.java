package io.github.iommu4j.smmuv3.hardware;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;

/**
 * One transaction from arrival to answer, in the order of checks of IHI 0070 §3.4, §3.9.1 and §3.11, with whatever
 * caches it was given. The answer is a {@link TlbWord} made by {@link TlbWord#forPrivilege} or a complete {@link
 * FaultWord}; recording the fault is the caller's. Thread-safe.
 */
final class TranslationPath {

    private static final BitField GBPA_ABORT = bit(20);
    private static final BitField GBPA_MEMATTR = bits(3, 0);
    private static final BitField GBPA_MTCFG = bit(4);
    private static final BitField GBPA_ALLOCCFG = bits(11, 8);
    private static final BitField GBPA_SHCFG = bits(13, 12);

    private static final int ADDRESS_TYPE = 3 << Access.ADDRESS_TYPE_SHIFT;
    private static final int UNTRANSLATED = 0;
    private static final int TRANSLATION_REQUEST = 1 << Access.ADDRESS_TYPE_SHIFT;

    private final Smmuv3Capabilities capabilities;
    private final ConfigCaches configs;
    private final Iotlb tlb;
    private final ConfigLoader loader;
    private final Walker walker;
    private final Counters counters;
    private final AtsPath ats;

    TranslationPath(
            Smmuv3Capabilities capabilities,
            ConfigCaches configs,
            Iotlb tlb,
            ConfigLoader loader,
            Walker walker,
            Counters counters) {
        this.capabilities = capabilities;
        this.configs = configs;
        this.tlb = tlb;
        this.loader = loader;
        this.walker = walker;
        this.counters = counters;
        this.ats = new AtsPath(capabilities, this, walker, counters);
    }

    static boolean isUntranslated(int access) {
        return (access & ADDRESS_TYPE) == UNTRANSLATED;
    }

    static boolean isTranslationRequest(int access) {
        return (access & ADDRESS_TYPE) == TRANSLATION_REQUEST;
    }

    static boolean isTranslated(int access) {
        return !isUntranslated(access) && !isTranslationRequest(access);
    }

    /**
     * The whole of it: an answer for any access in any state.
     *
     * @param now the control registers, read after {@code seen}
     * @param seen the epoch before the first read of this translation
     */
    long translate(ControlState now, long seen, int streamId, int substreamId, long iova, int access) {
        if (!isUntranslated(access)) {
            return isTranslated(access)
                    ? ats.translated(now, seen, streamId, iova, access)
                    : ats.request(now, seen, streamId, substreamId, iova, access);
        }
        if (!now.enabled()) {
            return whileDisabled(now, iova);
        }
        return translate(now, seen, config(now, seen, streamId, substreamId), iova, access);
    }

    /** An untranslated access of a stream whose configuration is known: cached, else walked. */
    long translate(ControlState now, long seen, StreamConfig config, long iova, int access) {
        int effective = config.overridden(access);
        AddressHalf half = config.half(iova);
        long word;
        if (!half.admits(iova, effective) || config.bypass != 0) {
            counters.add(Counters.UNCACHED, 1);
            word = unwalked(config, half.admits(iova, effective));
        } else {
            int need = Permissions.needed(effective);
            word = tlb.find(iova, config.tag, config.globalTag);
            if ((TlbWord.permissions(word) & need) == need) {
                counters.add(Counters.TLB_HIT, 1);
            } else {
                counters.add(Counters.TLB_MISS, 1);
                word = walk(seen, config, iova, Demand.of(need));
            }
        }
        return word >= 0 ? TlbWord.forPrivilege(word, effective) : governed(now, config, word, effective);
    }

    /** CMD_PREFETCH_CONFIG: fills the configuration caches and nothing else. */
    void prefetchConfig(ControlState now, long seen, int streamId, int substreamId) {
        if (now.enabled()) {
            counters.add(Counters.UNCACHED, 1);
            config(now, seen, streamId, substreamId);
        }
    }

    /** CMD_PREFETCH_ADDR: fills every cache on the way; what faults is forgotten. */
    void prefetchAddress(ControlState now, long seen, int streamId, int substreamId, long iova) {
        if (now.enabled()) {
            counters.add(Counters.UNCACHED, 1);
            StreamConfig config = config(now, seen, streamId, substreamId);
            walkFreely(seen, config, iova, config.overridden(0));
        }
    }

    /** The configuration of a stream and substream: cached, else read. */
    StreamConfig config(ControlState now, long seen, int streamId, int substreamId) {
        StreamConfig cached = configs.find(streamId, substreamId);
        if (cached != null) {
            return cached;
        }
        return load(seen, stream(now, seen, streamId), streamId, substreamId);
    }

    /** As the other, of a stream that was read. */
    StreamConfig config(long seen, Stream stream, int streamId, int substreamId) {
        StreamConfig cached = configs.find(streamId, substreamId);
        return cached != null ? cached : load(seen, stream, streamId, substreamId);
    }

    private StreamConfig load(long seen, Stream stream, int streamId, int substreamId) {
        counters.add(Counters.CONFIG_MISS, 1);
        StreamConfig config = loader.config(seen, stream, substreamId);
        configs.insert(seen, streamId, substreamId, config);
        return config;
    }

    /** A stream: cached, else read. */
    Stream stream(ControlState now, long seen, int streamId) {
        Stream cached = configs.findStream(streamId);
        if (cached != null) {
            return cached;
        }
        Stream stream = loader.stream(now, streamId);
        configs.insert(seen, streamId, stream);
        return stream;
    }

    /** A walk of the tables of a stream that has some. */
    long walk(long seen, StreamConfig config, long iova, int demand) {
        return config.kind == StreamConfig.Kind.STAGE2
                ? walker.throughStage2(seen, config, iova, demand)
                : walker.throughStage1(seen, config, iova, demand);
    }

    /** What needs no tables: refused and bypassing streams, addresses outside the input address space. */
    static long unwalked(StreamConfig config, boolean admitted) {
        return switch (config.kind) {
            case REFUSED -> config.fault;
            case STAGE1 -> FaultWord.ofWalk(FaultWord.F_TRANSLATION, FaultWord.STAGE1_INPUT, 0);
            default -> admitted ? config.bypass : FaultWord.ofWalk(FaultWord.F_ADDR_SIZE, FaultWord.STAGE1_INPUT, 0);
        };
    }

    /** A walk for which no permission is needed. */
    private long walkFreely(long seen, StreamConfig config, long iova, int effective) {
        boolean admitted = config.half(iova).admits(iova, effective);
        if (!admitted || config.bypass != 0) {
            return unwalked(config, admitted);
        }
        counters.add(Counters.OTHER_WALK, 1);
        return walk(seen, config, iova, Demand.NOTHING);
    }

    /** Applies CD.A, R and S, STE.S2R and S2S, and CR2.RECINVSID to a fault (§3.12, §5.5); adds what its event shows. */
    static long governed(ControlState now, StreamConfig config, long fault, int access) {
        long word = FaultWord.ofAccess(fault, access);
        if (FaultWord.code(word) == FaultWord.C_BAD_STREAMID) {
            return now.recordInvalidStreamId() ? word : FaultWord.silenced(word);
        }
        if (!FaultWord.isTranslationFault(word)) {
            return word;
        }
        if (FaultWord.isStage2(word)) {
            long dw2 = config.stream.ste().dw2();
            if (StreamTableEntry.S2S.isSet(dw2)) {
                return FaultWord.stalled(word);
            }
            return StreamTableEntry.S2R.isSet(dw2) ? word : FaultWord.silenced(word);
        }
        if (config.stalls) {
            return FaultWord.stalled(word);
        }
        if (!config.records) {
            word = FaultWord.silenced(word);
        }
        return config.aborts ? word : FaultWord.razWi(word);
    }

    /** SMMUEN=0: GBPA decides, a SubstreamID is ignored (§3.11). */
    private long whileDisabled(ControlState now, long iova) {
        int bypass = now.globalBypass();
        if (GBPA_ABORT.isSet(bypass) || iova >>> capabilities.oasBits() != 0) {
            return FaultWord.abort();
        }
        if (!capabilities.attrTypesOverride()) {
            return unchanged(MemoryTypes.DEFAULT);
        }
        int type = GBPA_MTCFG.isSet(bypass) ? GBPA_MEMATTR.getInt(bypass) : -1;
        return unchanged(MemoryTypes.overridden(type, GBPA_ALLOCCFG.getInt(bypass), GBPA_SHCFG.getInt(bypass)));
    }

    /** Bypass as an answer: everything is permitted, whatever the privilege. */
    static long unchanged(int attributes) {
        return TlbWord.forPrivilege(TlbWord.bypass(attributes), 0);
    }
}
