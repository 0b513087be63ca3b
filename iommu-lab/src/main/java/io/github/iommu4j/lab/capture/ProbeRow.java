package io.github.iommu4j.lab.capture;

import io.github.iommu4j.api.dma.Access;
import java.util.List;

/**
 * A line of {@code probe.csv}: one DMA that a device of the reference machine was told to do.
 *
 * @param line line number, from 1
 * @param streamId StreamID
 * @param iova input address
 * @param length bytes
 * @param access read or write
 * @param verdict what the reference machine did
 * @param pa output address by the reference; 0 when there was none
 * @param permissions what the reference logged, bit 0 read, bit 1 write; -1 when it logged none
 * @param eventName the name of the reference's event; empty when there was none
 * @param event the reference's event record as four words; empty when there was none
 * @param specification what an independent, literal reading of the specification gives
 * @param specificationPa output address by that reading; 0 when there is none
 * @param agreement whether the two agree
 * @param note why the address was chosen
 */
public record ProbeRow(
        long line,
        int streamId,
        long iova,
        int length,
        Access access,
        Verdict verdict,
        long pa,
        int permissions,
        String eventName,
        List<Long> event,
        Expectation specification,
        long specificationPa,
        Agreement agreement,
        String note) {

    /** Copies the list. */
    public ProbeRow {
        event = List.copyOf(event);
    }

    /** What the reference machine did. */
    public enum Verdict {
        /** Translated. */
        OK,
        /** Passed through. */
        BYPASS,
        /** Refused without a record. */
        ABORT,
        /** Refused. */
        FAULT,
        /** The access never reached the translation. */
        NONE
    }

    /** Whether the reference machine and the literal reading of the specification agree. */
    public enum Agreement {
        /** They do. */
        YES,
        /** They do not: the specification is right. */
        NO,
        /** Not comparable. */
        UNKNOWN
    }

    /**
     * Whether this access touches an address.
     *
     * @param address input address
     * @return whether it lies in the bytes of this access
     */
    public boolean covers(long address) {
        return address - iova >= 0 && address - iova < length;
    }
}
