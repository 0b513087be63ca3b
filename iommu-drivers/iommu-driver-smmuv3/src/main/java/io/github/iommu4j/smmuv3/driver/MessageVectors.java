package io.github.iommu4j.smmuv3.driver;

/**
 * Where a unit's own interrupts go as messages. Immutable.
 *
 * @param address the doorbell, 4-byte aligned, not 0
 * @param eventData what is written for the event queue
 * @param errorData what is written for global errors
 * @param pageRequestData what is written for the PRI queue
 */
public record MessageVectors(long address, int eventData, int errorData, int pageRequestData) {

    /**
     * Checks the doorbell.
     *
     * @throws IllegalArgumentException when it is 0 or not 4-byte aligned
     */
    public MessageVectors {
        if (address == 0 || (address & 3) != 0) {
            throw new IllegalArgumentException(
                    "a doorbell stands at a multiple of 4, not at 0x" + Long.toHexString(address));
        }
    }
}
