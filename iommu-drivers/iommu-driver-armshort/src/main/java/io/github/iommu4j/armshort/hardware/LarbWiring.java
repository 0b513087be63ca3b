package io.github.iommu4j.armshort.hardware;

/**
 * A larb and the hardware numbers by which INT_ID names it. Immutable.
 *
 * @param larb the larb's id, 0 to 31
 * @param ports how many ports it has, 1 to 32
 * @param common its number at the common, or that of the sub-common it hangs on
 * @param subCommon its number at the sub-common; 0 where it hangs on the common itself
 */
public record LarbWiring(int larb, int ports, int common, int subCommon) {

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException when a number is out of range
     */
    public LarbWiring {
        if (larb >>> 5 != 0 || ports < 1 || ports > 32 || common < 0 || subCommon < 0) {
            throw new IllegalArgumentException(
                    "larb " + larb + " with " + ports + " ports at " + common + "." + subCommon);
        }
    }

    /**
     * A larb that hangs on the common.
     *
     * @param larb the larb's id
     * @param ports how many ports it has
     * @param common its number there
     * @return the wiring
     */
    public static LarbWiring direct(int larb, int ports, int common) {
        return new LarbWiring(larb, ports, common, 0);
    }
}
