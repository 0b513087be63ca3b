package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.armshort.layout.FaultStatus;

/**
 * Why an access is not translated, packed into a negative number.
 *
 * <pre>
 *  63 62   48 47           20 19     13 12  11    8 7       0
 * +--+-------+---------------+---------+---+--------+--------+
 * |1 |   0   |   PA[39:12]   |    0    |RNG| domain | status |
 * +--+-------+---------------+---------+---+--------+--------+
 * </pre>
 *
 * <p>Status is a {@link FaultStatus} code; RNG says that the tables gave an address that the part may not use, which is
 * in PA and for which the architecture has no status.
 */
final class FaultWord {

    private static final long FAULT = 1L << 63;
    private static final int DOMAIN_SHIFT = 8;
    private static final long OUT_OF_RANGE = 1L << 12;
    private static final int PA_SHIFT = 8;
    private static final long PAGE = (1L << 40) - (1L << 12);

    private FaultWord() {}

    static long of(FaultStatus status, int domain) {
        return FAULT | status.code() | (long) domain << DOMAIN_SHIFT;
    }

    static long outOfRange(long pa) {
        return FAULT | OUT_OF_RANGE | (pa & PAGE) << PA_SHIFT;
    }

    /** The status, or 0 when the address is out of range. */
    static int status(long fault) {
        return (int) fault & 0xFF;
    }

    static int domain(long fault) {
        return (int) (fault >>> DOMAIN_SHIFT) & 15;
    }

    static boolean isOutOfRange(long fault) {
        return (fault & OUT_OF_RANGE) != 0;
    }

    /** The page that is out of range, or 0. */
    static long page(long fault) {
        return fault >>> PA_SHIFT & PAGE;
    }

    /** Whether there is no translation, in memory: what a cache that remembers faults remembers. */
    static boolean isTranslation(long fault) {
        int status = status(fault);
        return status == FaultStatus.TRANSLATION_L1.code() || status == FaultStatus.TRANSLATION_L2.code();
    }

    /** Whether a descriptor could not be read. */
    static boolean isExternalAbort(long fault) {
        int status = status(fault);
        return status == FaultStatus.EXTERNAL_ABORT_ON_WALK_L1.code()
                || status == FaultStatus.EXTERNAL_ABORT_ON_WALK_L2.code();
    }
}
