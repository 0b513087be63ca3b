package io.github.iommu4j.core.pagetable;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.core.pagetable.NaiveTable.Gathering;
import io.github.iommu4j.core.pagetable.NaiveTable.Mapped;
import io.github.iommu4j.core.pagetable.NaiveTable.Shown;
import io.github.iommu4j.core.pagetable.Subjects.Subject;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/** The engine, in every format, against a tree of maps that does the same calls page by page. */
class PageTableModelProperties {

    /** What a step does. */
    enum Kind {
        MAP,
        UNMAP,
        MAP_WITHOUT_MEMORY,
        UNMAP_WITHOUT_MEMORY
    }

    /**
     * One call, with choices that a table turns into arguments.
     *
     * @param kind what is done
     * @param size which of the page sizes
     * @param window which part of the address space
     * @param offset pages from its start
     * @param count how many pages
     * @param choice decides protection, gather, output address and which allocation fails
     */
    record Step(Kind kind, int size, int window, int offset, int count, int choice) {}

    @Provide
    Arbitrary<Subject> subjects() {
        return Arbitraries.of(Subjects.all());
    }

    @Provide
    Arbitrary<List<Step>> programs() {
        Arbitrary<Kind> kinds = Arbitraries.of(
                Kind.MAP,
                Kind.MAP,
                Kind.MAP,
                Kind.UNMAP,
                Kind.UNMAP,
                Kind.MAP_WITHOUT_MEMORY,
                Kind.UNMAP_WITHOUT_MEMORY);
        Arbitrary<Integer> counts = Arbitraries.of(1, 1, 1, 2, 3, 15, 16, 40, 600);
        return Combinators.combine(
                        kinds,
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.integers().between(0, 18),
                        counts,
                        Arbitraries.integers().between(0, 1 << 20))
                .as(Step::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(40);
    }

    /** The engine and its twin, side by side. */
    private static final class Pair {

        final TableRig rig = new TableRig();
        final PageTable table;
        final PageTableFormat format;
        final NaiveTable twin;

        Pair(Subject subject) {
            this.table = subject.create(rig.environment());
            this.format = table.format();
            this.twin = new NaiveTable(format);
        }

        private long[] sizes() {
            List<Long> sizes = new ArrayList<>();
            for (long left = format.pageSizes().bitmap(); left != 0; left &= left - 1) {
                sizes.add(Long.lowestOneBit(left));
            }
            return sizes.stream().mapToLong(Long::longValue).toArray();
        }

        long size(Step step) {
            long[] sizes = sizes();
            return sizes[step.size % sizes.length];
        }

        /** Windows: the start, the end, around the middle, just before the second of the largest pages. */
        long iova(Step step) {
            long[] sizes = sizes();
            long largest = sizes[sizes.length - 1];
            long space = 1L << format.inputBits();
            long first = format.inputHalf() == InputHalf.LOW ? 0 : -space;
            long start = switch (step.window) {
                case 0 -> 0;
                case 1 -> space - 20 * size(step);
                case 2 -> space / 2 - 4 * size(step);
                default -> largest - 4 * size(step);
            };
            long offset = start + step.offset * size(step);
            return first + Math.max(0, Math.min(offset, space - size(step))) / size(step) * size(step);
        }

        long count(Step step) {
            long space = 1L << format.inputBits();
            long left = space - (iova(step) & space - 1);
            return Math.min(step.count, left / size(step));
        }

        long pa(Step step) {
            long space = 1L << Math.min(format.outputBits(), 62);
            long bytes = count(step) * size(step);
            long wanted = switch (step.choice & 3) {
                case 0 -> 0;
                case 1 -> space - bytes;
                case 2 -> (1L << 32) - size(step);
                default -> (1L << 48) - size(step);
            };
            return Math.max(0, Math.min(wanted, space - bytes)) / size(step) * size(step);
        }

        Prot prot(Step step) {
            int access = 1 + (step.choice >>> 2) % 3;
            return new Prot(access | (step.choice >>> 4 & 0xF) << 2);
        }

        Gathering gathering(Step step) {
            return Gathering.values()[(step.choice >>> 8) % 3];
        }

        void run(Step step) {
            boolean fails = step.kind == Kind.MAP_WITHOUT_MEMORY || step.kind == Kind.UNMAP_WITHOUT_MEMORY;
            long n = fails ? 1 + (step.choice >>> 10) % 4 : Long.MAX_VALUE;
            rig.failAllocation(n);
            twin.failAllocation(n);
            if (step.kind == Kind.MAP || step.kind == Kind.MAP_WITHOUT_MEMORY) {
                map(step);
            } else {
                unmap(step);
            }
            rig.failAllocation(Long.MAX_VALUE);
            twin.failAllocation(Long.MAX_VALUE);
            assertThat(rig.tlb).as("TLB after %s", step).isEqualTo(twin.drainTlb());
            rig.tlb.clear();
            assertThat(rig.warnings()).as("warnings after %s", step).hasSize(twin.drainWarnings());
            assertThat(rig.arena.live()).as("tables after %s", step).hasSize(twin.tables());
            for (long page = -1; page <= Math.min(count(step), 20); page++) {
                long at = iova(step) + page * size(step) + (step.choice & size(step) - 1);
                assertThat(table.iovaToPhys(at)).as("0x%x after %s", at, step).isEqualTo(twin.lookUp(at));
            }
        }

        private void map(Step step) {
            MapProgress progress = new MapProgress();
            Errno errno = null;
            try {
                table.map(iova(step), pa(step), size(step), count(step), prot(step), progress);
            } catch (IommuException refusal) {
                errno = refusal.errno();
            }
            int sizeLg2 = Long.numberOfTrailingZeros(size(step));
            Mapped expected = twin.map(iova(step), pa(step), sizeLg2, count(step), prot(step));
            assertThat(new Mapped(errno, progress.mapped())).as("%s", step).isEqualTo(expected);
        }

        private void unmap(Step step) {
            @Nullable
            IotlbGather gather = switch (gathering(step)) {
                case NONE -> null;
                case STRICT -> new IotlbGather();
                case QUEUED -> IotlbGather.queued();
            };
            long unmapped = table.unmap(iova(step), size(step), count(step), gather);
            int sizeLg2 = Long.numberOfTrailingZeros(size(step));
            assertThat(unmapped)
                    .as("%s", step)
                    .isEqualTo(twin.unmap(iova(step), sizeLg2, count(step), gathering(step)));
            if (gather != null) {
                table.freeGathered(gather);
            }
        }

        void compareAll() {
            List<Shown> shown = new ArrayList<>();
            table.forEachLeaf((iova, span, descriptor, pa) -> shown.add(new Shown(iova, span, descriptor, pa)));
            List<Shown> expected = twin.leaves();
            if (!shown.equals(expected)) {
                assertThat(shown).isEqualTo(expected);
            }
        }
    }

    @Property(tries = 1500)
    void everyCallDoesWhatItDoesPageByPage(
            @ForAll("subjects") Subject subject, @ForAll("programs") List<Step> program) {
        Pair pair = new Pair(subject);
        program.forEach(pair::run);
        pair.compareAll();
        pair.table.destroy();
        assertThat(pair.rig.tlb).containsExactly("all");
        assertThat(pair.rig.arena.live()).isEmpty();
        assertThat(pair.rig.warnings()).isEmpty();
    }
}
