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

    private final long mask;
    private final long value;
    private final long globalMask;
    private final long globalValue;
    private final boolean ranged;
    private final long first;
    private final long span;
    private final int granuleLg2;
    private final int level;
    private final boolean exact;

    TlbMatch(TlbInvalidation request, boolean hasVmid) {
        Scope scope = request.scope();
        long vmidMask = hasVmid ? (request.vmidMask() & 0xFFFFL) << TlbTag.VMID_SHIFT : 0;
        long vmid = (long) request.vmid() << TlbTag.VMID_SHIFT & vmidMask;
        long asid = request.asid() & TlbTag.ASID;
        long el1 = TlbTag.VALID;
        long el2 = TlbTag.VALID | (long) StreamWorld.EL2.tag() << TlbTag.WORLD_SHIFT;
        long host = TlbTag.VALID | (long) StreamWorld.EL2_E2H.tag() << TlbTag.WORLD_SHIFT;
        long world = TlbTag.VALID | TlbTag.WORLD;
        long family = TlbTag.VALID | TlbTag.EL2_FAMILY;
        long tagged = TlbTag.ASID | TlbTag.GLOBAL;
        switch (scope) {
            case NH_ALL, NH_VAA -> {
                mask = world | vmidMask;
                value = el1 | vmid;
            }
            case NH_ASID, NH_VA -> {
                mask = world | vmidMask | tagged;
                value = el1 | vmid | asid;
            }
            case EL2_ALL -> {
                mask = family;
                value = el2;
            }
            case EL2_ASID, EL2_E2H_VA -> {
                mask = world | tagged;
                value = host | asid;
            }
            case EL2_E2H_VAA -> {
                mask = world;
                value = host;
            }
            case EL2_VA -> {
                mask = world;
                value = el2;
            }
            case S2_IPA -> {
                mask = world | vmidMask;
                value = TlbTag.ofStage2(0) | vmid;
            }
            case S12_VMALL -> {
                mask = family | vmidMask;
                value = el1 | vmid;
            }
            default -> {
                mask = family;
                value = el1;
            }
        }
        boolean globalsToo = scope == Scope.NH_VA || scope == Scope.EL2_E2H_VA;
        globalMask = globalsToo ? mask & ~TlbTag.ASID : -1L;
        globalValue = globalsToo ? value & ~TlbTag.ASID | TlbTag.GLOBAL : NEVER;
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
        return value;
    }

    /** The tag of global entries, or 0 when they are not meant. */
    long globalTag() {
        return globalValue;
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
        boolean named = (tag & mask) == value || (tag & globalMask) == globalValue;
        return named && (!ranged || isInRange(key));
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
