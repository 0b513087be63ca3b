package io.github.iommu4j.api.dma;

import java.util.Locale;

/**
 * A device asks for a page (PCIe PRI, Page Request Message). Immutable.
 *
 * @param streamId StreamID or requester ID of the device, unsigned 32 bits
 * @param substreamId PASID, 20 bits, or {@link TranslationUnit#NO_SUBSTREAM}
 * @param address an address in the page; the low 12 bits are dropped
 * @param permissions what is asked for: bit 0 read, bit 1 write, bit 2 execute
 * @param privilege with which privilege
 * @param prgIndex Page Request Group Index, 9 bits
 * @param last whether it is the last of its group, to which the response goes
 */
public record PageRequestMessage(
        int streamId, int substreamId, long address, int permissions, Privilege privilege, int prgIndex, boolean last) {

    /** {@link #permissions()}: to read. */
    public static final int READ = 1;
    /** {@link #permissions()}: to write. */
    public static final int WRITE = 2;
    /** {@link #permissions()}: to execute. */
    public static final int EXECUTE = 4;

    /**
     * Checks the fields and drops the offset within the page.
     *
     * @throws IllegalArgumentException when a field is wider than PCIe has it
     */
    public PageRequestMessage {
        if (substreamId < TranslationUnit.NO_SUBSTREAM || substreamId > 0xF_FFFF) {
            throw new IllegalArgumentException("substream id " + substreamId + " is not a 20-bit number");
        }
        if (prgIndex < 0 || prgIndex > 0x1FF) {
            throw new IllegalArgumentException("page request group index " + prgIndex + " is not a 9-bit number");
        }
        if (permissions < 0 || permissions > 7) {
            throw new IllegalArgumentException("permissions " + permissions + " are not three bits");
        }
        address &= -1L << 12;
    }

    /**
     * The message with which a device says that it has stopped using a PASID: no answer is due.
     *
     * @param streamId StreamID or requester ID of the device
     * @param substreamId the PASID, 20 bits
     * @return a stop marker
     */
    public static PageRequestMessage stopMarker(int streamId, int substreamId) {
        return new PageRequestMessage(streamId, substreamId, 0, 0, Privilege.UNPRIVILEGED, 0, true);
    }

    /**
     * Whether it is a stop marker: with a PASID, last, and asking for nothing.
     *
     * @return {@code true} when no answer is due
     */
    public boolean isStopMarker() {
        return last && hasSubstream() && (permissions & (READ | WRITE)) == 0;
    }

    /**
     * Whether there is a PASID.
     *
     * @return {@code true} when {@link #substreamId()} is one
     */
    public boolean hasSubstream() {
        return substreamId != TranslationUnit.NO_SUBSTREAM;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "PageRequestMessage(0x%x%s, 0x%x, %c%c%c%s, group %d%s)",
                streamId,
                hasSubstream() ? String.format(Locale.ROOT, " 0x%x", substreamId) : "",
                address,
                (permissions & READ) != 0 ? 'r' : '-',
                (permissions & WRITE) != 0 ? 'w' : '-',
                (permissions & EXECUTE) != 0 ? 'x' : '-',
                privilege == Privilege.PRIVILEGED ? " privileged" : "",
                prgIndex,
                last ? ", last" : "");
    }
}
