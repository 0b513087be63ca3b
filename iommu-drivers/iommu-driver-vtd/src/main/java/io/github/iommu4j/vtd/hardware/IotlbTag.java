package io.github.iommu4j.vtd.hardware;

/**
 * What a cached translation belongs to (Intel VT-d §6.2.1): a domain, and for those with a first stage a PASID and the
 * privilege their rights are for. Never 0.
 *
 * <pre>
 *  40    37     36    35        16 15      0
 * +-----+-----+------+------------+---------+
 * |valid|FIRST|SUPERV|   PASID    |   DID   |
 * +-----+-----+------+------------+---------+
 * </pre>
 */
final class IotlbTag {

    static final long SUPERVISOR = 1L << 36;
    static final long FIRST_STAGE = 1L << 37;
    static final long DID = 0xFFFF;
    static final long PASID = 0xF_FFFFL << 16;
    static final long VALID = 1L << 40;

    private IotlbTag() {}

    static long secondStage(int did) {
        return VALID | did;
    }

    static long firstStage(int did, int pasid) {
        return VALID | FIRST_STAGE | (long) pasid << 16 | did;
    }

    static boolean isFirstStage(long tag) {
        return (tag & FIRST_STAGE) != 0;
    }
}
