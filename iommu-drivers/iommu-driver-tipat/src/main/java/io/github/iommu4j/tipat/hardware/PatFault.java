package io.github.iommu4j.tipat.hardware;

import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;

/**
 * Why an access through a window got an error response (SPRUIL1, PAT chapter: the transaction is flushed and the error
 * logged). The hardware does not number its reasons; the numbers are this model's.
 */
public enum PatFault {
    /** CONTROL.EN is 0: no page of the window is enabled. */
    DISABLED,
    /** The page lies beyond the last entry of the table. */
    BEYOND_TABLE,
    /** ENABLE of the page's entry is 0. */
    PAGE_DISABLED,
    /** The access went through windows again and again: a loop, which hardware would never leave. No PAT logs it. */
    HOP_LIMIT,
    /** The address has more than the 48 bits of the interconnect. No PAT sees it. */
    ADDRESS_SIZE;

    private static final PatFault[] VALUES = values();

    /**
     * The number in a packed answer.
     *
     * @return 1 or more, to be found in {@link Translations#faultCode}
     */
    public int code() {
        return ordinal() + 1;
    }

    /**
     * The reason in a packed answer.
     *
     * @param packed a fault of a PAT or of its interconnect
     * @return the reason
     * @throws IllegalArgumentException when it is none
     */
    public static PatFault of(long packed) {
        int code = Translations.isOk(packed) ? 0 : Translations.faultCode(packed);
        if (code < 1 || code > VALUES.length) {
            throw new IllegalArgumentException("0x" + Long.toHexString(packed) + " is no fault of a PAT");
        }
        return VALUES[code - 1];
    }

    long packed() {
        return Translations.fault(code(), FaultResponse.ABORT);
    }

    Translation.Fault recordedOrNot(long packed) {
        return new Translation.Fault(code(), name(), FaultResponse.ABORT, Translations.isRecorded(packed));
    }
}
