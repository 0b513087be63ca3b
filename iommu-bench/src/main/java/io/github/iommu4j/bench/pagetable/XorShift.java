package io.github.iommu4j.bench.pagetable;

/** The generator xorshift64*. Confined to one thread. */
final class XorShift {

    private long state;

    XorShift(long seed) {
        state = seed;
    }

    /** A number below a bound. */
    long below(long bound) {
        state ^= state >>> 12;
        state ^= state << 25;
        state ^= state >>> 27;
        return Long.remainderUnsigned(state * 0x2545_F491_4F6C_DD1DL >>> 11, bound);
    }
}
