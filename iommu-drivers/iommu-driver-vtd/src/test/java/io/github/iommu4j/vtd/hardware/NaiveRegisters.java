package io.github.iommu4j.vtd.hardware;

/**
 * The registers of {@link Units#FULL} as bytes, written down by offset from the specification's tables: what a plain register
 * takes, what a status register clears, and what the few commands do that fuzzing can give without a queue in memory.
 */
final class NaiveRegisters {

    private static final int CCMD = 0x28;
    private static final int SIZE = 0x1000;
    private static final int IVA = 0x500;
    private static final int IOTLB = 0x508;

    /** By offset, as everything below; 0 where no register starts. */
    private final int[] widths = new int[SIZE];

    private final long[] writables = new long[SIZE];
    private final long[] clearables = new long[SIZE];
    private final long[] values = new long[SIZE];
    private long mode;

    NaiveRegisters() {
        add(0x20, 8, 0xFFFF_FFFF_FFFF_FC00L, 0, 0);
        add(CCMD, 8, 0x6000_0003_FFFF_FFFFL, 0, 0x0800_0000_0000_0000L);
        add(0x34, 4, 0, 0x7D, 0);
        for (int event : new int[] {0x38, 0xA0, 0xE0}) {
            add(event, 4, 0x8000_0000L, 0, 0x8000_0000L);
            add(event + 4, 4, 0xFFFF, 0, 0);
            add(event + 8, 4, 0xFFFF_FFFCL, 0, 0);
            add(event + 12, 4, 0xFFFF_FFFFL, 0, 0);
        }
        add(0x64, 4, 0x8000_0000L, 0, 0);
        add(0x68, 4, 0xFFF0_0000L, 0, 0);
        add(0x6C, 4, 0xFFF0_0000L, 0, 0);
        add(0x70, 8, 0x3FFF_FFF0_0000L, 0, 0);
        add(0x78, 8, 0x3FFF_FFF0_0000L, 0, 0);
        add(0x80, 8, 0, 0, 0);
        add(0x88, 8, 0x7_FFF0, 0, 0);
        add(0x90, 8, 0xFFFF_FFFF_FFFF_F807L, 0, 0);
        add(0x9C, 4, 0, 1, 0);
        add(0xB0, 8, 0, 0, 0);
        add(0xB8, 8, 0xFFFF_FFFF_FFFF_F80FL, 0, 0);
        add(0xC0, 8, 0x7_FFE0, 0, 0);
        add(0xC8, 8, 0x7_FFE0, 0, 0);
        add(0xD0, 8, 0xFFFF_FFFF_FFFF_F007L, 0, 0);
        add(0xDC, 4, 0, 3, 0);
        add(0x00, 4, 0, 0, 0x10);
        add(0x08, 8, 0, 0, Units.CAP);
        add(0x10, 8, 0, 0, Units.ECAP);
        add(0x1C, 4, 0, 0, 0);
        add(IVA, 8, 0xFFFF_FFFF_FFFF_F07FL, 0, 0);
        add(IOTLB, 8, 0x3003_FFFF_0000_0000L, 0, 0x0200_0000_0000_0000L);
    }

    private void add(int offset, int width, long writable, long clearable, long reset) {
        widths[offset] = width;
        writables[offset] = writable;
        clearables[offset] = clearable;
        values[offset] = reset;
    }

    private int start(long offset) {
        int at = (int) offset;
        if (widths[at] != 0) {
            return at;
        }
        return at >= 4 && widths[at - 4] == 8 ? at - 4 : -1;
    }

    long read(long offset, int width) {
        int at = offset < 0 || offset > 0xFFF ? -1 : start(offset);
        if (!reaches(at, offset, width) || at == IVA) {
            return 0;
        }
        long value = values[at];
        return width == 8 ? value : value >>> 8 * (offset - at) & 0xFFFF_FFFFL;
    }

    private boolean reaches(int at, long offset, int width) {
        return at >= 0 && (width == 4 && offset % 4 == 0 || width == 8 && offset % 8 == 0 && widths[at] == 8);
    }

    /** A write, none of GCMD_REG. */
    void write(long offset, int width, long value) {
        int at = offset < 0 || offset > 0xFFF ? -1 : start(offset);
        if (!reaches(at, offset, width)) {
            return;
        }
        int shift = (int) (8 * (offset - at));
        long lanes = width == 8 ? -1L : 0xFFFF_FFFFL << shift;
        long placed = width == 8 ? value : value << shift;
        long taken = writables[at] & lanes;
        long next = values[at] & ~taken | placed & taken;
        values[at] = next & ~(placed & lanes & clearables[at]);
        if (at == 0x64) {
            values[at] = next & 0x8000_0000L | next >>> 31;
        }
        if ((placed & lanes) >>> 63 != 0 && at == CCMD) {
            long granularity = mode == 0 ? next >>> 61 & 3 : 0;
            values[at] = next & ~(3L << 59) | granularity << 59;
        }
        if ((placed & lanes) >>> 63 != 0 && at == IOTLB) {
            long granularity = next >>> 60 & 3;
            boolean refused = granularity == 3 && (values[IVA] & 0x3F) > 18;
            values[at] = next & ~(3L << 57) | (refused ? 0 : granularity) << 57;
        }
    }

    /** GCMD_REG, of which the fuzz gives SRTP, SIRTP, TE, IRE and CFI. */
    void command(long value) {
        long sticky = 0x8280_0000L;
        long oneShot = 0x4100_0000L;
        long before = values[0x1C];
        values[0x1C] = before & oneShot | value & (sticky | oneShot);
        if ((value >>> 30 & 1) != 0) {
            mode = values[0x20] >>> 10 & 3;
        }
    }
}
