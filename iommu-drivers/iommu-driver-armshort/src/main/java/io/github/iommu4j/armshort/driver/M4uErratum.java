package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.Erratum;

/** Historical mistakes of the M4U's driver, one constant each. Off unless switched on in the core's description. */
public enum M4uErratum implements Erratum {
    /** The address of a fault keeps the bits of its register that are none of an address. */
    FAULT_ADDRESS_KEEPS_FLAGS(
            "Linux 5.13 to 6.1 at least: on parts with 32-bit addresses the handler takes FAULT_VA as it"
                    + " is, so that the address it reports has the write and layer bits in its low bits and misses its page by up"
                    + " to 0xFFF bytes. 4.6 masked them; the mask was lost when 34-bit addresses came."
                    + " Mended here by masking them on every part."),
    /** The upper bits of a fault's physical address are taken from what is left of the register. */
    PA_HIGH_BITS_AFTER_MASK(
            "Linux 6.1: bits 34:32 of the physical address are taken out of FAULT_VA after everything but"
                    + " the address was masked off, so that they are always 0 on parts with 34-bit addresses. 5.12 read them"
                    + " first. Mended here by reading them before the mask."),
    /** Several range invalidations are waited for once. */
    SYNC_POLLS_ONE_RANGE("Linux 4.6: each page starts a range invalidation and only the sync at the end polls CPE_DONE,"
            + " once. The first range to finish satisfies the poll while later ones still run, and memory is freed that"
            + " the device can still reach. Mended by polling for each range."),
    /** CPE_DONE is not written back to 0. */
    DONE_IS_LEFT_SET("No release has it, every one writes CPE_DONE back to 0: the bit stays set until then, so that a"
            + " driver that forgets finds the next range done before it has begun. Mended by"
            + " writing 0 after each poll."),
    /** The registers of an invalidation are written without a lock. */
    TLB_REGISTERS_UNLOCKED("Linux 4.6: nothing keeps two invalidations apart. One may overwrite the other's end address"
            + " between its start address and its command, and one of the ranges is never invalidated. Mended by a lock"
            + " around registers and poll."),
    /** Flushing everything reaches one instance of several that share a table. */
    FLUSH_ALL_REACHES_ONE_INSTANCE(
            "Linux 6.1: where two M4Us share one table (mt2712), invalidating a range goes to both,"
                    + " but flush_iotlb_all only to the one the domain was first attached through. Mended here by flushing"
                    + " every instance that shares the table."),
    /** A larb number that the part does not use is larb 0. */
    UNKNOWN_LARB_IS_ZERO(
            "Linux 6.1: places of the remap table that are not filled in are 0, so that a fault with a number"
                    + " that no larb has is blamed on larb 0. Mended here by a table whose unused places"
                    + " say that no larb is there.");

    private final String story;

    M4uErratum(String story) {
        this.story = story;
    }

    @Override
    public String story() {
        return story;
    }
}
