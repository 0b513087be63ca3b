package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.vtd.layout.TableMode;

/**
 * What a translation must know of the registers. Swapped whole, so that no translation sees half a change.
 *
 * @param translating GSTS_REG.TES
 * @param mode the latched RTADDR_REG.TTM
 * @param rootTable the latched RTADDR_REG.RTA as an address, 4 KiB aligned
 */
record ControlState(boolean translating, TableMode mode, long rootTable) {

    /** After reset nothing is translated. */
    static final ControlState RESET = new ControlState(false, TableMode.LEGACY, 0);
}
