package io.github.iommu4j.lab.museum.vtd;

import static io.github.iommu4j.lab.museum.vtd.Workbench.CARD;
import static io.github.iommu4j.lab.museum.vtd.Workbench.FIRMWARE;
import static io.github.iommu4j.lab.museum.vtd.Workbench.NIC;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.testkit.errata.ErratumCase;
import io.github.iommu4j.vtd.driver.FlushSelection;
import io.github.iommu4j.vtd.driver.VtdErratum;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.hardware.VtdFeature;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The driver's mistakes. */
final class DriverCases {

    private static final long PAGE = 0x1000;
    private static final String HARDWARE = "the hardware's answer to DMA";

    private DriverCases() {}

    static List<ErratumCase> cases() {
        return List.of(
                new ErratumCase(
                        VtdErratum.FIRST_STAGE_TAIL_LOST,
                        "Two pages that straddle 4 MiB are unmapped from a first stage.",
                        HARDWARE,
                        "0x400000 is reached after it was unmapped",
                        DriverCases::unmapAcross),
                new ErratumCase(
                        VtdErratum.PAGES_COUNTED_IN_32_BITS,
                        "16 TiB are to be invalidated.",
                        "the kernel's BUG",
                        "an invalidation of 4294967296 pages, counted as 0",
                        DriverCases::invalidateMuch),
                new ErratumCase(
                        VtdErratum.USERS_DOMAIN_IDS_LEAK,
                        "A device is given to one user after the other, on a unit with sixteen domain ids.",
                        "whether the next user gets it",
                        "is refused: dmar0: all 16 domain ids are taken",
                        DriverCases::manyUsers),
                new ErratumCase(
                        VtdErratum.RIGHT_DOMAIN_IS_REFUSED,
                        "A storage card whose firmware does DMA is probed.",
                        HARDWARE,
                        "the firmware of 0000:00:02.0 does not reach 0x70000000",
                        DriverCases::storageCard));
    }

    private static List<String> unmapAcross(Set<Erratum> errata) {
        VtdCapabilities firstStageOnly = VtdCapabilities.everything().toBuilder()
                .without(VtdFeature.SSTS, VtdFeature.NEST)
                .build();
        Workbench bench = new Workbench(firstStageOnly, errata);
        IommuDomain domain = bench.attached(NIC);
        long first = 0x3F_F000;
        domain.map(first, FIRMWARE, 2 * PAGE, Prot.READ_WRITE);
        bench.reads(NIC, first);
        bench.reads(NIC, first + PAGE);
        domain.unmap(first, 2 * PAGE);
        List<String> reports = new ArrayList<>();
        for (long page = first; page <= first + PAGE; page += PAGE) {
            if (bench.reads(NIC, page)) {
                reports.add(String.format("0x%x is reached after it was unmapped", page));
            }
        }
        return reports;
    }

    private static List<String> invalidateMuch(Set<Erratum> errata) {
        Set<VtdErratum> own = EnumSet.noneOf(VtdErratum.class);
        if (errata.contains(VtdErratum.PAGES_COUNTED_IN_32_BITS)) {
            own.add(VtdErratum.PAGES_COUNTED_IN_32_BITS);
        }
        FlushSelection selection = FlushSelection.of(FlushSelection.Pages.SELECTIVE, 18, own);
        try {
            selection.secondStage(0, 1L << 32, FlushSelection.Changed.TABLES);
            return List.of();
        } catch (AssertionError panic) {
            return List.of(String.valueOf(panic.getMessage()));
        }
    }

    private static List<String> manyUsers(Set<Erratum> errata) {
        VtdCapabilities fewIds =
                VtdCapabilities.legacy().toBuilder().domainIdBits(4).build();
        Workbench bench = new Workbench(fewIds, errata);
        bench.group(NIC).dmaOwnership().claim("host");
        for (int user = 1; user <= 40; user++) {
            IommuDomain domain = bench.newDomain(NIC);
            try {
                bench.group(NIC).attach(domain);
            } catch (IommuException refusal) {
                return List.of("user " + user + " is refused: " + refusal.getMessage());
            }
            bench.group(NIC).detach(domain);
            domain.free();
        }
        return List.of();
    }

    private static List<String> storageCard(Set<Erratum> errata) {
        Workbench bench = new Workbench(VtdCapabilities.legacy(), errata);
        return bench.reads(CARD, FIRMWARE)
                ? List.of()
                : List.of(String.format("the firmware of %s does not reach 0x%x", CARD, FIRMWARE));
    }
}
