package io.github.iommu4j.armshort.driver;

/**
 * A device behind an M4U: its ports, all of one larb. Immutable.
 *
 * @param driver the M4U it is behind
 * @param slot its larb
 * @param ports its ports there, a bit each
 */
record M4uMaster(M4uDriver driver, LarbSlot slot, int ports) {

    /** Its ports are to go through the M4U. */
    void enable(int bank) {
        slot.enable(ports, bank);
    }

    /** Its ports are to go past the M4U. */
    void disable() {
        slot.disable(ports);
    }
}
