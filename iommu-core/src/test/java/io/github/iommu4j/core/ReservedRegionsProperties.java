package io.github.iommu4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.ReservedRegion;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Merging against a bitmap of addresses for each type. */
final class ReservedRegionsProperties {

    private static final ReservedRegion.Type[] TYPES = ReservedRegion.Type.values();

    private static ReservedRegion region(long start, long last, ReservedRegion.Type type) {
        return new ReservedRegion(new IovaRange(start, last), Prot.NONE, type);
    }

    @Property(tries = 1000)
    void R06_eachTypeIsTheRunsOfItsAddressesAndTheListIsSorted(
            @ForAll @Size(max = 12) List<@IntRange(min = 0, max = 0xFFFF) Integer> seeds) {
        List<ReservedRegion> regions = new ArrayList<>();
        for (int seed : seeds) {
            int start = seed & 0x7F;
            regions.add(region(start, start + (seed >>> 7 & 0xF), TYPES[(seed >>> 11) % TYPES.length]));
        }
        List<ReservedRegion> expected = new ArrayList<>();
        for (int start = 0; start < 0x100; start++) {
            for (ReservedRegion.Type type : TYPES) {
                BitSet taken = new BitSet();
                regions.stream()
                        .filter(region -> region.type() == type)
                        .forEach(region -> taken.set(
                                (int) region.range().start(),
                                (int) region.range().last() + 1));
                if (taken.get(start) && (start == 0 || !taken.get(start - 1))) {
                    expected.add(region(start, taken.nextClearBit(start) - 1L, type));
                }
            }
        }
        assertThat(ReservedRegions.merge(regions)).isEqualTo(expected);
    }

    @Example
    void R06_theTopOfTheAddressSpaceDoesNotWrap() {
        ReservedRegion top = region(-0x1000, -1, ReservedRegion.Type.RESERVED);
        ReservedRegion below = region(-0x2000, -0x1001, ReservedRegion.Type.RESERVED);
        ReservedRegion within = region(-0x800, -1, ReservedRegion.Type.RESERVED);
        assertThat(ReservedRegions.merge(List.of(within, top, below)))
                .containsExactly(region(-0x2000, -1, ReservedRegion.Type.RESERVED));
    }
}
