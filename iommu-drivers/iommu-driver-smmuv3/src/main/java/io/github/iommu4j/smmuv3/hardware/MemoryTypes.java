package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.dma.MemoryAttributes;
import io.github.iommu4j.api.dma.Shareability;

/**
 * How memory attributes are overridden and combined (IHI 0070 §13; facts of the Arm ARM's MAIR).
 *
 * <p>Attributes are packed: bits 7:0 the type as a MAIR byte, bits 9:8 shareability as the ordinal of {@link
 * Shareability}, of which the larger is the stronger.
 */
final class MemoryTypes {

    /** What an access has whose bus says nothing: write-back, read- and write-allocate, not shared. */
    static final int DEFAULT = 0xFF;

    private static final int NON_CACHEABLE = 0x44;
    private static final int OUTER = Shareability.OUTER.ordinal() << 8;
    private static final int INNER = Shareability.INNER.ordinal() << 8;
    private static final int SHAREABILITY = 3 << 8;
    private static final int WRITE_BACK = 2, WRITE_THROUGH = 1, UNCACHED = 0;
    private static final Shareability[] SHAREABILITIES = Shareability.values();
    private static final int SHCFG_INCOMING = 1;

    private MemoryTypes() {}

    /**
     * The attributes of an access after the overrides of an STE or of GBPA, which have the same encodings.
     *
     * @param typeOverride MTCFG and MemAttr: the 4-bit MemAttr, or -1 when MTCFG is 0
     * @param allocation ALLOCCFG
     * @param shareability SHCFG
     */
    static int overridden(int typeOverride, int allocation, int shareability) {
        int type = typeOverride < 0 ? DEFAULT : stage2Type(typeOverride);
        if ((allocation & 8) != 0 && !isDevice(type)) {
            int readWrite = allocation >>> 1 & 3;
            boolean transientHint = (allocation & 1) != 0;
            type = hinted(type >>> 4, readWrite, transientHint) << 4 | hinted(type & 15, readWrite, transientHint);
        }
        return effective(type | (shareability == SHCFG_INCOMING ? 0 : shareabilityField(shareability)));
    }

    /**
     * A MAIR register as stage 1 uses it: reserved bytes replaced by what they act as (§5.4), and the allocation hints
     * of the incoming access combined in.
     */
    static long mair(long raw, int incoming) {
        long result = 0;
        for (int index = 0; index < 8; index++) {
            int type = (int) (raw >>> index * 8) & 0xFF;
            if (isDevice(type)) {
                type &= 0x0C;
            } else {
                int inner = (type & 15) == 0 ? 3 : type & 15;
                type = withHintsOf(type >>> 4, incoming >>> 4 & 15, incoming) << 4
                        | withHintsOf(inner, incoming & 15, incoming);
            }
            result |= (long) type << index * 8;
        }
        return result;
    }

    /** The attributes a stage-1 block or page descriptor gives. */
    static int stage1(long mair, long descriptor) {
        int type = (int) (mair >>> (descriptor >>> 2 & 7) * 8) & 0xFF;
        return effective(type | shareabilityField((int) (descriptor >>> 8) & 3));
    }

    /**
     * Combines the attributes so far with those of stage 2.
     *
     * @param attributes of stage 1 or of the access
     * @param memAttr MemAttr[3:0] of the stage-2 descriptor
     * @param shareability SH[1:0] of the stage-2 descriptor
     * @param forcedWriteBack whether STE.S2FWB gives MemAttr its other meaning
     */
    static int stage2(int attributes, int memAttr, int shareability, boolean forcedWriteBack) {
        int shared = Math.max(attributes & SHAREABILITY, shareabilityField(shareability));
        int type = attributes & 0xFF;
        int combined = forcedWriteBack ? forced(type, memAttr) : weaker(type, stage2Type(memAttr));
        return effective(combined | shared);
    }

    /** Whether stage 2 makes a location Device memory. */
    static boolean isStage2Device(int memAttr, boolean forcedWriteBack) {
        return forcedWriteBack ? (memAttr & 4) == 0 : isDevice(stage2Type(memAttr));
    }

    static MemoryAttributes unpack(int attributes) {
        return new MemoryAttributes(attributes & 0xFF, SHAREABILITIES[attributes >>> 8 & 3]);
    }

    private static int forced(int type, int memAttr) {
        return switch (memAttr & 7) {
            case 0, 1, 2, 3 -> weaker(type, (memAttr & 3) << 2);
            case 6 -> isDevice(type) ? DEFAULT : forcedCacheable(type);
            case 7 -> type;
            default -> isDevice(type) ? type : NON_CACHEABLE;
        };
    }

    private static int forcedCacheable(int type) {
        return forcedNibble(type >>> 4) << 4 | forcedNibble(type & 15);
    }

    private static int forcedNibble(int nibble) {
        return nibble == 4 ? 15 : nibble(WRITE_BACK, nibble & 3, isTransient(nibble));
    }

    private static int weaker(int one, int other) {
        if (isDevice(one) || isDevice(other)) {
            return isDevice(one) && isDevice(other) ? Math.min(one, other) : isDevice(one) ? one : other;
        }
        return weakerNibble(one >>> 4, other >>> 4) << 4 | weakerNibble(one & 15, other & 15);
    }

    private static int weakerNibble(int hinting, int other) {
        int cacheability = Math.min(cacheability(hinting), cacheability(other));
        return nibble(cacheability, hinting & 3, isTransient(hinting));
    }

    private static int withHintsOf(int nibble, int incoming, int incomingType) {
        if (isDevice(incomingType) || cacheability(incoming) == UNCACHED || cacheability(nibble) == UNCACHED) {
            return nibble;
        }
        return nibble(cacheability(nibble), nibble & incoming & 3, isTransient(nibble) || isTransient(incoming));
    }

    private static int hinted(int nibble, int readWrite, boolean transientHint) {
        return nibble(cacheability(nibble), readWrite, transientHint);
    }

    /** One half of a MAIR byte. What is not cacheable has no hints; what does not allocate is not transient. */
    private static int nibble(int cacheability, int readWrite, boolean transientHint) {
        boolean shortLived = transientHint && readWrite != 0;
        return switch (cacheability) {
            case WRITE_BACK -> (shortLived ? 4 : 12) | readWrite;
            case WRITE_THROUGH -> (shortLived ? 0 : 8) | readWrite;
            default -> 4;
        };
    }

    private static int cacheability(int nibble) {
        if (nibble == 4) {
            return UNCACHED;
        }
        return (nibble & 4) != 0 ? WRITE_BACK : WRITE_THROUGH;
    }

    private static boolean isTransient(int nibble) {
        return nibble < 8 && nibble != 4;
    }

    /** MemAttr[3:0] without forced write-back; the reserved values act as Device-nGnRnE. */
    private static int stage2Type(int memAttr) {
        if ((memAttr & 12) == 0) {
            return (memAttr & 3) << 2;
        }
        return (memAttr & 3) == 0 ? 0 : stage2Nibble(memAttr >>> 2) << 4 | stage2Nibble(memAttr & 3);
    }

    private static int stage2Nibble(int field) {
        return field == 1 ? 4 : field == 2 ? 11 : 15;
    }

    private static int shareabilityField(int field) {
        return field == 2 ? OUTER : field == 3 ? INNER : 0;
    }

    private static boolean isDevice(int type) {
        return (type & 0xF0) == 0;
    }

    private static int effective(int attributes) {
        int type = attributes & 0xFF;
        return isDevice(type) || type == NON_CACHEABLE ? type | OUTER : attributes;
    }
}
