package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.armshort.layout.M4uLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * What the driver knows of a part from its name (Linux {@code mtk_iommu_plat_data}). Immutable; start from one of the
 * parts, as {@link #mt8173()}.
 *
 * @param part the part's name
 * @param layout where its registers differ from others'
 * @param flags how else it differs
 * @param regions pieces of the address space that devices are given; most parts have one
 * @param larbs which larb has which number at the common and, within the list, at the sub-common: {@link #UNKNOWN_LARB}
 *     where there is none
 */
public record M4uPlatform(
        String part, M4uLayout layout, Set<M4uFlag> flags, List<IovaRange> regions, List<List<Integer>> larbs) {

    /** No larb has these numbers. */
    public static final int UNKNOWN_LARB = -1;

    private static final List<IovaRange> FOUR_GIGABYTES = List.of(new IovaRange(0, 0xFFFF_FFFFL));

    /** Copies the collections. */
    public M4uPlatform {
        flags = Set.copyOf(flags);
        regions = List.copyOf(regions);
        larbs = larbs.stream().map(List::copyOf).toList();
    }

    /**
     * The mt8173.
     *
     * @return its data
     */
    public static M4uPlatform mt8173() {
        return new M4uPlatform(
                "mt8173",
                M4uLayout.MT8173,
                Set.of(M4uFlag.HAS_4GB_MODE, M4uFlag.HAS_BCLK, M4uFlag.RESET_AXI),
                FOUR_GIGABYTES,
                plain(0, 1, 2, 3, 4, 5));
    }

    /**
     * The mt6795.
     *
     * @return its data
     */
    public static M4uPlatform mt6795() {
        return new M4uPlatform(
                "mt6795",
                M4uLayout.MT8173,
                Set.of(M4uFlag.HAS_4GB_MODE, M4uFlag.HAS_BCLK, M4uFlag.RESET_AXI),
                FOUR_GIGABYTES,
                plain(0, 1, 2, 3, 4));
    }

    /**
     * The mt8167.
     *
     * @return its data
     */
    public static M4uPlatform mt8167() {
        return new M4uPlatform("mt8167", M4uLayout.MT8167, Set.of(M4uFlag.RESET_AXI), FOUR_GIGABYTES, plain(0, 1, 2));
    }

    /**
     * The mt2712, which has two M4Us with one table.
     *
     * @return its data
     */
    public static M4uPlatform mt2712() {
        return new M4uPlatform(
                "mt2712",
                M4uLayout.MT8183,
                Set.of(M4uFlag.HAS_4GB_MODE, M4uFlag.HAS_BCLK, M4uFlag.HAS_VLD_PA_RNG, M4uFlag.SHARE_PGTABLE),
                FOUR_GIGABYTES,
                plain(0, 1, 2, 3, 4, 5, 6, 7));
    }

    /**
     * The mt8183.
     *
     * @return its data
     */
    public static M4uPlatform mt8183() {
        return new M4uPlatform(
                "mt8183", M4uLayout.MT8183, Set.of(M4uFlag.RESET_AXI), FOUR_GIGABYTES, plain(0, 4, 5, 6, 7, 2, 3, 1));
    }

    private static List<List<Integer>> plain(Integer... larbs) {
        List<List<Integer>> table = new ArrayList<>();
        for (Integer larb : larbs) {
            table.add(Collections.singletonList(larb));
        }
        return table;
    }

    /**
     * The same part with other pieces of the address space.
     *
     * @param pieces the pieces
     * @return new data
     */
    public M4uPlatform withRegions(List<IovaRange> pieces) {
        return new M4uPlatform(part, layout, flags, pieces, larbs);
    }

    boolean has(M4uFlag flag) {
        return flags.contains(flag);
    }

    /** The larb of the numbers INT_ID shows, or {@link #UNKNOWN_LARB}. */
    int larb(int common, int subCommon) {
        List<Integer> behind = common < larbs.size() ? larbs.get(common) : List.of();
        return subCommon < behind.size() ? behind.get(subCommon) : UNKNOWN_LARB;
    }
}
