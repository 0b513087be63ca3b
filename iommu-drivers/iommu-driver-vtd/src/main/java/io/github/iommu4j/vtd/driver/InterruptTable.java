package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.vtd.layout.RegisterFields.Global;
import io.github.iommu4j.vtd.layout.RegisterFields.Irta;
import io.github.iommu4j.vtd.layout.VtdRegister;

/** The interrupt remapping table of a unit (Intel VT-d §5.1): empty, so that every remappable interrupt is blocked. */
final class InterruptTable {

    private static final int ENTRIES_LG2 = 16;
    private static final long BYTES = 16L << ENTRIES_LG2;

    private final VtdUnitParts parts;
    private final long table;

    InterruptTable(VtdUnitParts parts) {
        this.parts = parts;
        this.table = parts.structures().allocate(BYTES, 4096);
        parts.writeBack(table, BYTES);
    }

    void start(Invalidations invalidations) {
        UnitCapabilities capabilities = parts.capabilities();
        UnitRegisters registers = parts.registers();
        long wide = capabilities.hasWideInterruptDestinations() ? Irta.EIME.mask() : 0;
        registers.write(VtdRegister.IRTA, table | wide | Irta.S.of(ENTRIES_LG2 - 1));
        registers.command(Global.SIRTP);
        if (!capabilities.setInterruptTableInvalidates()) {
            invalidations.interruptEntries();
        }
        registers.command(Global.IRE);
    }

    void stop() {
        parts.registers().revoke(Global.IRE);
    }
}
