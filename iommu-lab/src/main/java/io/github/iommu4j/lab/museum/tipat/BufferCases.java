package io.github.iommu4j.lab.museum.tipat;

import io.github.iommu4j.api.Erratum;
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

/** Ways out of mapping a buffer that leave something behind. */
final class BufferCases {

    private static final String TABLE =
            "the table, which has enabled entries only while somebody has the buffer mapped";

    private BufferCases() {}

    static List<ErratumCase> cases() {
        return List.of(
                new ErratumCase(
                        TiPatErratum.PARENT_FAILURE_KEEPS_LOCK,
                        "The parent cannot be mapped; the importer tries again.",
                        "the locks, which notice a task that takes one twice",
                        "deadlock: the task takes &buffer->lock",
                        BufferCases::mapTwiceAfterParentFailure),
                new ErratumCase(
                        TiPatErratum.REJECTED_SEGMENT_KEEPS_ENTRIES,
                        "The last of three segments begins at an offset.",
                        TABLE,
                        "2 entries are enabled although nothing is mapped",
                        BufferCases::mapWithOffset),
                new ErratumCase(
                        TiPatErratum.DEVICE_FAILURE_KEEPS_COUNT,
                        "A device that drives 32 bits maps a window above them.",
                        TABLE,
                        "3 entries are enabled although nothing is mapped",
                        BufferCases::mapForNarrowDevice));
    }

    private static List<String> mapTwiceAfterParentFailure(Set<Erratum> errata) {
        Board board = new Board(errata);
        DmaBufAttachment attachment =
                board.pat().export(board.buffer(Board.pages(3), 1)).attach(board.device());
        Board.refusedOrNot(() -> attachment.map(DmaDirection.TO_DEVICE));
        try {
            attachment.map(DmaDirection.TO_DEVICE);
            return List.of();
        } catch (AssertionError report) {
            return List.of(String.valueOf(report.getMessage()));
        }
    }

    private static List<String> mapWithOffset(Set<Erratum> errata) {
        Board board = new Board(errata);
        List<Segment> segments = new ArrayList<>(Board.pages(2).segments());
        segments.add(new Segment(Board.MEMORY + 2 * Board.PAGE, 8, Board.PAGE));
        DmaBufAttachment attachment =
                board.pat().export(board.buffer(ScatterList.of(segments))).attach(board.device());
        Board.refusedOrNot(() -> attachment.map(DmaDirection.TO_DEVICE));
        return board.enabledEntries();
    }

    private static List<String> mapForNarrowDevice(Set<Erratum> errata) {
        Board board = new Board(errata);
        DmaBuf exported = board.pat().export(board.buffer(Board.pages(3)));
        DmaBufAttachment narrow = exported.attach(board.narrowDevice());
        DmaBufAttachment wide = exported.attach(board.device());
        Board.refusedOrNot(() -> narrow.map(DmaDirection.TO_DEVICE));
        wide.unmap(wide.map(DmaDirection.TO_DEVICE), DmaDirection.TO_DEVICE);
        return board.enabledEntries();
    }
}
