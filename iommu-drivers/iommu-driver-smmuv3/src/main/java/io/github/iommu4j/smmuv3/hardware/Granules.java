package io.github.iommu4j.smmuv3.hardware;

/**
 * Which translation granules and table geometries exist: the codes of TG0, TG1 and S2TG, start levels, and the limits
 * of TxSZ and S2T0SZ (IHI 0070 §5.2, §5.4; Arm ARM D8 tables 18 to 41).
 */
final class Granules {

    /** No such granule, or not implemented. */
    static final int NONE = 0;

    private static final int K4 = 12;
    private static final int K16 = 14;
    private static final int K64 = 16;
    private static final int SMALLEST_SIZE = 16;
    private static final int SMALLEST_SIZE_52 = 12;
    private static final int LARGEST_SIZE = 39;
    private static final int[] ADDRESS_BITS = {32, 36, 40, 42, 44, 48, 52};

    private final Smmuv3Capabilities capabilities;

    Granules(Smmuv3Capabilities capabilities) {
        this.capabilities = capabilities;
    }

    /** log2 of the granule of CD.TG0 or STE.S2TG, or {@link #NONE}. */
    int ofTg0(int code) {
        return implemented(
                switch (code) {
                    case 0 -> K4;
                    case 1 -> K64;
                    case 2 -> K16;
                    default -> NONE;
                });
    }

    /** log2 of the granule of CD.TG1, or {@link #NONE}. */
    int ofTg1(int code) {
        return implemented(
                switch (code) {
                    case 1 -> K16;
                    case 2 -> K4;
                    case 3 -> K64;
                    default -> NONE;
                });
    }

    private int implemented(int granuleLg2) {
        boolean present = switch (granuleLg2) {
            case K4 -> capabilities.gran4k();
            case K16 -> capabilities.gran16k();
            case K64 -> capabilities.gran64k();
            default -> false;
        };
        return present ? granuleLg2 : NONE;
    }

    /** The output address bits of CD.IPS or STE.S2PS, no more than are implemented (§3.4). */
    int addressBits(int code) {
        int largest = capabilities.archMinor() == 0 ? 5 : 6;
        return Math.min(ADDRESS_BITS[Math.min(code, largest)], capabilities.oasBits());
    }

    boolean isStage1SizeLegal(int txsz, int granuleLg2) {
        int smallest = capabilities.vaxBits() == 52 && granuleLg2 == K64 ? SMALLEST_SIZE_52 : SMALLEST_SIZE;
        return txsz >= smallest && txsz <= largest(granuleLg2);
    }

    boolean isStage2SizeLegal(int t0sz, int granuleLg2) {
        int smallest = Math.max(granuleLg2 == K64 ? SMALLEST_SIZE_52 : SMALLEST_SIZE, 64 - capabilities.iasBits());
        return t0sz >= smallest && t0sz <= largest(granuleLg2);
    }

    private int largest(int granuleLg2) {
        if (!capabilities.stt()) {
            return LARGEST_SIZE;
        }
        return granuleLg2 == K64 ? 47 : 48;
    }

    /** Level of the first stage-1 table. */
    static int stage1StartLevel(int inputBits, int granuleLg2) {
        return TableFormat.LAST_LEVEL - (inputBits - 1 - granuleLg2) / (granuleLg2 - 3);
    }

    /** Level of the first stage-2 table, or -1 when S2SL0 is reserved. */
    int stage2StartLevel(int sl0, int granuleLg2) {
        if (sl0 == 3) {
            return granuleLg2 == K4 && capabilities.stt() ? TableFormat.LAST_LEVEL : -1;
        }
        return (granuleLg2 == K4 ? 2 : TableFormat.LAST_LEVEL) - sl0;
    }

    /** Whether up to sixteen concatenated tables at a level resolve just an input size (§5.2, S2SL0). */
    static boolean isStage2StartConsistent(int startLevel, int inputBits, int granuleLg2) {
        int stride = granuleLg2 - 3;
        int fewest = (TableFormat.LAST_LEVEL - startLevel) * stride + granuleLg2 + 1;
        return inputBits >= fewest && inputBits <= fewest + stride - 1 + 4;
    }
}
