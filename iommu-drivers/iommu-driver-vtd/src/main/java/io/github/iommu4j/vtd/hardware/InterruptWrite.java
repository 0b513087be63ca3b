package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.vtd.layout.InterruptMessage;
import java.util.Locale;

/**
 * A device's write to the interrupt window (Intel VT-d §5.1.2). Immutable.
 *
 * @param sid source-id, 16 bits
 * @param message address and data; bits 1:0 of the address are ignored
 * @param bytes how many bytes the write has: 4, or the request is malformed
 */
public record InterruptWrite(int sid, InterruptMessage message, int bytes) {

    /**
     * Checks that it is one.
     *
     * @throws IllegalArgumentException when the low half of the address is not FEEx_xxxxh, or {@code sid} has more than 16
     *     bits
     */
    public InterruptWrite {
        if ((message.address() >>> 20 & 0xFFF) != 0xFEE || sid >>> 16 != 0) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "a write by 0x%x to 0x%x is no interrupt", sid, message.address()));
        }
    }

    /**
     * A write of four bytes.
     *
     * @param sid source-id, 16 bits
     * @param address where: FEEx_xxxxh
     * @param data what
     * @return the write
     * @throws IllegalArgumentException when {@code address} is not in the window
     */
    public static InterruptWrite of(int sid, long address, int data) {
        return new InterruptWrite(sid, new InterruptMessage(address, data), 4);
    }
}
