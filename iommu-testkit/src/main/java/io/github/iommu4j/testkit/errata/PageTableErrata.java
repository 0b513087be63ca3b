package io.github.iommu4j.testkit.errata;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.pagetable.PageTable;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.core.pagetable.arm.ArmTableConfig;
import io.github.iommu4j.core.pagetable.arm.ShortDescriptorTable;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.conformance.PlainTranslations;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The cases of the page-table code's errata, on a table of ARM short descriptors, or on one of Intel's. */
public final class PageTableErrata {

    private static final String PLAIN = "the same calls on plain translations";

    private static final long PAGE = 0x1000;
    private static final long SECTION = 0x10_0000;
    private static final long SUPERSECTION = 0x100_0000;
    private static final long TARGET = 0x4000_0000L;
    private static final long LAST_PAGE = 0xFFFF_F000L;
    private static final long BEYOND = 0x1_0000_0000L;

    private PageTableErrata() {}

    /**
     * The cases.
     *
     * @return one for each erratum of the page-table code
     */
    public static List<ErratumCase> cases() {
        return Stream.concat(ofArm().stream(), IntelTableErrata.cases().stream())
                .toList();
    }

    private static List<ErratumCase> ofArm() {
        return List.of(
                new ErratumCase(
                        PageTableErratum.SPLIT_LOSES_ADDRESS,
                        "A page of a section is unmapped, and another looked up.",
                        PLAIN,
                        "0x105000 goes to 0x5000 instead of 0x40005000",
                        PageTableErrata::unmapPartOfSection),
                new ErratumCase(
                        PageTableErratum.GROUP_SPLIT_RETURNS_FIRST,
                        "A page in the sixth section of a supersection is unmapped.",
                        PLAIN,
                        "0x1500000 goes to 0x40500000 instead of nowhere",
                        PageTableErrata::unmapPartOfSupersection),
                new ErratumCase(
                        PageTableErratum.RUN_END_UNCHECKED,
                        "Two pages are mapped at the last one.",
                        PLAIN,
                        "0x0 goes to 0x40001000 instead of nowhere",
                        PageTableErrata::mapBeyondTheEnd),
                new ErratumCase(
                        PageTableErratum.LOOKUP_ALIASES,
                        "The first page is mapped, and an address of more than 32 bits looked up.",
                        PLAIN,
                        "0x100000000 goes to 0x40000000 instead of nowhere",
                        PageTableErrata::lookUpBeyondTheEnd));
    }

    /** A table, and what it should translate. */
    private static final class Pair {
        private final PageTable table;
        private final PlainTranslations plain = new PlainTranslations();
        private final List<String> reports = new ArrayList<>();

        Pair(Set<Erratum> errata) {
            SparseMemory memory = new SparseMemory();
            ArenaAllocator arena = new ArenaAllocator(memory, 0x8000_0000L, SUPERSECTION, new PlainLocking());
            PageTableEnvironment.Builder environment =
                    PageTableEnvironment.builder(memory, arena).log(new KernelLog(KernelLog.WarnPolicy.RECORD));
            for (PageTableErratum erratum : PageTableErratum.values()) {
                if (errata.contains(erratum)) {
                    environment.erratum(erratum);
                }
            }
            ArmTableConfig config = ArmTableConfig.of(new PageSizes(0x111_1000), 32, 32);
            table = ShortDescriptorTable.create(config, environment.build()).pageTable();
        }

        /** Maps pages; those beyond the end must be refused. */
        void map(long iova, long page, long count) {
            try {
                table.map(iova, TARGET, page, count, Prot.READ_WRITE, new MapProgress());
            } catch (IommuException refusal) {
                return;
            }
            plain.put(iova, Math.min(page * count, BEYOND - iova), TARGET, Prot.READ_WRITE);
        }

        void unmap(long iova, long page) {
            table.unmap(iova, page, 1, null);
            plain.remove(iova, page);
        }

        Pair lookUp(long iova) {
            long pa = table.iovaToPhys(iova);
            Long expected = plain.pa(iova);
            if (pa != (expected == null ? 0 : expected)) {
                reports.add(String.format("0x%x goes to 0x%x instead of ", iova, pa)
                        + (expected == null ? "nowhere" : String.format("0x%x", expected)));
            }
            return this;
        }
    }

    private static List<String> unmapPartOfSection(Set<Erratum> errata) {
        Pair pair = new Pair(errata);
        pair.map(SECTION, SECTION, 1);
        pair.unmap(SECTION, PAGE);
        return pair.lookUp(SECTION).lookUp(SECTION + 5 * PAGE).reports;
    }

    private static List<String> unmapPartOfSupersection(Set<Erratum> errata) {
        Pair pair = new Pair(errata);
        pair.map(SUPERSECTION, SUPERSECTION, 1);
        pair.unmap(SUPERSECTION + 5 * SECTION, PAGE);
        return pair.lookUp(SUPERSECTION + 5 * SECTION).lookUp(SUPERSECTION).reports;
    }

    private static List<String> mapBeyondTheEnd(Set<Erratum> errata) {
        Pair pair = new Pair(errata);
        pair.map(LAST_PAGE, PAGE, 2);
        return pair.lookUp(LAST_PAGE).lookUp(0).reports;
    }

    private static List<String> lookUpBeyondTheEnd(Set<Erratum> errata) {
        Pair pair = new Pair(errata);
        pair.map(0, PAGE, 1);
        return pair.lookUp(0).lookUp(BEYOND).reports;
    }
}
