package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.smmuv3.hardware.TlbInvalidation.Scope;

/**
 * Which TLB entries an invalidation command names (IHI 0070 §4.4): a tag that fits one of two patterns, an address
 * range, a granule, a level. Immutable.
 */
final class TlbMatch {

    /** Addresses in tags: VA[55:12]; the top byte is never part of one. */
    private static final long ADDRESS = (1L << 56) - 1;

    /** A pattern no tag fits: tags are never 0 under a full mask. */
    private static final long NEVER = 0;

    private final Pattern own;
    private final Pattern global;
    private final boolean ranged;
    private final long first;
    private final long span;
    private final int granuleLg2;
    private final int level;
    private final boolean exact;

    /** Tags that agree with a value in the bits of a mask. */
    private record Pattern(long mask, long value) {

        static final Pattern NONE = new Pattern(-1L, NEVER);

        boolean fits(long tag) {
            return (tag & mask) == value;
        }

        /** The same for global entries, which have no ASID. */
        Pattern forGlobals() {
            return new Pattern(mask & ~TlbTag.ASID, value & ~TlbTag.ASID | TlbTag.GLOBAL);
        }
    }

    TlbMatch(TlbInvalidation request, boolean hasVmid) {
        Scope scope = request.scope();
        own = pattern(request, hasVmid);
        global = scope == Scope.NH_VA || scope == Scope.EL2_E2H_VA ? own.forGlobals() : Pattern.NONE;
        ranged = isRanged(scope);
        first = request.address() & ADDRESS;
        span = request.lastAddress() - request.address();
        granuleLg2 = ranged ? request.granuleLg2() : 0;
        level = ranged ? request.level() : 0;
        exact = ranged
                && scope != Scope.NH_VAA
                && scope != Scope.EL2_E2H_VAA
                && (!hasVmid || (request.vmidMask() & 0xFFFF) == 0xFFFF);
    }

    private static Pattern pattern(TlbInvalidation request, boolean hasVmid) {
        long vmidMask = hasVmid ? (request.vmidMask() & 0xFFFFL) << TlbTag.VMID_SHIFT : 0;
        long vmid = (long) request.vmid() << TlbTag.VMID_SHIFT & vmidMask;
        long asid = request.asid() & TlbTag.ASID;
        long el1 = TlbTag.VALID;
        long el2 = TlbTag.VALID | (long) StreamWorld.EL2.tag() << TlbTag.WORLD_SHIFT;
        long host = TlbTag.VALID | (long) StreamWorld.EL2_E2H.tag() << TlbTag.WORLD_SHIFT;
        long world = TlbTag.VALID | TlbTag.WORLD;
        long family = TlbTag.VALID | TlbTag.EL2_FAMILY;
        long tagged = TlbTag.ASID | TlbTag.GLOBAL;
        return switch (request.scope()) {
            case NH_ALL, NH_VAA -> new Pattern(world | vmidMask, el1 | vmid);
            case NH_ASID, NH_VA -> new Pattern(world | vmidMask | tagged, el1 | vmid | asid);
            case EL2_ALL -> new Pattern(family, el2);
            case EL2_ASID, EL2_E2H_VA -> new Pattern(world | tagged, host | asid);
            case EL2_E2H_VAA -> new Pattern(world, host);
            case EL2_VA -> new Pattern(world, el2);
            case S2_IPA -> new Pattern(world | vmidMask, TlbTag.ofStage2(0) | vmid);
            case S12_VMALL -> new Pattern(family | vmidMask, el1 | vmid);
            case NSNH_ALL -> new Pattern(family, el1);
        };
    }

    private static boolean isRanged(Scope scope) {
        return switch (scope) {
            case NH_VA, NH_VAA, EL2_E2H_VA, EL2_E2H_VAA, EL2_VA, S2_IPA -> true;
            default -> false;
        };
    }

    /** Whether every entry has one of a few tags and lies in a range: {@link #tag}, with either ASET. */
    boolean isExact() {
        return exact;
    }

    /** The tag of entries that are not global; meaningful when {@link #isExact()}. */
    long tag() {
        return own.value;
    }

    /** The tag of global entries, or 0 when they are not meant. */
    long globalTag() {
        return global.value;
    }

    /** First address of the range, as tags hold it. */
    long first() {
        return first;
    }

    /** Last address of the range less the first. */
    long span() {
        return span;
    }

    boolean fits(long key, long tag) {
        return (own.fits(tag) || global.fits(tag)) && (!ranged || isInRange(key));
    }

    /** Whether any address of the descriptor that made an entry is in the range: the descriptor may span entries. */
    private boolean isInRange(long key) {
        if (granuleLg2 != 0 && granuleLg2 != TlbKey.granuleLg2(key) || level != 0 && level != TlbKey.level(key)) {
            return false;
        }
        int leafLg2 = TlbKey.leafLg2(key);
        long leaf = TlbKey.address(key) & -1L << leafLg2;
        long afterFirst = leaf - first & ADDRESS;
        long afterLeaf = first - leaf & ADDRESS;
        return Long.compareUnsigned(afterFirst, span) <= 0 || Long.compareUnsigned(afterLeaf, 1L << leafLg2) < 0;
    }
}
