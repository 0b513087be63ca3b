package io.github.iommu4j.vtd.reference;

import java.util.Map;

/**
 * What the reference says of a request.
 *
 * @param code the fault's code, 0 for a silent abort, -1 for a success
 * @param recorded whether a record is due
 * @param pa physical address of a success
 * @param sizeLg2 log2 of the bytes that share it
 * @param rights bit 0 read, bit 1 write, bit 2 execute
 * @param updates bits that were set in memory, by address
 */
public record Verdict(int code, boolean recorded, long pa, int sizeLg2, int rights, Map<Long, Long> updates) {

    /** Whether it goes through. */
    public boolean isOk() {
        return code < 0;
    }

    @Override
    public String toString() {
        return isOk()
                ? String.format("Ok(0x%x, 2^%d, %d) %s", pa, sizeLg2, rights, updates)
                : String.format("Fault(0x%02x, %s) %s", code, recorded ? "recorded" : "not recorded", updates);
    }
}
