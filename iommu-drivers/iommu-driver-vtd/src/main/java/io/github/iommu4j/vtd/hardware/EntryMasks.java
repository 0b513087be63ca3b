package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.vtd.layout.FirstStageEntry;
import io.github.iommu4j.vtd.layout.SecondStageEntry;

/** Which bits of table entries are addresses and which are reserved on a unit (Intel VT-d §9.7, §9.8). Immutable. */
final class EntryMasks {

    private static final int LAST_LEVEL = 1;
    private static final int GIGABYTE_LEVEL = 3;
    private static final long FIRST_STAGE_PAT = 0x1000;

    /** Table or page address of an entry. */
    final long address;

    /** Of second-stage entries. */
    final ReservedBits secondStage;

    /** Of first-stage entries where XD is not reserved. */
    final ReservedBits firstStage;

    /** Of first-stage entries where XD is reserved. */
    final ReservedBits firstStageWithoutXd;

    EntryMasks(VtdCapabilities has) {
        address = Log2.mask(has.hostAddressWidth()) & SecondStageEntry.ADDRESS.mask();
        long beyondHost = SecondStageEntry.ADDRESS.mask() & ~address;
        secondStage = ReservedBits.of((level, leaf) -> beyondHost | ofSecondStage(has, level, leaf));
        firstStage = ReservedBits.of((level, leaf) -> beyondHost | ofFirstStage(has, level, leaf));
        firstStageWithoutXd = ReservedBits.of(
                (level, leaf) -> beyondHost | FirstStageEntry.XD.mask() | ofFirstStage(has, level, leaf));
    }

    private static long ofSecondStage(VtdCapabilities has, int level, boolean leaf) {
        if (!leaf) {
            return SecondStageEntry.RESERVED.mask() | SecondStageEntry.SNP.mask();
        }
        return SecondStageEntry.RESERVED.mask()
                | (has.controlsSnooping() ? 0 : SecondStageEntry.SNP.mask())
                | (isLeafLevel(level, has.secondStageLargePages()) ? lowBits(level) : SecondStageEntry.PS.mask());
    }

    private static long ofFirstStage(VtdCapabilities has, int level, boolean leaf) {
        if (!leaf) {
            return 0;
        }
        int sizes = has.hasFirstStageGigabytePages() ? 3 : 1;
        return isLeafLevel(level, sizes) ? lowBits(level) & ~FIRST_STAGE_PAT : FirstStageEntry.PS.mask();
    }

    /** Address bits below a page of a level. */
    private static long lowBits(int level) {
        return Log2.mask(3 + 9 * level) & ~Log2.mask(12);
    }

    /** Whether an entry of a level may be a leaf; {@code sizes} has bit 0 for 2 MiB and bit 1 for 1 GiB. */
    private static boolean isLeafLevel(int level, int sizes) {
        return level == LAST_LEVEL || level <= GIGABYTE_LEVEL && (sizes >>> level - 2 & 1) != 0;
    }
}
