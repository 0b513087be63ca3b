package io.github.iommu4j.testkit.vfio;

import static io.github.iommu4j.testkit.vfio.VfioRig.MEMORY;
import static io.github.iommu4j.testkit.vfio.VfioRig.PAGE;
import static io.github.iommu4j.testkit.vfio.VfioRig.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.core.vfio.BitmapRequest;
import io.github.iommu4j.core.vfio.Container;
import io.github.iommu4j.core.vfio.DirtyRequest;
import io.github.iommu4j.core.vfio.UnmapRequest;
import io.github.iommu4j.core.vfio.UnmapResult;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/** Random mapping, unmapping and dirty bits against a map of pages that knows no more than the rules. */
final class Type1Properties {

    private static final int PAGES = 48;
    private static final int MAX_RUN = 12;
    private static final BitmapRequest BITMAP = new BitmapRequest(PAGE, 8);

    private enum Kind {
        MAP,
        UNMAP,
        UNMAP_WITH_BITMAP,
        GET_DIRTY,
        UNMAP_ALL
    }

    private record Step(Kind kind, int first, int pages, int memory) {}

    /** What is mapped: for every page its mapping's first page and length, and the memory page. */
    private static final class Model {

        private record Piece(int start, int pages, int memory) {}

        private final TreeMap<Integer, Piece> pages = new TreeMap<>();

        @Nullable
        Errno map(Step step) {
            for (int page = step.first(); page < step.first() + step.pages(); page++) {
                if (pages.containsKey(page)) {
                    return Errno.EEXIST;
                }
            }
            for (int i = 0; i < step.pages(); i++) {
                pages.put(step.first() + i, new Piece(step.first(), step.pages(), step.memory() + i));
            }
            return null;
        }

        boolean cuts(Step step) {
            Piece atStart = pages.get(step.first());
            Piece behind = pages.get(step.first() + step.pages());
            return atStart != null && atStart.start() != step.first()
                    || behind != null && behind.start() != step.first() + step.pages();
        }

        /** The first version: nothing when the range begins inside a mapping, else whole what begins in it. */
        int unmap(Step step) {
            Piece atStart = pages.get(step.first());
            if (atStart != null && atStart.start() != step.first()) {
                return 0;
            }
            int before = pages.size();
            pages.values()
                    .removeIf(piece -> piece.start() >= step.first() && piece.start() < step.first() + step.pages());
            return before - pages.size();
        }

        long bits(Step step) {
            long bits = 0;
            for (int page = step.first(); page < step.first() + step.pages(); page++) {
                if (pages.containsKey(page)) {
                    bits |= 1L << page - step.first();
                }
            }
            return bits;
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Kind> kinds = Arbitraries.frequency(
                Tuple.of(6, Kind.MAP),
                Tuple.of(4, Kind.UNMAP),
                Tuple.of(2, Kind.UNMAP_WITH_BITMAP),
                Tuple.of(2, Kind.GET_DIRTY),
                Tuple.of(1, Kind.UNMAP_ALL));
        return Combinators.combine(
                        kinds,
                        Arbitraries.integers().between(0, PAGES - 1),
                        Arbitraries.integers().between(1, MAX_RUN),
                        Arbitraries.integers().between(0, 255))
                .as(Step::new)
                .list()
                .ofMinSize(5)
                .ofMaxSize(60);
    }

    @Property(tries = 60)
    void theSecondVersionAgreesWithAMapOfPages(@ForAll("steps") List<Step> steps, @ForAll KernelRelease release) {
        play(steps, release, Container.TYPE1V2_IOMMU);
    }

    @Property(tries = 60)
    void theFirstVersionAgreesWithAMapOfPages(@ForAll("steps") List<Step> steps, @ForAll KernelRelease release) {
        play(steps, release, Container.TYPE1_IOMMU);
    }

    private static void play(List<Step> steps, KernelRelease release, int type) {
        VfioRig rig = VfioRig.of(release);
        VfioRig.Ready ready = rig.ready(VfioRig.SINGLE, type);
        if (type == Container.TYPE1V2_IOMMU) {
            ready.container().dirtyPages(DirtyRequest.of(DirtyRequest.START));
        }
        Model model = new Model();
        for (Step step : steps) {
            take(step, ready, model, type == Container.TYPE1V2_IOMMU);
            compare(rig, model);
        }
        ready.close();
        rig.finish();
    }

    private static void take(Step step, VfioRig.Ready ready, Model model, boolean second) {
        long iova = step.first() * PAGE;
        long size = step.pages() * PAGE;
        switch (step.kind()) {
            case MAP ->
                assertThat(errnoOf(() -> ready.map(iova, size, MEMORY + step.memory() * PAGE)))
                        .isEqualTo(model.map(step));
            case UNMAP -> {
                if (second && model.cuts(step)) {
                    assertThat(errnoOf(() -> ready.unmap(iova, size))).isEqualTo(Errno.EINVAL);
                } else {
                    assertThat(ready.unmap(iova, size)).isEqualTo(model.unmap(step) * PAGE);
                }
            }
            case UNMAP_WITH_BITMAP -> {
                UnmapRequest request = UnmapRequest.withBitmap(iova, size, BITMAP);
                if (!second || model.cuts(step)) {
                    assertThat(errnoOf(() -> ready.container().unmapDma(request)))
                            .isEqualTo(Errno.EINVAL);
                } else {
                    UnmapResult result = ready.container().unmapDma(request);
                    assertThat(result.bitmap().words()).containsExactly(model.bits(step));
                    assertThat(result.size()).isEqualTo(model.unmap(step) * PAGE);
                }
            }
            case GET_DIRTY -> {
                DirtyRequest request = DirtyRequest.get(new DirtyRequest.Range(iova, size, BITMAP));
                if (!second || model.cuts(step)) {
                    assertThat(errnoOf(() -> ready.container().dirtyPages(request)))
                            .isEqualTo(second ? Errno.EINVAL : Errno.EACCES);
                } else {
                    assertThat(ready.container().dirtyPages(request).words()).containsExactly(model.bits(step));
                }
            }
            case UNMAP_ALL -> {
                assertThat(ready.unmapAll()).isEqualTo(model.pages.size() * PAGE);
                model.pages.clear();
            }
        }
    }

    private static void compare(VfioRig rig, Model model) {
        assertThat(rig.accounting.lockedKiB()).isEqualTo(model.pages.size() * 4L);
        assertThat(rig.memory.pinned()).isEqualTo(model.pages.size());
        for (int page = 0; page < PAGES + MAX_RUN; page++) {
            Model.Piece piece = model.pages.get(page);
            OptionalLong expected = piece == null
                    ? OptionalLong.empty()
                    : OptionalLong.of(rig.memory.read(MEMORY + piece.memory() * PAGE));
            assertThat(rig.iommu.translate(rig.node(VfioRig.SINGLE), page * PAGE, Access.WRITE))
                    .isEqualTo(expected);
        }
    }
}
