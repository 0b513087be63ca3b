package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.vtd.layout.TableMode;

/**
 * What a translation must know of the registers. Swapped whole, so that no translation sees half a change.
 *
 * @param translating GSTS_REG.TES
 * @param mode the latched RTADDR_REG.TTM; {@link TableMode#RESERVED} while no root table was ever set
 * @param rootTable the latched RTADDR_REG.RTA as an address, 4 KiB aligned
 * @param protectedMemory what requests that are not remapped do not reach
 */
record ControlState(boolean translating, TableMode mode, long rootTable, ProtectedMemory protectedMemory) {

    /** After reset nothing is translated. */
    static final ControlState RESET = new ControlState(false, TableMode.LEGACY, 0);

    /** A state without protected memory. */
    ControlState(boolean translating, TableMode mode, long rootTable) {
        this(translating, mode, rootTable, ProtectedMemory.NONE);
    }
}
