package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.vtd.layout.RegisterFields.Irta;

/**
 * What an interrupt must know of the registers. Swapped whole, so that no interrupt sees half a change.
 *
 * @param remapping GSTS_REG.IRES
 * @param compatible GSTS_REG.CFIS
 * @param table IRTA_REG as latched
 */
record InterruptControl(boolean remapping, boolean compatible, long table) {

    /** After reset nothing is remapped. */
    static final InterruptControl RESET = new InterruptControl(false, false, 0);

    /** How many entries the table has. */
    int entries() {
        return 2 << Irta.S.getInt(table);
    }

    /** IRTA_REG.EIME: destinations of 32 bits. */
    boolean isExtended() {
        return Irta.EIME.isSet(table);
    }

    /** Where an entry stands. */
    long entry(int index) {
        return Irta.IRTA.inPlace(table) + 16L * index;
    }
}
