package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.core.bits.Log2;

/**
 * Which cached translations an invalidation takes out. Immutable.
 *
 * @param mask bits of a tag that matter
 * @param value what they must be
 * @param range for which of those the addresses matter
 * @param first first byte address
 * @param last last byte address
 */
record IotlbSelection(long mask, long value, Range range, long first, long last) {

    /** Where addresses matter. */
    enum Range {
        /** Nowhere: every address. */
        NONE,
        /** For second-stage translations; those with a first stage go at every address (§6.5.2.3). */
        SECOND_STAGE,
        /** For all that match. */
        ALL
    }

    /** Every translation. */
    static final IotlbSelection EVERYTHING = new IotlbSelection(0, 0, Range.NONE, 0, 0);

    /** Every translation of a domain. */
    static IotlbSelection domain(int did) {
        return new IotlbSelection(IotlbTag.DID, did, Range.NONE, 0, 0);
    }

    /** Those of a domain and a PASID that have a first stage: others have no PASID. */
    static IotlbSelection pasid(int did, int pasid) {
        return new IotlbSelection(
                IotlbTag.FIRST_STAGE | IotlbTag.PASID | IotlbTag.DID,
                IotlbTag.firstStage(did, pasid) & ~IotlbTag.VALID,
                Range.NONE,
                0,
                0);
    }

    /** The same, only where a translation overlaps 2^{@code spanLg2} bytes; 64 and more is everything. */
    IotlbSelection within(Range which, long address, int spanLg2) {
        long below = Log2.mask(spanLg2);
        return new IotlbSelection(mask, value, which, address & ~below, address | below);
    }

    boolean takes(long key, long tag) {
        if ((tag & mask) != value) {
            return false;
        }
        if (range == Range.NONE || range == Range.SECOND_STAGE && IotlbTag.isFirstStage(tag)) {
            return true;
        }
        long below = Log2.mask(Iotlb.leafLg2(key));
        long start = key & ~below & ~0xFFFL;
        return Long.compareUnsigned(start, last) <= 0 && Long.compareUnsigned(first, start | below) <= 0;
    }
}
