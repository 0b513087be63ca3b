package io.github.iommu4j.vtd.hardware;

/** Which descriptors {@link Units#FULL} refuses, bit by bit, from the table of layouts. */
final class NaiveDecoder {

    private static final int[][] FIELDS_0 = {
        {},
        {4, 5, 16, 49},
        {4, 7, 16, 31},
        {12, 20, 32, 47, 52, 63},
        {4, 4, 27, 47},
        {4, 7, 32, 63},
        {4, 5, 16, 51},
        {4, 5, 16, 51},
        {4, 8, 12, 63},
        {4, 5, 12, 51},
    };
    private static final int[][] FIELDS_1 = {
        {}, {}, {0, 6, 12, 63}, {0, 0, 12, 63}, {}, {2, 63}, {0, 6, 12, 63}, {}, {0, 0, 11, 63}, {2, 11},
    };

    private NaiveDecoder() {}

    /** IQEI of a descriptor, 0 when it is executed. */
    static int error(long[] words, int bytes) {
        int type = (int) (words[0] & 0xF | words[0] >>> 5 & 0x70);
        if (type < 1 || type > 9 || type > 5 && bytes == 16) {
            return 3;
        }
        boolean reserved = hasOther(words[0] & ~0xE0FL, FIELDS_0[type]) || hasOther(words[1], FIELDS_1[type]);
        if (bytes == 32 && (words[2] != 0 || words[3] != 0)) {
            reserved |= type != 9 || (words[0] & 0x20) == 0;
        }
        return reserved || isNonsense(type, (int) (words[0] >>> 4) & 3, words) ? 4 : 0;
    }

    private static boolean hasOther(long word, int[] ranges) {
        for (int bit = 0; bit < 64; bit++) {
            boolean inside = false;
            for (int i = 0; i < ranges.length; i += 2) {
                inside |= ranges[i] <= bit && bit <= ranges[i + 1];
            }
            if ((word >>> bit & 1) != 0 && !inside) {
                return true;
            }
        }
        return false;
    }

    private static boolean isNonsense(int type, int granularity, long[] words) {
        return switch (type) {
            case 1 -> granularity == 0;
            case 2 -> granularity == 0 || granularity == 3 && (words[1] & 0x3F) > 18;
            case 4 -> (granularity & 1) != 0 && (words[0] >>> 27 & 0x1F) > 15;
            case 6 -> granularity < 2;
            case 7 -> granularity == 2;
            default -> false;
        };
    }
}
