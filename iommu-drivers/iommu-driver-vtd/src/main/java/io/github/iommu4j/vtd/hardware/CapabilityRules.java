package io.github.iommu4j.vtd.hardware;

import java.util.List;

/** Which register values describe a unit that can exist (Intel VT-d §11.4.2, §11.4.3). */
final class CapabilityRules {

    private static final int LEAST_HOST_WIDTH = 12;
    private static final int MOST_HOST_WIDTH = 52;
    private static final int RESERVED_ND = 7;
    private static final int MOST_PASID_BITS = 20;

    /** Features that need others. */
    private static final List<Need> NEEDS = List.of(
            new Need(VtdFeature.SMTS, VtdFeature.QI),
            new Need(VtdFeature.IR, VtdFeature.QI),
            new Need(VtdFeature.DT, VtdFeature.QI),
            new Need(VtdFeature.EIM, VtdFeature.IR),
            new Need(VtdFeature.PI, VtdFeature.IR),
            new Need(VtdFeature.FSTS, VtdFeature.SMTS),
            new Need(VtdFeature.SSTS, VtdFeature.SMTS),
            new Need(VtdFeature.NEST, VtdFeature.FSTS),
            new Need(VtdFeature.NEST, VtdFeature.SSTS),
            new Need(VtdFeature.PRS, VtdFeature.DT),
            new Need(VtdFeature.PRS, VtdFeature.PASID));

    /** One feature that is nothing without another. */
    private record Need(VtdFeature feature, VtdFeature needed) {}

    private CapabilityRules() {}

    /**
     * Checks.
     *
     * @throws IllegalArgumentException naming the value and the rule
     */
    static void check(VtdCapabilities has) {
        int width = has.hostAddressWidth();
        refuse(width < LEAST_HOST_WIDTH || width > MOST_HOST_WIDTH, "host address width " + width, "is 12 to 52 bits");
        refuse((has.cap() & 7) == RESERVED_ND, "CAP.ND 7", "is reserved");
        int widths = has.secondStageWidths();
        refuse((widths & 0x11) != 0, "CAP.SAGAW 0x" + Integer.toHexString(widths), "has reserved bits 0 and 4");
        int pages = has.secondStageLargePages();
        refuse((pages & 0xC) != 0, "CAP.SSLPS 0x" + Integer.toHexString(pages), "has reserved bits 2 and 3");
        refuse(
                has.takesPasids() && has.pasidBits() > MOST_PASID_BITS,
                "ECAP.PSS " + (has.pasidBits() - 1),
                "is at most 19: a PASID has 20 bits");
        for (Need need : NEEDS) {
            refuse(has.has(need.feature) && !has.has(need.needed), need.feature + "=1", "needs " + need.needed + "=1");
        }
    }

    private static void refuse(boolean broken, String value, String rule) {
        if (broken) {
            throw new IllegalArgumentException(value + ": " + rule);
        }
    }
}
