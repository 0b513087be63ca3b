package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.armshort.layout.M4uLayout;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What one part's M4U can do and how its larbs are wired. Immutable; start from one of the parts, as {@link #mt8173()}.
 *
 * @param inputBits width of addresses: 32, or 34 where larbs add bits 33:32
 * @param outputBits width of physical addresses, 32 to 35
 * @param layout where its registers differ from others'
 * @param features what it has
 * @param larbs its larbs
 */
public record M4uCapabilities(
        int inputBits, int outputBits, M4uLayout layout, Set<M4uFeature> features, List<LarbWiring> larbs) {

    private static final int ALL_PORTS = 32;

    /**
     * Checks and copies.
     *
     * @throws IllegalArgumentException when a width is out of range, two larbs have one id or one place, or a place
     *     does not fit in INT_ID
     */
    public M4uCapabilities {
        features = Set.copyOf(features);
        larbs = List.copyOf(larbs);
        if (inputBits != 32 && inputBits != 34 || outputBits < 32 || outputBits > 35) {
            throw new IllegalArgumentException(inputBits + "-bit addresses to " + outputBits
                    + "-bit physical ones: only 32 or 34 to 32 to 35 exist");
        }
        Set<Integer> ids = new HashSet<>();
        Set<Integer> places = new HashSet<>();
        for (LarbWiring larb : larbs) {
            int place = layout.interruptId().pack(larb.common(), larb.subCommon(), 0);
            if (!ids.add(larb.larb()) || !places.add(place)) {
                throw new IllegalArgumentException("two larbs with one id or place: " + larb);
            }
        }
    }

    /**
     * The mt8173: six larbs of 8, 10, 21, 15, 6 and 9 ports, 33-bit physical addresses for 4 GiB mode.
     *
     * @return the capabilities
     */
    public static M4uCapabilities mt8173() {
        int[] ports = {8, 10, 21, 15, 6, 9};
        List<LarbWiring> larbs = new ArrayList<>();
        for (int larb = 0; larb < ports.length; larb++) {
            larbs.add(LarbWiring.direct(larb, ports[larb], larb));
        }
        return new M4uCapabilities(32, 33, M4uLayout.MT8173, Set.of(), larbs);
    }

    /**
     * The mt6795: as the mt8173 with five larbs.
     *
     * @return the capabilities
     */
    public static M4uCapabilities mt6795() {
        return new M4uCapabilities(32, 33, M4uLayout.MT8173, Set.of(), inOrder(5));
    }

    /**
     * The mt8167: three larbs, 35-bit physical addresses.
     *
     * @return the capabilities
     */
    public static M4uCapabilities mt8167() {
        return new M4uCapabilities(32, 35, M4uLayout.MT8167, Set.of(), inOrder(3));
    }

    /**
     * The mt2712: eight larbs, 33-bit physical addresses for 4 GiB mode, which it checks. The part has two M4Us; {@link
     * #withLarbs} says which larbs one of them serves.
     *
     * @return the capabilities
     */
    public static M4uCapabilities mt2712() {
        return new M4uCapabilities(32, 33, M4uLayout.MT8183, EnumSet.of(M4uFeature.CHECKS_PA_RANGE), inOrder(8));
    }

    /**
     * The mt8183: eight larbs in another order than the common's, 35-bit physical addresses.
     *
     * @return the capabilities
     */
    public static M4uCapabilities mt8183() {
        int[] larbAt = {0, 4, 5, 6, 7, 2, 3, 1};
        List<LarbWiring> larbs = new ArrayList<>();
        for (int common = 0; common < larbAt.length; common++) {
            larbs.add(LarbWiring.direct(larbAt[common], ALL_PORTS, common));
        }
        return new M4uCapabilities(32, 35, M4uLayout.MT8183, Set.of(), larbs);
    }

    private static List<LarbWiring> inOrder(int count) {
        List<LarbWiring> larbs = new ArrayList<>();
        for (int larb = 0; larb < count; larb++) {
            larbs.add(LarbWiring.direct(larb, ALL_PORTS, larb));
        }
        return larbs;
    }

    /**
     * The same capabilities with other larbs.
     *
     * @param wired the larbs
     * @return new capabilities
     * @throws IllegalArgumentException as the constructor
     */
    public M4uCapabilities withLarbs(List<LarbWiring> wired) {
        return new M4uCapabilities(inputBits, outputBits, layout, features, wired);
    }

    /**
     * The same capabilities with other widths.
     *
     * @param input width of addresses
     * @param output width of physical addresses
     * @return new capabilities
     * @throws IllegalArgumentException as the constructor
     */
    public M4uCapabilities withAddresses(int input, int output) {
        return new M4uCapabilities(input, output, layout, features, larbs);
    }

    /**
     * The same capabilities with other features.
     *
     * @param newFeatures what there is
     * @return new capabilities
     */
    public M4uCapabilities withFeatures(M4uFeature... newFeatures) {
        return new M4uCapabilities(inputBits, outputBits, layout, Set.of(newFeatures), larbs);
    }

    /**
     * The same capabilities with other registers.
     *
     * @param newLayout where registers differ from others'
     * @return new capabilities
     * @throws IllegalArgumentException as the constructor
     */
    public M4uCapabilities withLayout(M4uLayout newLayout) {
        return new M4uCapabilities(inputBits, outputBits, newLayout, features, larbs);
    }

    boolean has(M4uFeature feature) {
        return features.contains(feature);
    }

    DescriptorFormat format(DescriptorFormat.Remap remap) {
        return new DescriptorFormat(
                inputBits,
                outputBits,
                DescriptorFormat.Extension.MEDIATEK,
                has(M4uFeature.TABLES_ABOVE_4G),
                false,
                true,
                remap,
                true);
    }
}
