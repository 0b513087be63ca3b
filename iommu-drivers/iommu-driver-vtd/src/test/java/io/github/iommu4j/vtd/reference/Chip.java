package io.github.iommu4j.vtd.reference;

/**
 * The registers that say what a unit can do, decoded once more (Intel VT-d §11.4.2, §11.4.3).
 *
 * @param cap CAP_REG
 * @param ecap ECAP_REG
 * @param hostBits HAW
 */
public record Chip(long cap, long ecap, int hostBits) {

    boolean cap(int bit) {
        return (cap >> bit & 1) == 1;
    }

    boolean ecap(int bit) {
        return (ecap >> bit & 1) == 1;
    }

    int guestBits() {
        return (int) (cap >> 16 & 63) + 1;
    }

    boolean hasWidth(long code) {
        return code >= 1 && code <= 3 && (cap >> 8 + code & 1) == 1;
    }

    boolean isLargestWidth(long code) {
        for (long larger = code + 1; larger <= 3; larger++) {
            if (hasWidth(larger)) {
                return false;
            }
        }
        return hasWidth(code);
    }

    boolean hasSecondStagePages(int level) {
        return level == 2 ? cap(34) : level == 3 && cap(35);
    }

    /** Bits of a word from the host's width up. */
    long beyondHost() {
        return -1L << hostBits;
    }

    /** Bits of a domain id that must be 0. */
    boolean isDomain(long did) {
        return did < 1L << 4 + 2 * (cap & 7);
    }

    int pasidBits() {
        return (int) (ecap >> 35 & 31) + 1;
    }
}
