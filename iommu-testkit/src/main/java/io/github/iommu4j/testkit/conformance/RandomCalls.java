package io.github.iommu4j.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.core.pagetable.LeafLayout;
import io.github.iommu4j.testkit.conformance.TableRig.Outcome;
import io.github.iommu4j.testkit.conformance.TableRig.Pages;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;

/** Random calls on a table, each with the one outcome that is right by what was mapped before. */
final class RandomCalls {

    /** How many tables. */
    static final int ROUNDS = 100;

    private static final int CALLS = 60;
    private static final int MOST_PAGES = 5;
    private static final int NEIGHBOURHOOD = 24;

    private final TableRig rig;
    private final TableSpace space;
    private final Random random;
    private final List<Long> sizes;

    RandomCalls(TableRig rig, long seed) {
        this.rig = rig;
        this.space = new TableSpace(rig);
        this.random = new Random(seed);
        long bitmap = rig.format.pageSizes().bitmap();
        this.sizes = LongStream.range(0, Long.SIZE - 1)
                .map(bit -> 1L << bit)
                .filter(size -> (bitmap & size) != 0)
                .boxed()
                .toList();
    }

    void run() {
        for (int call = 0; call < CALLS; call++) {
            Pages pages = randomPages();
            if (random.nextInt(5) < 3) {
                map(pages);
            } else {
                unmap(pages);
            }
            for (long at : space.around(pages)) {
                rig.checkTranslation(at);
            }
            rig.checkTranslation(pages.iova() + random.nextLong(pages.page()));
        }
        rig.takeWarnings();
    }

    /** Pages that are often near each other: the first ones of a size, or the last. */
    private Pages randomPages() {
        long page = sizes.get(random.nextInt(sizes.size()));
        long slots = space.slots(page);
        long count = Math.min(1 + random.nextInt(MOST_PAGES), Math.min(slots, space.outputSlots(page)));
        long index = Math.min(random.nextInt(NEIGHBOURHOOD), slots - count);
        long place = random.nextBoolean() ? index : slots - count - index;
        Prot prot = new Prot(1 + random.nextInt(3) | random.nextInt(16) << 2);
        return new Pages(space.iova(page, place), space.pa(page, random.nextInt(1 << 20), count), page, count, prot);
    }

    private void map(Pages pages) {
        if (!rig.expected.isAnyMapped(pages.iova(), pages.size())) {
            rig.map(pages);
            return;
        }
        Pages first = new Pages(pages.iova(), pages.pa(), pages.page(), 1, pages.prot());
        boolean inTheWay = isLeafInTheWay(first);
        Outcome outcome = rig.mapOnce(first);
        assertThat(outcome)
                .as("%s", first)
                .isEqualTo(inTheWay ? new Outcome(Errno.EEXIST, 0) : new Outcome(null, first.page()));
    }

    /** Tables under a page are replaced; a leaf of the page's own level, or of a higher one, is in the way. */
    private boolean isLeafInTheWay(Pages one) {
        int level = rig.shape.levelOf(one.page());
        long span = 1L << rig.shape.spanLg2(level);
        for (long at = 0; at < one.page(); at += span) {
            if (stop(one.iova() + at, level).leaf() != null) {
                return true;
            }
        }
        return false;
    }

    private DescriptorWalk.Stop stop(long iova, int lowest) {
        return rig.shape.stop(rig.memory, rig.table.root(), iova, lowest);
    }

    private void unmap(Pages pages) {
        if (pages.count() > 1 && isUniform(pages)) {
            rig.unmap(pages.iova(), pages.page(), pages.count());
            return;
        }
        long right = isThere(pages.iova(), pages.page()) ? pages.page() : 0;
        assertThat(rig.unmapOnce(pages.iova(), pages.page(), 1)).as("%s", pages).isEqualTo(right);
    }

    /** Whether all of a run is mapped in pages of its size. */
    private boolean isUniform(Pages pages) {
        int level = rig.shape.levelOf(pages.page());
        for (long done = 0; done < pages.size(); done += pages.page()) {
            LeafLayout leaf = stop(pages.iova() + done, level).leaf();
            if (leaf == null || leaf.size() != pages.page()) {
                return false;
            }
        }
        return true;
    }

    /** Whether there is something to unmap: a leaf, larger or not, or tables in all of the page's descriptors. */
    private boolean isThere(long iova, long page) {
        int level = rig.shape.levelOf(page);
        long span = 1L << rig.shape.spanLg2(level);
        for (long at = 0; at < page; at += span) {
            DescriptorWalk.Stop stop = stop(iova + at, level);
            if (stop.leaf() == null && !stop.isTable()) {
                return false;
            }
        }
        return true;
    }
}
