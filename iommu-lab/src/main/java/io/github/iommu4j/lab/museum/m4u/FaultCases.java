package io.github.iommu4j.lab.museum.m4u;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.armshort.driver.M4uErratum;
import io.github.iommu4j.armshort.driver.M4uFlag;
import io.github.iommu4j.armshort.driver.M4uPlatform;
import io.github.iommu4j.armshort.driver.SmiPlatform;
import io.github.iommu4j.armshort.hardware.LarbWiring;
import io.github.iommu4j.armshort.hardware.M4uCapabilities;
import io.github.iommu4j.armshort.hardware.M4uFeature;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.armshort.layout.MasterId;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.testkit.errata.ErratumCase;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Faults that are told of wrongly. */
final class FaultCases {

    private static final long IOVA = 0x1234_5000L;
    private static final String LOG = "the line about a fault";

    private FaultCases() {}

    static List<ErratumCase> cases() {
        return List.of(
                new ErratumCase(
                        M4uErratum.FAULT_ADDRESS_KEEPS_FLAGS,
                        "A write faults and a handler is told where.",
                        "the page the access was made to",
                        "the fault at 0x12345000 is reported at 0x12345002",
                        FaultCases::faultAddress),
                new ErratumCase(
                        M4uErratum.PA_HIGH_BITS_AFTER_MASK,
                        "A part with 34-bit addresses finds a physical address it may not use.",
                        LOG,
                        "pa 0x80001000 instead of 0x180001000",
                        FaultCases::highBits),
                new ErratumCase(
                        M4uErratum.UNKNOWN_LARB_IS_ZERO,
                        "A fault comes with a larb number the part does not use.",
                        LOG,
                        "larb 6 faults and (larb 0 port 0) is blamed",
                        FaultCases::unknownLarb));
    }

    private static List<String> faultAddress(Set<Erratum> errata) {
        Board board = new Board(Chip.mt8173(), errata);
        DeviceNode device = board.running(0, 5);
        List<Long> reported = new ArrayList<>();
        board.domain(device).setFaultHandler((domain, reporter, iova, access) -> {
            reported.add(iova);
            return null;
        });
        board.dma(device, IOVA, Access.WRITE);
        board.printedOnInterrupt();
        return reported.equals(List.of(IOVA))
                ? List.of()
                : reported.stream()
                        .map(iova -> String.format("the fault at 0x%x is reported at 0x%x", IOVA, iova))
                        .toList();
    }

    /** An mt8183 with the 34-bit addresses of later parts. */
    private static Chip wideChip() {
        M4uPlatform mt8183 = M4uPlatform.mt8183();
        M4uPlatform platform = new M4uPlatform(
                "mt8192-like",
                mt8183.layout(),
                Set.of(M4uFlag.IOVA_34_EN, M4uFlag.RESET_AXI),
                mt8183.regions(),
                mt8183.larbs());
        M4uCapabilities m4u = M4uCapabilities.mt8183().withAddresses(34, 35).withFeatures(M4uFeature.CHECKS_PA_RANGE);
        return new Chip(platform, SmiPlatform.MT8183, List.of(m4u));
    }

    private static List<String> highBits(Set<Erratum> errata) {
        Board board = new Board(wideChip(), errata);
        DeviceNode device = board.running(0, 5);
        board.domain(device).map(IOVA, 0x1_8000_1000L, 0x1000, Prot.READ);
        board.m4u(0).registers().write(M4uRegister.VLD_PA_RNG.offset(), Integer.BYTES, 0x300);
        board.dma(device, IOVA, Access.READ);
        String line = lineAboutAFault(board);
        return line.contains("pa 0x180001000,")
                ? List.of()
                : List.of(line.replaceAll(".*(pa 0x\\w+),.*", "$1 instead of 0x180001000"));
    }

    /** The hardware has a larb more than the driver's table knows. */
    private static List<String> unknownLarb(Set<Erratum> errata) {
        List<LarbWiring> larbs = new ArrayList<>(M4uCapabilities.mt8173().larbs());
        larbs.add(LarbWiring.direct(6, 4, 7));
        Board board = new Board(Chip.mt8173(M4uCapabilities.mt8173().withLarbs(larbs)), errata);
        board.running(0, 5);
        int throughTheM4u = 1;
        int control = Chip.mt8173().smi().larbControl().offset(0);
        board.m4u(0).larb(6).registers().write(control, Integer.BYTES, throughTheM4u);
        board.m4u(0).translate(DmaRequest.read(new MasterId(6, 0).id(), IOVA));
        String line = lineAboutAFault(board);
        return line.contains("(larb ? port 0)")
                ? List.of()
                : List.of(line.replaceAll(".*(\\(larb \\d+ port \\d+\\)).*", "larb 6 faults and $1 is blamed"));
    }

    private static String lineAboutAFault(Board board) {
        return board.printedOnInterrupt().stream()
                .filter(line -> line.contains(" at iova "))
                .findFirst()
                .orElse("no line about the fault");
    }
}
