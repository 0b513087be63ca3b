package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Translation;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Mappings of several domains and PASIDs are cached and then changed; one random invalidation follows. What it covers by the
 * table of §6.5.2 is seen new, everything else is seen as it was.
 */
class InvalidationProperties {

    private static final long OLD = 0x4000_0000L;
    private static final long NEW = 0x8000_0000L;
    private static final int PAGES = 12;

    /** A cached page. */
    private record Page(int pasid, int did, boolean first, long iova, int level, long entry) {
        long size() {
            return 1L << 3 + 9 * level;
        }

        boolean overlaps(long address, int am) {
            long span = am >= 51 ? Long.MAX_VALUE : 1L << 12 + am;
            long start = am >= 51 ? 0 : address / span * span;
            return start < iova + size() && iova < (am >= 51 ? Long.MAX_VALUE : start + span);
        }
    }

    private final TranslatorRig rig = TranslatorRig.everything().scalable();
    private final CacheControl caches = rig.unit.caches();

    @Property(tries = 500)
    void whatIsCoveredIsFreshAndTheRestIsStale(@ForAll long seed) {
        Random random = new Random(seed);
        List<Page> pages = pages(random);
        for (Page page : pages) {
            rig.memory.store64(page.entry(), leaf(page, OLD));
        }
        caches.everything();
        for (Page page : pages) {
            assertThat(seen(page)).isEqualTo(OLD);
            rig.memory.store64(page.entry(), leaf(page, NEW));
        }
        Page near = pages.get(random.nextInt(pages.size()));
        long address = near.iova() + random.nextInt(5) * 0x1000L - 0x2000;
        int am = random.nextInt(5) == 0 ? 9 + random.nextInt(44) : random.nextInt(4);
        int did = random.nextBoolean() ? near.did() : random.nextInt(4);
        int pasid = random.nextBoolean() ? near.pasid() : random.nextInt(4);
        int kind = random.nextInt(9);
        invalidate(kind, did, pasid, address, am);
        for (Page page : pages) {
            boolean covered = covers(kind, page, did, pasid, address, am);
            assertThat(seen(page))
                    .as("%s after %d did=%d pasid=%d 0x%x am=%d", page, kind, did, pasid, address, am)
                    .isEqualTo(covered ? NEW : OLD);
        }
    }

    private void invalidate(int kind, int did, int pasid, long address, int am) {
        switch (kind) {
            case 0 -> caches.iotlbGlobal();
            case 1 -> caches.iotlbDomain(did);
            case 2, 3 -> caches.iotlbPages(did, address, am, kind == 2);
            case 4 -> caches.pasidIotlb(did, pasid);
            case 5, 6 -> caches.pasidIotlbPages(did, pasid, address, am, kind == 5);
            case 7 -> {
                caches.contextGlobal();
                caches.pasidGlobal();
            }
            default -> caches.everything();
        }
    }

    private static boolean covers(int kind, Page page, int did, int pasid, long address, int am) {
        boolean sameDomain = page.did() == did;
        boolean samePasid = sameDomain && page.first() && page.pasid() == pasid;
        return switch (kind) {
            case 1 -> sameDomain;
            case 2, 3 -> sameDomain && (page.first() || page.overlaps(address, am));
            case 4 -> samePasid;
            case 5, 6 -> samePasid && page.overlaps(address, am);
            case 7 -> false;
            default -> true;
        };
    }

    /** PASIDs 0 and 3 share a domain and its second stage, 1 and 2 share a domain of first stages. */
    private List<Page> pages(Random random) {
        long second = rig.page();
        rig.pasid(0, second | 0x89, 1, 0);
        rig.pasid(3, rig.page() | 0x89, 2, 0);
        long[] tops = {second, rig.page(), rig.page(), rig.memory.load64(TranslatorRig.PASIDS + 192) & -4096};
        rig.pasid(1, 0x41, 0x80_0003, tops[1]);
        rig.pasid(2, 0x41, 0x80_0003, tops[2]);
        int[] domains = {1, 3, 3, 2};
        List<Page> pages = new ArrayList<>();
        for (int i = 0; i < PAGES; i++) {
            int pasid = i & 3;
            int level = random.nextInt(4) == 0 ? 2 : 1;
            long iova = level == 1
                    ? 0x100_0000L + random.nextInt(8) * 0x1000L
                    : 0x1000_0000L + random.nextInt(4) * 0x20_0000L;
            if (pages.stream().noneMatch(page -> page.pasid() == pasid && page.iova() == iova)) {
                long entry = rig.map(tops[pasid], iova, level, 0);
                pages.add(new Page(pasid, domains[pasid], pasid == 1 || pasid == 2, iova, level, entry));
            }
        }
        return pages;
    }

    private static long leaf(Page page, long output) {
        return output | 0x67 | (page.level() == 2 ? 0x80 : 0);
    }

    private long seen(Page page) {
        Translation answer = rig.tagged(page.pasid(), page.iova() + 0x10, Access.READ);
        return TranslatorRig.pa(answer) & -4096;
    }
}
