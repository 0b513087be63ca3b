package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;

/** Mappings and page sizes against twins that do everything page by page. */
final class DomainProperties {

    private static final long PAGE = 0x1000;

    /** One request of a random program over 2,048 pages, enough for large pages to matter. */
    private record Request(boolean map, long iova, long pa, long size) {
        static Request of(int seed) {
            long iova = (seed >>> 1 & 0x7FF) * PAGE;
            long size = (1 + (seed >>> 12 & 0x3FF)) * PAGE;
            long pa = 0x4000_0000L + ((seed >>> 22 & 1) == 0 ? iova : (seed >>> 23 & 0x7F) * PAGE);
            return new Request((seed & 1) == 0, iova, pa, size);
        }
    }

    @Property(tries = 100)
    void R95_mapAndUnmapAgreeWithATableFilledOnePageAtATime(@ForAll @Size(20) List<Integer> program) {
        Rig rig = Rig.of(KernelRelease.V6_12).slot(1, 1).boot();
        IommuDomain domain = rig.newDomain(1);
        Twin twin = new Twin(domain.pageSizes());
        for (int seed : program) {
            Request request = Request.of(seed);
            if (request.map()) {
                Errno refusal = Rig.errno(() -> domain.map(request.iova(), request.pa(), request.size(), Prot.READ));
                assertThat(refusal).isEqualTo(twin.map(request) ? null : Errno.EEXIST);
            } else {
                assertThat(domain.unmap(request.iova(), request.size())).isEqualTo(twin.unmap(request));
            }
            assertThat(firstDifference(domain, twin)).isEqualTo(-1);
        }
        domain.free();
        rig.close();
    }

    private static long firstDifference(IommuDomain domain, Twin twin) {
        for (long page = 0; page < 0xC00; page++) {
            if (domain.iovaToPhys(page * PAGE) != twin.lookUp(page * PAGE)) {
                return page;
            }
        }
        return -1;
    }

    /** A page of the twin. */
    private record Page(long pa, long size) {}

    /** The kernels' way before 5.14: the largest page that fits, one at a time. */
    private static final class Twin {
        private final PageSizes sizes;
        private final NavigableMap<Long, Page> pages = new TreeMap<>();

        Twin(PageSizes sizes) {
            this.sizes = sizes;
        }

        private @Nullable Long startOfPageAt(long iova) {
            Map.Entry<Long, Page> below = pages.floorEntry(iova);
            return below != null && below.getKey() + below.getValue().size() > iova ? below.getKey() : null;
        }

        boolean map(Request request) {
            for (long done = 0; done < request.size(); done += PAGE) {
                if (startOfPageAt(request.iova() + done) != null) {
                    return false;
                }
            }
            long done = 0;
            while (done < request.size()) {
                long page = largest(sizes, request.iova() + done, request.pa() + done, request.size() - done);
                pages.put(request.iova() + done, new Page(request.pa() + done, page));
                done += page;
            }
            return true;
        }

        /** Pages go whole, also one that begins before the range; a hole ends it. */
        long unmap(Request request) {
            long done = 0;
            while (done < request.size()) {
                Long start = startOfPageAt(request.iova() + done);
                if (start == null) {
                    break;
                }
                Page page = Objects.requireNonNull(pages.remove(start));
                done = start + page.size() - request.iova();
            }
            return done;
        }

        long lookUp(long iova) {
            Long start = startOfPageAt(iova);
            return start == null ? 0 : Objects.requireNonNull(pages.get(start)).pa() + (iova - start);
        }
    }

    @Property(tries = 2000)
    void R92_theBestRunIsTheOneALoopOverAllSizesFinds(
            @ForAll @IntRange(min = 1, max = 0xFFFF) int sizes,
            @ForAll @LongRange(min = 0, max = 0xFFFFF) long iova,
            @ForAll @LongRange(min = 0, max = 0xFFFFF) long pa,
            @ForAll @LongRange(min = 1, max = 0xFFFFF) long size) {
        PageSizes pages = new PageSizes((long) sizes << 12);
        long smallest = pages.smallest();
        long from = iova * smallest;
        long to = pa * smallest;
        long bytes = size * smallest;
        PageSizes.Run run = pages.best(from, to, bytes);
        assertThat(run.pageSize()).isEqualTo(largest(pages, from, to, bytes));
        assertThat(run.count()).isEqualTo(countByLoop(pages, from, to, bytes));
    }

    private static long largest(PageSizes pages, long iova, long pa, long size) {
        long best = 0;
        for (long page = 1; page > 0; page <<= 1) {
            boolean fits = (pages.bitmap() & page) != 0 && iova % page == 0 && pa % page == 0 && page <= size;
            best = fits ? page : best;
        }
        return best;
    }

    /** Steps page by page; ends where a larger page would be chosen, unless that page can never be used. */
    private static long countByLoop(PageSizes pages, long iova, long pa, long size) {
        long page = largest(pages, iova, pa, size);
        long count = 0;
        for (long done = 0; done + page <= size; done += page) {
            long next = nextLarger(pages, page);
            boolean larger = next != 0
                    && count > 0
                    && (iova + done) % next == 0
                    && (pa + done) % next == 0
                    && size - done >= next;
            if (larger) {
                break;
            }
            count++;
        }
        return count;
    }

    private static long nextLarger(PageSizes pages, long page) {
        for (long next = page << 1; next > 0; next <<= 1) {
            if ((pages.bitmap() & next) != 0) {
                return next;
            }
        }
        return 0;
    }
}
