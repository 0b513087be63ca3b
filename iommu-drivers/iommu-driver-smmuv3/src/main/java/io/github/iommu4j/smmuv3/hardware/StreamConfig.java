package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * Everything a translation needs of an STE and a CD, decoded once and cached for a (StreamID, SubstreamID).
 * Immutable.
 */
final class StreamConfig {

    /** What the transactions of a stream go through. */
    enum Kind {
        /** Nothing: every one gets {@link StreamConfig#fault}. */
        REFUSED,
        /** No translation. */
        BYPASS,
        /** Stage 1, then stage 2 if {@link StreamConfig#stageTwo} is there. */
        STAGE1,
        /** Stage 2 only. */
        STAGE2
    }

    final Kind kind;
    final Stream stream;

    /** The fault of a {@link Kind#REFUSED} stream, as a {@link FaultWord}; otherwise 0. */
    final long fault;

    final Cacheable cacheable;

    /** The rule that made the CD ILLEGAL. */
    final @Nullable CdRule broken;

    final AddressHalf lower;
    final AddressHalf upper;
    final @Nullable StageTwo stageTwo;

    /** The answer to every address of a {@link Kind#BYPASS} stream, as a {@link TlbWord}; otherwise 0. */
    final long bypass;

    /** TLB tags, as {@link TlbTag} makes them. */
    final long tag;

    final long globalTag;

    /** MAIR as {@link MemoryTypes#mair} makes it. */
    final long mair;

    /** CD.S: stage-1 faults stall. Without a CD they do not. */
    final boolean stalls;

    /** CD.A: stage-1 faults that do not stall abort. Without a CD they do. */
    final boolean aborts;

    /** CD.R: stage-1 faults that do not stall are recorded. Without a CD they are. */
    final boolean records;

    private final int accessMask;
    private final int accessSet;

    private StreamConfig(Builder from) {
        kind = from.kind;
        stream = from.stream;
        fault = from.fault;
        cacheable = from.cacheable;
        broken = from.broken;
        lower = from.lower;
        upper = from.upper;
        stageTwo = stream.stageTwo();
        bypass = kind == Kind.BYPASS ? TlbWord.bypass(stream.attributes()) : 0;
        tag = from.tag;
        globalTag = from.globalTag;
        mair = from.mair;
        stalls = from.stalls;
        aborts = from.aborts;
        records = from.records;
        accessMask = stream.accessMask();
        accessSet = stream.accessSet();
    }

    /** A stream whose transactions all get a fault. */
    static StreamConfig refused(Stream stream, long fault, Cacheable cacheable) {
        return new Builder(Kind.REFUSED, stream).refuse(fault, cacheable, null).build();
    }

    /** A stream whose CD breaks a rule. */
    static StreamConfig illegal(Stream stream, CdRule broken) {
        return new Builder(Kind.REFUSED, stream)
                .refuse(FaultWord.of(FaultWord.C_BAD_CD), Cacheable.ILLEGAL, broken)
                .build();
    }

    /** A stream whose stage 1 is off or bypassed: stage 2, or nothing. */
    static StreamConfig withoutStage1(Stream stream, Smmuv3Capabilities has) {
        if (stream.stageTwo() == null) {
            AddressHalf half = AddressHalf.below(has.oasBits());
            return new Builder(Kind.BYPASS, stream).halves(half, half).build();
        }
        AddressHalf half = AddressHalf.below(has.iasBits());
        long tag = TlbTag.ofStage2(stream.vmid(has));
        return new Builder(Kind.STAGE2, stream)
                .halves(half, half)
                .tags(tag, tag)
                .build();
    }

    /** A stream with stage 1 and a legal CD. */
    static StreamConfig withStage1(Stream stream, ContextDescriptor cd, Smmuv3Capabilities has) {
        StreamWorld world = stream.world();
        long dw0 = cd.dw0();
        int asid = world.hasAsid() ? ContextDescriptor.ASID.getInt(dw0) : 0;
        int aset = ContextDescriptor.ASET.getInt(dw0);
        long tag = TlbTag.of(world.tag(), stream.vmid(has), asid, aset);
        AddressHalf lower = StageOneTables.lower(stream, cd, has);
        return new Builder(Kind.STAGE1, stream)
                .halves(lower, world.hasTwoHalves() ? StageOneTables.upper(stream, cd, has) : lower)
                .tags(tag, world.hasAsid() ? TlbTag.global(world.tag(), stream.vmid(has), aset) : tag)
                .memory(MemoryTypes.mair(cd.dw3(), stream.attributes()))
                .faults(ContextDescriptor.S.isSet(dw0), ContextDescriptor.A.isSet(dw0), ContextDescriptor.R.isSet(dw0))
                .build();
    }

    /** An access after PRIVCFG and INSTCFG. */
    int overridden(int access) {
        return access & accessMask | accessSet;
    }

    /** The half of the address space an address is in: bit 55 says, whatever the top byte holds. */
    AddressHalf half(long address) {
        return address << 8 < 0 ? upper : lower;
    }

    /** Collects the parts; what is not said is "does not apply". */
    private static final class Builder {
        private final Kind kind;
        private final Stream stream;
        private long fault;
        private Cacheable cacheable = Cacheable.LEGAL;
        private @Nullable CdRule broken;
        private AddressHalf lower = AddressHalf.CLOSED;
        private AddressHalf upper = AddressHalf.CLOSED;
        private long tag;
        private long globalTag;
        private long mair;
        private boolean stalls;
        private boolean aborts = true;
        private boolean records = true;

        Builder(Kind kind, Stream stream) {
            this.kind = kind;
            this.stream = stream;
        }

        Builder refuse(long word, Cacheable kept, @Nullable CdRule rule) {
            fault = word;
            cacheable = kept;
            broken = rule;
            return this;
        }

        Builder halves(AddressHalf low, AddressHalf high) {
            lower = low;
            upper = high;
            return this;
        }

        Builder tags(long own, long global) {
            tag = own;
            globalTag = global;
            return this;
        }

        Builder memory(long types) {
            mair = types;
            return this;
        }

        Builder faults(boolean stall, boolean abort, boolean record) {
            stalls = stall;
            aborts = abort;
            records = record;
            return this;
        }

        StreamConfig build() {
            return new StreamConfig(this);
        }
    }
}
