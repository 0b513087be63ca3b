package io.github.iommu4j.lab.museum.tipat;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.core.dmabuf.DmaBuf;
import io.github.iommu4j.core.dmabuf.DmaBufAttachment;
import io.github.iommu4j.core.dmabuf.DmaDirection;
import io.github.iommu4j.core.dmabuf.ScatterList;
import io.github.iommu4j.core.dmabuf.ScatterList.Segment;
import io.github.iommu4j.testkit.errata.ErratumCase;
import io.github.iommu4j.tipat.driver.TiPatErratum;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Windows that lead elsewhere, or are given out wrongly. */
final class WindowCases {

    private static final String PAGES_BEHIND = "the interconnect: the window leads to the pages of the scatter list";

    private WindowCases() {}

    static List<ErratumCase> cases() {
        return List.of(
                new ErratumCase(
                        TiPatErratum.TARGET_LOSES_UPPER_BITS,
                        "A buffer lies above 48 bits.",
                        PAGES_BEHIND,
                        "leads to 0x880000000 instead of 0x1000880000000",
                        WindowCases::mapAbove48Bits),
                new ErratumCase(
                        TiPatErratum.FRAGMENTED_WINDOW_LOOKS_FULL,
                        "Every other page of the window is given back; then two in one piece are wanted.",
                        "the log, which explains an ENOMEM while enough bytes are free",
                        "ENOMEM with 0x20000 bytes free, and the log does not say why",
                        WindowCases::exportIntoFragments),
                new ErratumCase(
                        TiPatErratum.POOL_LARGER_THAN_TABLE,
                        "Buffers are exported and mapped until the window is full.",
                        PAGES_BEHIND,
                        "leads to BEYOND_TABLE instead of",
                        WindowCases::exportUntilFull));
    }

    /** Maps a page through the window; where it leads when not there. */
    private static List<String> mapPage(Board board, DmaBufAttachment attachment, long pa) {
        ScatterList mapped = attachment.map(DmaDirection.TO_DEVICE);
        return board.leadsElsewhere(mapped.dmaRanges().get(0).address(), pa);
    }

    private static List<String> mapAbove48Bits(Set<Erratum> errata) {
        Board board = new Board(errata);
        long beyond = 1L << 48 | Board.MEMORY;
        DmaBuf buffer = board.buffer(ScatterList.of(List.of(Segment.of(beyond, Board.PAGE))));
        DmaBufAttachment attachment = board.pat().export(buffer).attach(board.device());
        List<String> wrong = new ArrayList<>();
        Board.refusedOrNot(() -> wrong.addAll(mapPage(board, attachment, beyond)));
        return wrong;
    }

    private static List<String> exportIntoFragments(Set<Erratum> errata) {
        Board board = new Board(errata);
        List<DmaBuf> exported = new ArrayList<>();
        while (board.pat().window().largestFreeRun() > 0) {
            exported.add(board.pat().export(board.buffer(Board.pages(1))));
        }
        for (int i = 0; i < exported.size(); i += 2) {
            exported.get(i).put();
        }
        DmaBuf two = board.buffer(Board.pages(2));
        long free = board.pat().window().freeBytes();
        Errno answer = answerToExport(board, two);
        boolean explained = !board.logged("fragmented").isEmpty();
        return explained || free < two.size()
                ? List.of()
                : List.of(answer + " with 0x" + Long.toHexString(free) + " bytes free, and the log does not say why");
    }

    private static Errno answerToExport(Board board, DmaBuf parent) {
        try {
            throw new AssertionError(board.pat().export(parent) + " fits into fragments");
        } catch (IommuException refusal) {
            return refusal.errno();
        }
    }

    private static List<String> exportUntilFull(Set<Erratum> errata) {
        Board board = new Board(errata);
        Device device = board.device();
        List<String> wrong = new ArrayList<>();
        Board.refusedOrNot(() -> {
            while (wrong.isEmpty()) {
                DmaBuf exported = board.pat().export(board.buffer(Board.pages(1)));
                wrong.addAll(mapPage(board, exported.attach(device), Board.MEMORY));
            }
        });
        return wrong;
    }
}
