package io.github.iommu4j.vtd.driver;

import java.util.ArrayList;
import java.util.List;

/**
 * What firmware says of remapping (DMAR, Intel VT-d chapter 8). Immutable.
 *
 * @param hostAddressWidth bits of a host physical address
 * @param units the remapping units
 * @param reservedMemory what must be mapped 1:1
 * @param ats who may cache translations
 */
public record DmarTable(
        int hostAddressWidth, List<DmarUnit> units, List<ReservedMemory> reservedMemory, List<AtsReach> ats) {

    /** Copies the lists. */
    public DmarTable {
        units = List.copyOf(units);
        reservedMemory = List.copyOf(reservedMemory);
        ats = List.copyOf(ats);
    }

    /**
     * Units, and nothing more.
     *
     * @param hostAddressWidth bits of a host physical address
     * @param units the remapping units
     * @return the table
     */
    public static DmarTable of(int hostAddressWidth, DmarUnit... units) {
        return new DmarTable(hostAddressWidth, List.of(units), List.of(), List.of());
    }

    /**
     * The same with more reserved memory.
     *
     * @param reserved what must be mapped 1:1
     * @return the table
     */
    public DmarTable with(ReservedMemory reserved) {
        List<ReservedMemory> more = new ArrayList<>(reservedMemory);
        more.add(reserved);
        return new DmarTable(hostAddressWidth, units, more, ats);
    }

    /**
     * The same with more devices that may cache translations.
     *
     * @param reach who may
     * @return the table
     */
    public DmarTable with(AtsReach reach) {
        List<AtsReach> more = new ArrayList<>(ats);
        more.add(reach);
        return new DmarTable(hostAddressWidth, units, reservedMemory, more);
    }
}
