package io.github.iommu4j.lab.oracle;

import java.util.List;

/**
 * A group as a kernel showed it.
 *
 * @param type what its {@code type} file said
 * @param devices its members, sorted
 * @param reservedRegions the lines of its {@code reserved_regions} file
 */
public record ExpectedGroup(String type, List<String> devices, List<String> reservedRegions) {

    /** Copies the lists and sorts the members: a directory has no order. */
    public ExpectedGroup {
        devices = devices.stream().sorted().toList();
        reservedRegions = List.copyOf(reservedRegions);
    }
}
