package io.github.iommu4j.smmuv3.reference;

/**
 * The arithmetic of one translation granule (Arm ARM D8, IHI 0070 §3.4).
 *
 * @param lg2 log2 of the page size: 12, 14 or 16; 0 for a reserved encoding
 */
public record Granule(int lg2) {

    /** CD.TG0 and STE.S2TG. */
    public static Granule ofTg0(int code) {
        return new Granule(new int[] {12, 16, 14, 0}[code]);
    }

    /** CD.TG1, which counts differently. */
    public static Granule ofTg1(int code) {
        return new Granule(new int[] {0, 14, 12, 16}[code]);
    }

    /** Input address bits that one level resolves. */
    public int stride() {
        return lg2 - 3;
    }

    /** Lowest input address bit that the index of a level uses. */
    public int shift(int level) {
        return lg2 + (3 - level) * stride();
    }

    /** Largest TxSZ. */
    public int maxTxsz(boolean smallTables) {
        if (!smallTables) {
            return 39;
        }
        return lg2 == 16 ? 47 : 48;
    }

    /** Level of the first table at stage 1. */
    public int stage1StartLevel(int txsz) {
        return 3 - (63 - txsz - lg2) / stride();
    }

    /** -1 when the encoding selects nothing without DS. */
    public int stage2StartLevel(int sl0, boolean smallTables) {
        if (lg2 == 12) {
            if (sl0 == 3) {
                return smallTables ? 3 : -1;
            }
            return 2 - sl0;
        }
        return sl0 == 3 ? -1 : 3 - sl0;
    }

    /** Whether a level may hold blocks. */
    public boolean allowsBlock(int level, boolean largeOutput) {
        return switch (lg2) {
            case 12 -> level == 1 || level == 2;
            case 14 -> level == 2;
            default -> level == 2 || level == 1 && largeOutput;
        };
    }

    /** The first-level table is aligned to its size; 64 bytes at least where addresses have 52 bits. */
    public int tableAlignmentLg2(int inputBits, int startLevel, boolean largeOutput) {
        int sizeLg2 = inputBits - shift(startLevel) + 3;
        return largeOutput && lg2 == 16 ? Math.max(6, sizeLg2) : sizeLg2;
    }

    /** Output address of a table descriptor (shift = lg2) or of a block or page of 2^shift bytes. */
    public long outputAddress(long descriptor, int shift, boolean largeOutput) {
        long address = Raw.inPlace(descriptor, 47, shift);
        if (lg2 == 16 && largeOutput) {
            address |= Raw.bits(descriptor, 15, 12) << 48;
        }
        return address;
    }
}
