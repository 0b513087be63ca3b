package io.github.iommu4j.lab.museum.m4u;

import io.github.iommu4j.armshort.driver.M4uPlatform;
import io.github.iommu4j.armshort.driver.SmiPlatform;
import io.github.iommu4j.armshort.hardware.LarbWiring;
import io.github.iommu4j.armshort.hardware.M4uCapabilities;
import java.util.List;

/**
 * What a board is made of.
 *
 * @param platform what the driver knows of its M4Us
 * @param smi what the drivers know of what is before them
 * @param m4us its M4Us
 */
record Chip(M4uPlatform platform, SmiPlatform smi, List<M4uCapabilities> m4us) {

    /** An mt8173, which has one M4U. */
    static Chip mt8173() {
        return mt8173(M4uCapabilities.mt8173());
    }

    /** An mt8173 whose M4U is another than the driver thinks. */
    static Chip mt8173(M4uCapabilities m4u) {
        return new Chip(M4uPlatform.mt8173(), SmiPlatform.MT8173, List.of(m4u));
    }

    /** An mt2712: larbs 0 to 3 are behind one M4U and 4 to 7 behind the other. */
    static Chip mt2712() {
        return new Chip(M4uPlatform.mt2712(), SmiPlatform.MT2712, List.of(mt2712From(0), mt2712From(4)));
    }

    private static M4uCapabilities mt2712From(int first) {
        List<LarbWiring> larbs = M4uCapabilities.mt2712().larbs().subList(first, first + 4);
        return M4uCapabilities.mt2712().withLarbs(larbs);
    }
}
