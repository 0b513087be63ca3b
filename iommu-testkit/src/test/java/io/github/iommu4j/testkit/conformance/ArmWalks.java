package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/** ARM's tables, read as the architecture's manuals say. */
final class ArmWalks {

    private ArmWalks() {}

    /** Where the write permission of a kind of long descriptor is. */
    enum Permissions {
        /** AP[2] of stage 1: set for read-only. */
        STAGE_1,
        /** S2AP: one bit to read, one to write. */
        STAGE_2
    }

    /**
     * A walk of long descriptors (Arm ARM D8).
     *
     * @param inputBits width of input addresses
     * @param granuleLg2 log2 of a page
     * @param startLevel the root's level
     * @param permissions how leaves say what is allowed
     * @param pageType bits 1 and 0 of a page
     */
    record LongWalk(int inputBits, int granuleLg2, int startLevel, Permissions permissions, int pageType)
            implements HardwareWalk {

        static LongWalk stage1(int inputBits, int granuleLg2, int startLevel) {
            return new LongWalk(inputBits, granuleLg2, startLevel, Permissions.STAGE_1, 3);
        }

        static LongWalk stage2(int inputBits, int granuleLg2, int startLevel) {
            return new LongWalk(inputBits, granuleLg2, startLevel, Permissions.STAGE_2, 3);
        }

        static LongWalk mali(int inputBits) {
            return new LongWalk(inputBits, 12, 0, Permissions.STAGE_2, 1);
        }

        @Override
        public @Nullable Found walk(PhysicalMemory memory, long root, long iova) {
            long input = iova & (1L << inputBits) - 1;
            long table = root;
            for (int level = startLevel; level <= 3; level++) {
                int shift = granuleLg2 + (3 - level) * (granuleLg2 - 3);
                long index = level == startLevel ? input >>> shift : input >>> shift & (1L << granuleLg2 - 3) - 1;
                long raw = memory.load64(table + index * 8);
                int type = (int) raw & 3;
                if (type == (level == 3 ? pageType : 1)) {
                    return new Found(address(raw) & -1L << shift | input & (1L << shift) - 1, prot(raw));
                }
                if (type != 3) {
                    return null;
                }
                table = address(raw);
            }
            return null;
        }

        private long address(long raw) {
            return granuleLg2 == 16 ? raw & 0xFFFF_FFFF_0000L | (raw >>> 12 & 15) << 48 : raw & 0xFFFF_FFFF_F000L;
        }

        private Prot prot(long raw) {
            if (permissions == Permissions.STAGE_1) {
                return (raw >>> 7 & 1) == 0 ? Prot.READ_WRITE : Prot.READ;
            }
            return new Prot((int) (raw >>> 6) & 3);
        }
    }

    /**
     * A walk of short descriptors (ARMv7 ARM B3.5).
     *
     * @param mediaTek whether bits 9, 4 and 5 are address bits 32, 33 and 34
     * @param hasPermissions whether leaves say what is allowed
     */
    record ShortWalk(boolean mediaTek, boolean hasPermissions) implements HardwareWalk {

        @Override
        public @Nullable Found walk(PhysicalMemory memory, long root, long iova) {
            long first = memory.load32(root + (iova >>> 20) * 4) & 0xFFFF_FFFFL;
            if ((first & 3) == 0) {
                return null;
            }
            if ((first & 3) != 1) {
                long offset = (first >>> 18 & 1) != 0 ? 0xFF_FFFF : 0xF_FFFF;
                return found(first, offset, iova, 15);
            }
            long second = memory.load32((first & 0xFFFF_FC00L | high(first)) + (iova >>> 12 & 0xFF) * 4) & 0xFFFF_FFFFL;
            if ((second & 3) == 0) {
                return null;
            }
            return found(second, (second & 2) == 0 ? 0xFFFF : 0xFFF, iova, 9);
        }

        private Found found(long raw, long offset, long iova, int readOnly) {
            Prot prot = (raw >>> readOnly & 1) == 0 ? Prot.READ_WRITE : Prot.READ;
            return new Found(raw & 0xFFFF_FFFFL & ~offset | high(raw) | iova & offset, hasPermissions ? prot : null);
        }

        private long high(long raw) {
            return mediaTek ? (raw >>> 9 & 1) << 32 | (raw >>> 4 & 3) << 33 : 0;
        }
    }
}
