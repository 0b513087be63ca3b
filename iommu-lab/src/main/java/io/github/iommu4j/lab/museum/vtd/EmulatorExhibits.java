package io.github.iommu4j.lab.museum.vtd;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.testkit.errata.Exhibit;
import io.github.iommu4j.testkit.errata.Exhibit.Condition;
import io.github.iommu4j.testkit.errata.Exhibit.Sighting;
import io.github.iommu4j.vtd.hardware.Vtd;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.hardware.VtdDeviation;
import java.util.List;
import java.util.Set;

/** Mistakes of emulated remapping units, seen by a guest that does everything right. */
public final class EmulatorExhibits {

    /** 48 bits, and invalidations of up to 2^63 pages. */
    private static final long CAP = 0xD2_008C_222F_0606L | 0x3FL << 48;

    private static final long ECAP = 0xF0_0F4AL;
    private static final int SID = 0x10;
    private static final long IOVA = 0x1000;
    private static final long LEAF = 0x6008;
    private static final long OLD_PAGE = 0x20_0000;
    private static final long NEW_PAGE = 0x30_0000;
    private static final long READ_WRITE = 3;

    private static final long GCMD = 0x18;
    private static final long RTADDR = 0x20;
    private static final long IVA = 0xF0;
    private static final long IOTLB = 0xF8;
    private static final long SET_ROOT_TABLE = 1L << 30;
    private static final long TRANSLATE = 1L << 31;
    private static final long PAGES_OF_DOMAIN_1 = 0xB000_0001_0000_0000L;
    /** 2^53 pages, more than there are. */
    private static final long EVERY_PAGE = 53;

    private EmulatorExhibits() {}

    /**
     * The exhibits.
     *
     * @return one for each mistake
     */
    public static List<Exhibit> exhibits() {
        return List.of(new Exhibit(
                "invalidation-am-of-6-bits",
                "A well-known emulator of VT-d computes the span of an invalidation as 1 << (12 + AM) and masks the shift to six"
                        + " bits. AM is a field of six bits itself: an AM of 52 or more asks for everything there is, and becomes"
                        + " a few bytes. A guest that writes such an AM goes on with a translation it has taken back.",
                "the IOTLB, which may not answer what was invalidated",
                "0x1000 still goes to 0x200000 after 2^53 pages were invalidated",
                "Mended by taking an AM of 52 and more as all pages.",
                EmulatorExhibits::invalidateEverything));
    }

    private static Sighting invalidateEverything(Condition condition) {
        SparseMemory memory = new SparseMemory();
        Vtd unit = Vtd.builder(memory, VtdCapabilities.of(0x10, CAP, ECAP, 48))
                .deviations(
                        condition == Condition.AS_IT_WAS ? Set.of(VtdDeviation.INVALIDATION_AM_OF_6_BITS) : Set.of())
                .build();
        writeTables(memory);
        MmioRegion registers = unit.registers();
        registers.write(RTADDR, Long.BYTES, 0x1000);
        registers.write(GCMD, Integer.BYTES, SET_ROOT_TABLE);
        registers.write(GCMD, Integer.BYTES, TRANSLATE);
        unit.translate(DmaRequest.read(SID, IOVA));
        memory.store64(LEAF, NEW_PAGE | READ_WRITE);
        registers.write(IVA, Long.BYTES, 0x7_0000_0000L | EVERY_PAGE);
        registers.write(IOTLB, Long.BYTES, PAGES_OF_DOMAIN_1);
        boolean stale = unit.translate(DmaRequest.read(SID, IOVA)) instanceof Translation.Ok ok && ok.pa() == OLD_PAGE;
        return Sighting.of(
                stale ? List.of("0x1000 still goes to 0x200000 after 2^53 pages were invalidated") : List.of());
    }

    /** A root table, a context table of bus 0, and four levels of second-stage tables. */
    private static void writeTables(SparseMemory memory) {
        memory.store64(0x1000, 0x2001);
        memory.store64(0x2000 + SID * 16, 0x3001);
        memory.store64(0x2008 + SID * 16, 0x102);
        memory.store64(0x3000, 0x4000 | READ_WRITE);
        memory.store64(0x4000, 0x5000 | READ_WRITE);
        memory.store64(0x5000, 0x6000 | READ_WRITE);
        memory.store64(LEAF, OLD_PAGE | READ_WRITE);
    }
}
