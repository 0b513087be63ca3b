package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.AddressType;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.dma.PageRequestUnit;
import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Moves the bytes of a device's transfers, a piece within one page after the other, each with an access of its own. It holds no
 * lock while it calls the unit or memory. One thread steps it.
 */
final class DmaEngine {

    private static final int PAGE_LG2 = 12;
    private static final int PAGE = 1 << PAGE_LG2;
    /** Page requests of a group, at most. */
    private static final int MOST_PAGES = 8;

    /** Whom the engine talks to. */
    record Port(TranslationUnit unit, @Nullable PageRequestUnit pages, PhysicalMemory memory, int streamId) {}

    private final Port port;
    private final @Nullable DeviceTranslations translations;
    private final PageRequestGroups groups;
    private final DeviceStalls stalls;
    private final int mostTries;

    DmaEngine(
            Port port,
            @Nullable DeviceTranslations translations,
            PageRequestGroups groups,
            DeviceStalls stalls,
            int mostTries) {
        this.port = port;
        this.translations = translations;
        this.groups = groups;
        this.stalls = stalls;
        this.mostTries = mostTries;
    }

    /** The piece that is next: where, what, how much. */
    private record Piece(long iova, Access access, int length) {
        private int permission() {
            return access == Access.WRITE ? PageRequestMessage.WRITE : PageRequestMessage.READ;
        }
    }

    /** Moves a transfer; {@code false} when it waits or has ended. */
    boolean step(DmaTransfer transfer) {
        return switch (transfer.state()) {
            case RUNNING -> {
                move(transfer, pieceOf(transfer));
                yield true;
            }
            case WAITING_FOR_PAGES -> pagesCame(transfer);
            case STALLED -> stallEnded(transfer);
            case DONE, FAILED -> false;
        };
    }

    private static Piece pieceOf(DmaTransfer transfer) {
        DmaSegment segment = transfer.current();
        int offset = transfer.offset();
        int rest = segment.length() - offset;
        long from = segment.from() + offset;
        long to = segment.to() + offset;
        return switch (segment.kind()) {
            case READ -> new Piece(from, Access.READ, untilPageEnd(from, rest));
            case WRITE -> new Piece(to, Access.WRITE, untilPageEnd(to, rest));
            case COPY -> {
                int length = untilPageEnd(to, untilPageEnd(from, rest));
                yield transfer.held() == null
                        ? new Piece(from, Access.READ, length)
                        : new Piece(to, Access.WRITE, length);
            }
        };
    }

    private static int untilPageEnd(long address, int length) {
        return Math.min(length, PAGE - (int) (address & PAGE - 1));
    }

    private void move(DmaTransfer transfer, Piece piece) {
        if (translations == null) {
            Translation answer = port.unit().translate(request(transfer.job(), piece, AddressType.UNTRANSLATED));
            act(transfer, piece, answer);
            return;
        }
        DeviceTranslations.Key key = new DeviceTranslations.Key(
                transfer.job().substreamId(), transfer.job().privilege());
        DeviceTranslations.Entry entry = translations.use(key, piece.iova(), piece.permission());
        if (entry == null) {
            entry = ask(transfer, piece, key);
        }
        if (entry != null) {
            try {
                act(transfer, piece, port.unit().translate(translated(piece, entry)));
            } finally {
                translations.release(entry);
            }
        }
    }

    private DmaRequest translated(Piece piece, DeviceTranslations.Entry entry) {
        return DmaRequest.of(port.streamId(), entry.target(piece.iova()), piece.access())
                .ofType(AddressType.TRANSLATED);
    }

    private DmaRequest request(DmaJob job, Piece piece, AddressType type) {
        return new DmaRequest(port.streamId(), job.substreamId(), piece.iova(), piece.access(), job.privilege(), type);
    }

    /** A Translation Request; {@code null} when the transfer cannot go on with what came. */
    private DeviceTranslations.@Nullable Entry ask(DmaTransfer transfer, Piece piece, DeviceTranslations.Key key) {
        DeviceTranslations cache = Objects.requireNonNull(translations);
        long asked = cache.ask();
        Translation answer = port.unit().translate(request(transfer.job(), piece, AddressType.TRANSLATION_REQUEST));
        if (answer instanceof Translation.Ok ok && (ok.permissions() & piece.permission()) != 0) {
            int sizeLg2 = ok.sizeLg2();
            long first = sizeLg2 >= Long.SIZE - 1 ? 0 : piece.iova() & -1L << sizeLg2;
            return cache.fill(new DeviceTranslations.Entry(key, first, sizeLg2, ok, asked), piece.iova());
        }
        cache.abandon();
        if (answer instanceof Translation.Ok) {
            askForPages(transfer, piece);
        } else {
            act(transfer, piece, answer);
        }
        return null;
    }

    private void act(DmaTransfer transfer, Piece piece, Translation answer) {
        if (answer instanceof Translation.Ok ok) {
            try {
                access(transfer, piece, ok.pa());
            } catch (BusErrorException e) {
                end(transfer, piece, "nothing answers at 0x" + Long.toHexString(ok.pa()));
            }
        } else if (answer instanceof Translation.Stalled stalled) {
            transfer.waitFor(DmaTransfer.State.STALLED, stalled.tag());
        } else if (answer instanceof Translation.Fault fault) {
            transfer.refused(fault);
            if (fault.response() == FaultResponse.RAZ_WI) {
                skip(transfer, piece);
            } else {
                end(transfer, piece, fault.toString());
            }
        }
    }

    private void access(DmaTransfer transfer, Piece piece, long pa) {
        DmaSegment segment = transfer.current();
        if (piece.access() == Access.READ) {
            keep(transfer, piece, MemoryBytes.read(port.memory(), pa, piece.length()));
            return;
        }
        byte[] held = transfer.held();
        MemoryBytes.write(port.memory(), pa, held == null ? segment.data(transfer.offset(), piece.length()) : held);
        transfer.advance(piece.length());
    }

    private static void keep(DmaTransfer transfer, Piece piece, byte[] bytes) {
        if (transfer.current().kind() == DmaSegment.Kind.COPY) {
            transfer.hold(bytes);
        } else {
            transfer.append(bytes);
            transfer.advance(piece.length());
        }
    }

    /** Reads zeros, or drops a write. */
    private static void skip(DmaTransfer transfer, Piece piece) {
        if (piece.access() == Access.READ) {
            keep(transfer, piece, new byte[piece.length()]);
        } else {
            transfer.advance(piece.length());
        }
    }

    private static void end(DmaTransfer transfer, Piece piece, String why) {
        if (transfer.job().onFault() == DmaJob.OnFault.SKIP) {
            skip(transfer, piece);
        } else {
            transfer.fail(String.format("%s at 0x%x: %s", piece.access(), piece.iova(), why));
        }
    }

    /** Asks for the pages of the rest of the segment, so far as one group of a few requests goes. */
    private void askForPages(DmaTransfer transfer, Piece piece) {
        PageRequestUnit pages = port.pages();
        if (pages == null || !groups.isEnabled()) {
            end(transfer, piece, "no right");
            return;
        }
        if (transfer.tries() >= mostTries) {
            end(transfer, piece, "no right after " + mostTries + " tries");
            return;
        }
        int index = groups.open(transfer.job().substreamId());
        transfer.waitFor(DmaTransfer.State.WAITING_FOR_PAGES, index);
        if (index < 0) {
            return;
        }
        transfer.tried();
        int rest = transfer.current().length() - transfer.offset();
        long lastPage = piece.iova() + rest - 1 >>> PAGE_LG2;
        long page = piece.iova() >>> PAGE_LG2;
        lastPage = Math.min(lastPage, page + MOST_PAGES - 1);
        while (page <= lastPage && !groups.isAnswered(index)) {
            pages.pageRequest(new PageRequestMessage(
                    port.streamId(),
                    transfer.job().substreamId(),
                    page << PAGE_LG2,
                    piece.permission(),
                    transfer.job().privilege(),
                    index,
                    page == lastPage));
            page++;
        }
    }

    private boolean pagesCame(DmaTransfer transfer) {
        if (transfer.waitsFor() < 0) {
            return groupCame(transfer);
        }
        PrgResponse.Code answer = groups.take(transfer.waitsFor());
        if (answer == null) {
            return false;
        }
        transfer.goOn();
        if (answer != PrgResponse.Code.SUCCESS) {
            end(transfer, pieceOf(transfer), "page request answered with " + answer);
        }
        return true;
    }

    /** A transfer that found every group in use asks once one is free. */
    private boolean groupCame(DmaTransfer transfer) {
        if (groups.isFull()) {
            return false;
        }
        transfer.goOn();
        return true;
    }

    private boolean stallEnded(DmaTransfer transfer) {
        Endpoints.Resumption outcome = stalls.take(transfer.waitsFor());
        if (outcome == null) {
            return false;
        }
        transfer.goOn();
        switch (outcome) {
            case RETRY -> move(transfer, pieceOf(transfer));
            case ABORT -> end(transfer, pieceOf(transfer), "stall terminated");
            case RAZ_WI -> skip(transfer, pieceOf(transfer));
        }
        return true;
    }
}
