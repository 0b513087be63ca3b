package io.github.iommu4j.vtd.driver;

import java.util.EnumSet;
import java.util.Set;

/**
 * Chooses how a range of pages is invalidated: page by page where the hardware can, or the whole domain (Intel VT-d
 * §6.5.2.3-4). Immutable, a function of its arguments alone.
 */
public final class FlushSelection {

    private static final int PAGE_LG2 = 12;
    /** Ranges of this many pages and more are everything there is. */
    private static final int ALL_LG2 = Long.SIZE - PAGE_LG2;

    private final Pages pages;
    private final int maximumOrder;
    private final Set<VtdErratum> errata;

    private FlushSelection(Pages pages, int maximumOrder, Set<VtdErratum> errata) {
        this.pages = pages;
        this.maximumOrder = maximumOrder;
        EnumSet<VtdErratum> copy = EnumSet.noneOf(VtdErratum.class);
        copy.addAll(errata);
        this.errata = copy;
    }

    /** Whether single pages can be invalidated (CAP.PSI). */
    public enum Pages {
        /** They can. */
        SELECTIVE,
        /** Only whole domains can. */
        WHOLE_DOMAIN
    }

    /** What changed in the tables. */
    public enum Changed {
        /** Only leaves: what is cached of the way to them stays right (IH=1). */
        LEAVES,
        /** Tables too (IH=0). */
        TABLES
    }

    /** What is taken out. */
    public enum Scope {
        /** A range of pages. */
        PAGES,
        /** Everything of the domain. */
        DOMAIN
    }

    /**
     * An invalidation.
     *
     * @param scope pages or the whole domain
     * @param address for pages, an address in the range, 4 KiB aligned; its {@code order} page bits do not count
     * @param order log2 of the pages; for a whole domain, of those that were asked for. 52 stands for all
     * @param changed whether the way to the leaves changed
     */
    public record Choice(Scope scope, long address, int order, Changed changed) {

        /**
         * The first address of the range.
         *
         * @return {@link #address} without the bits that do not count
         */
        public long first() {
            return order >= ALL_LG2 ? 0 : address & -1L << order + PAGE_LG2;
        }
    }

    /**
     * For a unit.
     *
     * @param pages whether single pages can be invalidated (CAP.PSI)
     * @param maximumOrder the largest order of second-stage pages (CAP.MAMV)
     * @param errata mistakes that are switched on
     * @return the function
     */
    public static FlushSelection of(Pages pages, int maximumOrder, Set<VtdErratum> errata) {
        return new FlushSelection(pages, maximumOrder, errata);
    }

    /**
     * For pages of the second stage. The order is that of the smallest aligned range that holds all of them.
     *
     * @param iova first address, 4 KiB aligned
     * @param count how many pages of 4 KiB, at least 1
     * @param changed what changed
     * @return pages, or the domain when the hardware cannot do pages or not so many
     * @throws AssertionError when there is no page
     */
    public Choice secondStage(long iova, long count, Changed changed) {
        int order = order(iova, counted(count));
        boolean fits = pages == Pages.SELECTIVE && order <= maximumOrder;
        return new Choice(fits ? Scope.PAGES : Scope.DOMAIN, iova, order, changed);
    }

    /**
     * For pages of the first stage, whose invalidation has no maximum.
     *
     * @param iova first address, 4 KiB aligned
     * @param count how many pages of 4 KiB, at least 1
     * @param changed what changed
     * @return pages
     * @throws AssertionError when there is no page
     */
    public Choice firstStage(long iova, long count, Changed changed) {
        long pageCount = counted(count);
        int order = errata.contains(VtdErratum.FIRST_STAGE_TAIL_LOST) ? roundedUp(pageCount) : order(iova, pageCount);
        return new Choice(Scope.PAGES, iova, order, changed);
    }

    private long counted(long count) {
        long pageCount =
                errata.contains(VtdErratum.PAGES_COUNTED_IN_32_BITS) ? Integer.toUnsignedLong((int) count) : count;
        if (pageCount <= 0) {
            throw new AssertionError("an invalidation of " + count + " pages, counted as " + pageCount);
        }
        return pageCount;
    }

    private static int roundedUp(long count) {
        return Long.SIZE - Long.numberOfLeadingZeros(count - 1);
    }

    /** The addresses' first bit in which first and last page do not differ, nor any above, and the size at least. */
    private static int order(long iova, long count) {
        long first = iova >>> PAGE_LG2;
        long different = first ^ first + count - 1;
        return Math.min(ALL_LG2, Long.SIZE - Long.numberOfLeadingZeros(different));
    }
}
