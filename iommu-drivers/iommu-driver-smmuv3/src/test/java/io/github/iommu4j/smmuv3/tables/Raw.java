package io.github.iommu4j.smmuv3.tables;

/** Parts of addresses. */
final class Raw {

    private Raw() {}

    static long low(long value, int bits) {
        return bits >= 64 ? value : value & (1L << bits) - 1;
    }

    static long alignDown(long value, int bits) {
        return bits >= 64 ? 0 : value >>> bits << bits;
    }
}
