package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.MemoryAttributes;
import io.github.iommu4j.api.dma.Shareability;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;

/**
 * What a walk or the IOTLB gives for a page, packed so that nothing is allocated. Never 0, never negative.
 *
 * <pre>
 *  63 62 61 58 57        52 51               12 11     10     9   8  6 5   0
 * +--+--+-----+------------+-------------------+---+-------+----+-----+------+
 * | 0| 1|  0  |  leaf lg2  |   page address    |NEG|PENDING|SNP |XWR  |size  |
 * +--+--+-----+------------+-------------------+---+-------+----+-----+------+
 * </pre>
 *
 * <p>Size is log2 of the bytes that share the answer, 63 for no translation at all; leaf is that of the first-stage page
 * it is a piece of. PENDING: writing needs another walk first, which sets D. NEG: nothing is mapped.
 */
final class Answer {

    static final int READ = 1;
    static final int WRITE = 2;
    static final int EXECUTE = 4;
    static final long SNOOPED = 1L << 9;
    static final long PENDING = 1L << 10;

    /** A second-stage page that is known not to be there (CAP.CM=1). */
    static final long NOT_THERE = 1L << 62 | 1L << 11 | 12 | 12L << 52;

    private static final long ANSWER = 1L << 62;
    private static final long NEGATIVE = 1L << 11;
    private static final long ADDRESS = (1L << 52) - (1L << 12);
    private static final int RIGHTS_SHIFT = 6;
    private static final int LEAF_SHIFT = 52;
    private static final int WRITE_BACK = 0xFF;
    private static final MemoryAttributes COHERENT = new MemoryAttributes(WRITE_BACK, Shareability.INNER);
    private static final MemoryAttributes AS_ASKED = new MemoryAttributes(WRITE_BACK, Shareability.NON_SHAREABLE);

    private Answer() {}

    /** A page; {@code flags} are of SNOOPED and PENDING. */
    static long of(long page, int sizeLg2, int rights, long flags) {
        return ANSWER | (long) sizeLg2 << LEAF_SHIFT | page | flags | (long) rights << RIGHTS_SHIFT | sizeLg2;
    }

    /** The page an address is in, unchanged. */
    static long identity(long address, int rights) {
        return of(address & ADDRESS, 12, rights, 0);
    }

    /** No translation takes place. */
    static long bypass() {
        return ANSWER | 7L << RIGHTS_SHIFT | 63;
    }

    /** The first stage's answer for {@code address}, whose output is {@code second}'s input: the smaller, the common. */
    static long nested(long first, long second, long intermediate) {
        int size = Math.min(sizeLg2(first), sizeLg2(second));
        long page = address(second, intermediate) & -1L << size;
        long common = first & second & 7L << RIGHTS_SHIFT;
        long either = (first | second) & (SNOOPED | PENDING);
        return ANSWER | (long) sizeLg2(first) << LEAF_SHIFT | page | common | either | size;
    }

    static boolean isNegative(long answer) {
        return (answer & NEGATIVE) != 0;
    }

    static int rights(long answer) {
        return (int) (answer >>> RIGHTS_SHIFT) & 7;
    }

    static long withoutWrite(long answer) {
        return answer & ~((long) WRITE << RIGHTS_SHIFT);
    }

    static long withoutExecute(long answer) {
        return answer & ~((long) EXECUTE << RIGHTS_SHIFT);
    }

    /** The same, with SNP set. */
    static long snooped(long answer) {
        return answer | SNOOPED;
    }

    static boolean isPending(long answer) {
        return (answer & PENDING) != 0;
    }

    /** Whether an access with these needs can be answered without another walk. */
    static boolean suffices(long answer, int need) {
        return (rights(answer) & need) == need && !((need & WRITE) != 0 && isPending(answer));
    }

    static int sizeLg2(long answer) {
        return (int) answer & 63;
    }

    static int leafLg2(long answer) {
        return (int) (answer >>> LEAF_SHIFT) & 63;
    }

    static long page(long answer) {
        return answer & ADDRESS;
    }

    /** Physical byte address of an access. */
    static long address(long answer, long input) {
        return page(answer) | input & (1L << sizeLg2(answer)) - 1;
    }

    static long packed(long answer, long iova) {
        return Translations.ok(address(answer, iova), sizeLg2(answer), rights(answer));
    }

    static Translation translation(long answer, long iova) {
        MemoryAttributes attributes = (answer & SNOOPED) != 0 ? COHERENT : AS_ASKED;
        return new Translation.Ok(address(answer, iova), sizeLg2(answer), rights(answer), attributes);
    }
}
