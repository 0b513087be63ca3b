package io.github.iommu4j.armshort.hardware;

/**
 * Which TLB entries an invalidation names: those of which any byte is in a range of addresses, and that belong to an
 * address space. Immutable.
 *
 * @param first first address
 * @param last last address, inclusive; below {@code first} nothing is named
 * @param asid an address space, or {@link #ANY}
 * @param global whether global entries are named, too
 */
record TlbMatch(long first, long last, int asid, boolean global) {

    /** Every address space. */
    static final int ANY = -1;

    /** Everything. */
    static final TlbMatch ALL = range(0, Long.MAX_VALUE);

    /** A range of addresses in every address space. */
    static TlbMatch range(long first, long last) {
        return new TlbMatch(first, last, ANY, true);
    }

    /** One page in an address space, and global entries there. */
    static TlbMatch page(long address, int asid) {
        return new TlbMatch(address, address, asid, true);
    }

    /** An address space without what is global. */
    static TlbMatch space(int asid) {
        return new TlbMatch(0, Long.MAX_VALUE, asid, false);
    }

    boolean fits(long key) {
        boolean belongs = TlbKey.isGlobal(key) ? global : asid == ANY || TlbKey.asid(key) == asid;
        return belongs && TlbKey.first(key) <= last && TlbKey.last(key) >= first && first <= last;
    }
}
