package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.TranslationUnit;
import java.util.List;

/**
 * What {@link FaultSink#report} is told, as a value.
 *
 * @param reason the code
 * @param sid the source-id
 * @param pasid the PASID, or {@link TranslationUnit#NO_SUBSTREAM}
 * @param info bits 63:12 of the lower word
 * @param attributes T1, T2, PRIV, EXE and AT
 */
record FaultReport(int reason, int sid, int pasid, long info, long attributes) {

    private static final long F = 1L << 63;
    private static final long PP = 1L << 31;
    private static final int FR_SHIFT = 32;
    private static final int PV_SHIFT = 40;

    /** The record: FRCD_REG, lower word first (§11.4.14). */
    List<Long> words() {
        long upper = F | (long) reason << FR_SHIFT | attributes | sid;
        return List.of(info, pasid == TranslationUnit.NO_SUBSTREAM ? upper : upper | PP | (long) pasid << PV_SHIFT);
    }
}
