package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;

/**
 * What PCIe endpoints do with ATS: Translation Requests and Translated transactions, in the order of checks of IHI 0070
 * §3.9.1. Thread-safe.
 */
final class AtsPath {

    private static final int ATS_FULL = 1;
    private static final int ATS_SPLIT = 2;
    private static final int READ = 1, WRITE = 2, EXECUTE = 4;
    /** The smallest translation unit there is: what an answer without rights covers. */
    private static final int SMALLEST_UNIT_LG2 = 12;

    private final Smmuv3Capabilities capabilities;
    private final TranslationPath path;
    private final Walker walker;
    private final Counters counters;

    AtsPath(Smmuv3Capabilities capabilities, TranslationPath path, Walker walker, Counters counters) {
        this.capabilities = capabilities;
        this.path = path;
        this.walker = walker;
        this.counters = counters;
    }

    /**
     * A Translation Request. Where it is allowed the answer carries the rights there are, perhaps none: a fault of the
     * tables is neither recorded nor stalled.
     *
     * @param access what is asked for; without {@link Access#WRITE_BIT} the request has NW=1
     */
    long request(ControlState now, long seen, int streamId, int substreamId, long iova, int access) {
        long forbidden = FaultWord.of(FaultWord.F_BAD_ATS_TREQ);
        if (!now.enabled()) {
            return forbidden;
        }
        Stream stream = path.stream(now, seen, streamId);
        if (stream.isFault()) {
            return configurationFault(now, stream.fault());
        }
        if (isAborting(stream)) {
            return FaultWord.abort();
        }
        int ats = atsOf(now, stream);
        if (ats == 0) {
            return forbidden;
        }
        StreamConfig config = path.config(seen, stream, streamId, substreamId);
        int effective = config.overridden(access);
        counters.add(Counters.UNCACHED, 1);
        long word =
                ats == ATS_SPLIT ? stageOneOnly(seen, config, iova, effective) : granted(seen, config, iova, effective);
        if (word >= 0) {
            return completion(config, word, access, effective);
        }
        return FaultWord.isTranslationFault(word)
                ? nothing()
                : configurationFault(now, FaultWord.ofAccess(word, effective));
    }

    /** A Translated transaction. Without ATS nothing may pass untranslated. */
    long translated(ControlState now, long seen, int streamId, long iova, int access) {
        long forbidden = FaultWord.of(FaultWord.F_TRANSL_FORBIDDEN);
        if (!now.enabled() || !capabilities.ats()) {
            return forbidden;
        }
        if (!now.atsCheck()) {
            return asPhysical(iova);
        }
        Stream stream = path.stream(now, seen, streamId);
        if (stream.isFault()) {
            return now.recordAtsConfigErrors() ? stream.fault() : FaultWord.silenced(stream.fault());
        }
        if (isAborting(stream)) {
            return FaultWord.abort();
        }
        int ats = atsOf(now, stream);
        if (ats == ATS_FULL) {
            return asPhysical(iova);
        }
        return ats == ATS_SPLIT ? throughStage2(now, seen, stream, iova, access) : forbidden;
    }

    /** Split-stage ATS: what the endpoint holds is an IPA. It counts as unprivileged data without a SubstreamID. */
    private long throughStage2(ControlState now, long seen, Stream stream, long ipa, int access) {
        StreamConfig stage2 = StreamConfig.withoutStage1(stream, capabilities);
        int plain = access & (Access.READ_BIT | Access.WRITE_BIT);
        boolean admitted = stage2.half(ipa).admits(ipa, plain);
        counters.add(Counters.OTHER_WALK, admitted ? 1 : 0);
        long word = admitted
                ? path.walk(seen, stage2, ipa, Demand.of(Permissions.needed(plain)))
                : TranslationPath.unwalked(stage2, false);
        return word >= 0 ? TlbWord.forPrivilege(word, plain) : TranslationPath.governed(now, stage2, word, plain);
    }

    /** EATS=0b10: the answer is what stage 1 gives, an IPA; with stage 1 bypassed, the address itself. */
    private long stageOneOnly(long seen, StreamConfig config, long iova, int effective) {
        boolean admitted = config.half(iova).admits(iova, effective);
        if (config.kind == StreamConfig.Kind.STAGE2) {
            return admitted ? TlbWord.bypass(config.stream.attributes()) : TranslationPath.unwalked(config, false);
        }
        if (!admitted || config.kind != StreamConfig.Kind.STAGE1) {
            return TranslationPath.unwalked(config, admitted);
        }
        counters.add(Counters.OTHER_WALK, 1);
        return walker.stage1Only(seen, config, iova, Demand.ofTranslationRequest(0, effective));
    }

    /**
     * The rights there are. Each walk asks for one right that the endpoint can have, so that stage 2 is not walked for an
     * address of which stage 1 grants nothing.
     */
    private long granted(long seen, StreamConfig config, long iova, int effective) {
        boolean admitted = config.half(iova).admits(iova, effective);
        if (!admitted || config.bypass != 0 || config.kind == StreamConfig.Kind.REFUSED) {
            return TranslationPath.unwalked(config, admitted);
        }
        counters.add(Counters.OTHER_WALK, 1);
        int privilege = effective & Access.PRIVILEGED_BIT;
        int read = Access.READ_BIT | (readsAreFetches(config) ? Access.INSTRUCTION_BIT : 0) | privilege;
        int write = Permissions.needed(Access.WRITE_BIT | privilege);
        long word = path.walk(seen, config, iova, Demand.ofTranslationRequest(Permissions.needed(read), effective));
        return FaultWord.isFault(word) && FaultWord.code(word) == FaultWord.F_PERMISSION && !isOfWalk(word)
                ? path.walk(seen, config, iova, Demand.ofTranslationRequest(write, effective))
                : word;
    }

    /** Whether stage 2 refused a read of the SMMU itself, which no other access would change. */
    private static boolean isOfWalk(long fault) {
        return FaultWord.classOf(fault) != FaultWord.classOf(FaultWord.STAGE1_INPUT);
    }

    /** The fields of a Translation Completion (§13.7): Exe is granted only where it was asked for, and only with R. */
    private static long completion(StreamConfig config, long word, int access, int effective) {
        int rights = Permissions.ofPrivilege(TlbWord.permissions(word), effective);
        boolean reads = (rights & (readsAreFetches(config) ? EXECUTE : READ)) != 0;
        boolean becameData = (access & ~effective & Access.INSTRUCTION_BIT) != 0;
        boolean executes = (access & Access.INSTRUCTION_BIT) != 0 && reads && (becameData || (rights & EXECUTE) != 0);
        int completed = (reads ? READ : 0) | rights & WRITE | (executes ? EXECUTE : 0);
        return completed == 0 ? nothing() : TlbWord.withPermissions(word, completed);
    }

    /** INSTCFG=instruction: what the endpoint would read it may only execute. */
    private static boolean readsAreFetches(StreamConfig config) {
        return (config.overridden(0) & Access.INSTRUCTION_BIT) != 0;
    }

    /** Success, R=W=0. */
    private static long nothing() {
        return TlbWord.of(0, SMALLEST_UNIT_LG2, 0, MemoryTypes.DEFAULT);
    }

    /** What only CR2.REC_CFG_ATS has recorded, a StreamID without an STE only CR2.RECINVSID with it. */
    static long configurationFault(ControlState now, long word) {
        boolean recorded = now.recordAtsConfigErrors()
                && (FaultWord.code(word) != FaultWord.C_BAD_STREAMID || now.recordInvalidStreamId());
        return recorded ? word : FaultWord.silenced(word);
    }

    private static boolean isAborting(Stream stream) {
        return stream.ste().config() < StreamTableEntry.CONFIG_BYPASS;
    }

    /** EATS as it acts: off for a bypassing stream, and split-stage only while CR0.ATSCHK is 1. */
    private int atsOf(ControlState now, Stream stream) {
        int ats = stream.ste().config() == StreamTableEntry.CONFIG_BYPASS ? 0 : stream.ats(capabilities);
        return ats == ATS_SPLIT && !now.atsCheck() ? 0 : ats;
    }

    private long asPhysical(long address) {
        return address >>> capabilities.oasBits() != 0
                ? FaultWord.abort()
                : TranslationPath.unchanged(MemoryTypes.DEFAULT);
    }
}
