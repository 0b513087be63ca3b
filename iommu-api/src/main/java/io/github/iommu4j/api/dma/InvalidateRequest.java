package io.github.iommu4j.api.dma;

import java.util.Locale;

/**
 * Has a device drop translations that it got through ATS (PCIe ATS, Invalidate Request Message). Immutable.
 *
 * @param streamId StreamID or requester ID of the device, unsigned 32 bits
 * @param substreamId PASID, {@link TranslationUnit#NO_SUBSTREAM} for translations of requests without one, or {@link
 *     #EVERY_SUBSTREAM}
 * @param address the first byte, aligned to the size
 * @param sizeLg2 log2 of the bytes, 12 or more; {@link #EVERYTHING} is the whole address space
 */
public record InvalidateRequest(int streamId, int substreamId, long address, int sizeLg2) {

    /** Translations of requests with and without PASID, of all PASIDs. */
    public static final int EVERY_SUBSTREAM = -2;
    /** log2 of the bytes of the whole address space. */
    public static final int EVERYTHING = 64;

    /**
     * Checks the size and drops the address bits below it.
     *
     * @throws IllegalArgumentException when {@code sizeLg2} is not 12 to 64, or the substream is no 20-bit number and none of
     *     the two constants
     */
    public InvalidateRequest {
        if (sizeLg2 < 12 || sizeLg2 > EVERYTHING) {
            throw new IllegalArgumentException(
                    "invalidation of 2^" + sizeLg2 + " bytes: 2^12 to 2^64 can be asked for");
        }
        if (substreamId < EVERY_SUBSTREAM || substreamId > 0xF_FFFF) {
            throw new IllegalArgumentException("substream id " + substreamId + " is not a 20-bit number");
        }
        address = sizeLg2 == EVERYTHING ? 0 : address & -1L << sizeLg2;
    }

    /**
     * Whether a translation is to go.
     *
     * @param substream the PASID it was asked for with, or {@link TranslationUnit#NO_SUBSTREAM}
     * @param first its first address
     * @param bytesLg2 log2 of its bytes
     * @return whether it shares an address and the PASID with this
     */
    public boolean covers(int substream, long first, int bytesLg2) {
        if (substreamId != EVERY_SUBSTREAM && substreamId != substream) {
            return false;
        }
        int common = Math.max(sizeLg2, bytesLg2);
        return common >= EVERYTHING || first >>> common == address >>> common;
    }

    @Override
    public String toString() {
        String who = substreamId == EVERY_SUBSTREAM
                ? " every"
                : substreamId < 0 ? "" : " 0x" + Integer.toHexString(substreamId);
        return String.format(
                Locale.ROOT, "InvalidateRequest(0x%x%s, 0x%x, 2^%d bytes)", streamId, who, address, sizeLg2);
    }
}
