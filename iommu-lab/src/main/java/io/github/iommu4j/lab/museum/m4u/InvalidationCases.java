package io.github.iommu4j.lab.museum.m4u;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.armshort.driver.M4uErratum;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.testkit.errata.ErratumCase;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Translations that outlive their mapping. */
final class InvalidationCases {

    /** What finds them. */
    static final String HARDWARE = "the hardware half, whose cache only invalidation clears";

    private static final long IOVA = 0x1234_5000L;
    private static final long PA = 0x4000_1000L;
    private static final long PAGE = 0x1000;

    private InvalidationCases() {}

    static List<ErratumCase> cases() {
        return List.of(
                new ErratumCase(
                        M4uErratum.SYNC_POLLS_ONE_RANGE,
                        "Two pages are unmapped and synced.",
                        HARDWARE,
                        "0x12346000 still goes to 0x40002000",
                        InvalidationCases::twoPages),
                new ErratumCase(
                        M4uErratum.DONE_IS_LEFT_SET,
                        "A page is mapped, used and unmapped.",
                        HARDWARE,
                        "0x12345000 still goes to 0x40001000",
                        InvalidationCases::onePage),
                new ErratumCase(
                        M4uErratum.FLUSH_ALL_REACHES_ONE_INSTANCE,
                        "A page is unmapped lazily behind two M4Us and everything is flushed.",
                        HARDWARE,
                        "behind m4u1 0x12345000 still goes to 0x40001000",
                        InvalidationCases::flushAll));
    }

    private static List<String> twoPages(Set<Erratum> errata) {
        return unmapPages(errata, 2);
    }

    private static List<String> onePage(Set<Erratum> errata) {
        return unmapPages(errata, 1);
    }

    private static List<String> unmapPages(Set<Erratum> errata, int pages) {
        Board board = new Board(Chip.mt8173(), errata);
        DeviceNode device = board.running(0, 5);
        IommuDomain domain = board.domain(device);
        for (int page = 0; page < pages; page++) {
            domain.map(IOVA + page * PAGE, PA + page * PAGE, PAGE, Prot.READ);
            board.stillReached(device, IOVA + page * PAGE);
        }
        domain.unmap(IOVA, pages * PAGE);
        List<String> reports = new ArrayList<>();
        for (int page = 0; page < pages; page++) {
            reports.addAll(board.stillReached(device, IOVA + page * PAGE));
        }
        return reports;
    }

    private static List<String> flushAll(Set<Erratum> errata) {
        Board board = new Board(Chip.mt2712(), errata);
        List<DeviceNode> devices = List.of(board.running(0, 1), board.running(4, 1));
        IommuDomain domain = board.domain(devices.get(0));
        domain.map(IOVA, PA, PAGE, Prot.READ);
        devices.forEach(device -> board.stillReached(device, IOVA));
        domain.unmapFast(IOVA, PAGE, IotlbGather.queued());
        domain.flushIotlbAll();
        List<String> reports = new ArrayList<>();
        for (int index = 0; index < devices.size(); index++) {
            for (String report : board.stillReached(devices.get(index), IOVA)) {
                reports.add("behind m4u" + index + " " + report);
            }
        }
        return reports;
    }
}
