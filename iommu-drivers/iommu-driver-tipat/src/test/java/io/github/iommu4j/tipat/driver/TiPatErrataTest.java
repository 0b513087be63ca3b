package io.github.iommu4j.tipat.driver;

import static io.github.iommu4j.tipat.driver.PatMachine.PAGE;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.core.dmabuf.DirectMapper;
import io.github.iommu4j.core.dmabuf.DmaBuf;
import io.github.iommu4j.core.dmabuf.DmaBufAttachment;
import io.github.iommu4j.core.dmabuf.DmaDirection;
import io.github.iommu4j.core.dmabuf.ScatterList;
import io.github.iommu4j.core.dmabuf.ScatterList.Segment;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.errata.ErratumCase;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each historical mistake of the driver from both sides. */
final class TiPatErrataTest {

    private static final String TABLE =
            "the table, which has enabled entries only while somebody has the buffer mapped";
    private static final String PAGES_BEHIND = "the interconnect: the window leads to the pages of the scatter list";

    static List<ErratumCase> cases() {
        return List.of(
                new ErratumCase(
                        TiPatErratum.PARENT_FAILURE_KEEPS_LOCK,
                        "The parent cannot be mapped; the importer tries again.",
                        "the locks, which notice a task that takes one twice",
                        "deadlock: the task takes &buffer->lock",
                        TiPatErrataTest::mapTwiceAfterParentFailure),
                new ErratumCase(
                        TiPatErratum.REJECTED_SEGMENT_KEEPS_ENTRIES,
                        "The last of three segments begins at an offset.",
                        TABLE,
                        "2 entries are enabled although nothing is mapped",
                        TiPatErrataTest::mapWithOffset),
                new ErratumCase(
                        TiPatErratum.DEVICE_FAILURE_KEEPS_COUNT,
                        "A device that drives 32 bits maps a window above them.",
                        TABLE,
                        "3 entries are enabled although nothing is mapped",
                        TiPatErrataTest::mapForNarrowDevice),
                new ErratumCase(
                        TiPatErratum.TARGET_LOSES_UPPER_BITS,
                        "A buffer lies above 48 bits.",
                        PAGES_BEHIND,
                        "leads to 0x880000000 instead of 0x1000880000000",
                        TiPatErrataTest::mapAbove48Bits),
                new ErratumCase(
                        TiPatErratum.FRAGMENTED_WINDOW_LOOKS_FULL,
                        "Every other page of the window is given back; then two in one piece are wanted.",
                        "the log, which explains an ENOMEM while enough bytes are free",
                        "ENOMEM with 0x20000 bytes free, and the log does not say why",
                        TiPatErrataTest::exportIntoFragments),
                new ErratumCase(
                        TiPatErratum.POOL_LARGER_THAN_TABLE,
                        "Buffers are exported and mapped until the window is full.",
                        PAGES_BEHIND,
                        "leads to BEYOND_TABLE instead of",
                        TiPatErrataTest::exportUntilFull));
    }

    /** The kernel's errata choose the driver's. */
    private static PatMachine machine(Set<Erratum> errata) {
        return machine(errata, builder -> builder);
    }

    private static PatMachine machine(Set<Erratum> errata, UnaryOperator<TiPatDriver.Builder> choices) {
        return new PatMachine(KernelLog.WarnPolicy.RECORD, new PlainLocking(), builder -> {
            for (TiPatErratum erratum : TiPatErratum.values()) {
                if (errata.contains(erratum)) {
                    builder.erratum(erratum);
                }
            }
            return choices.apply(builder);
        });
    }

    private static void refusedOrNot(Runnable call) {
        try {
            call.run();
        } catch (IommuException refusal) {
            assertThat(refusal.errno()).isNotEqualTo(Errno.ENODEV);
        }
    }

    private static List<String> mapTwiceAfterParentFailure(Set<Erratum> errata) {
        PatMachine machine = machine(errata);
        DmaBufAttachment attachment = machine.pat.export(machine.scattered(3)).attach(machine.device());
        machine.faults.failWhen(call -> call.startsWith("map"), Errno.EIO);
        refusedOrNot(() -> attachment.map(DmaDirection.TO_DEVICE));
        machine.faults.failNothing();
        try {
            attachment.map(DmaDirection.TO_DEVICE);
            return List.of();
        } catch (AssertionError report) {
            return List.of(String.valueOf(report.getMessage()));
        }
    }

    private static List<String> enabledEntries(PatMachine machine) {
        int enabled = PatMachine.enabledEntries(machine.hardware);
        return enabled == 0 ? List.of() : List.of(enabled + " entries are enabled although nothing is mapped");
    }

    private static List<String> mapWithOffset(Set<Erratum> errata) {
        PatMachine machine = machine(errata);
        ScatterList list = ScatterList.of(List.of(
                Segment.of(0x8_8000_0000L, PAGE),
                Segment.of(0x8_9000_0000L, PAGE),
                new Segment(0x8_A000_0000L, 8, PAGE)));
        DmaBufAttachment attachment = machine.pat.export(machine.buffer(list)).attach(machine.device());
        refusedOrNot(() -> attachment.map(DmaDirection.TO_DEVICE));
        return enabledEntries(machine);
    }

    private static List<String> mapForNarrowDevice(Set<Erratum> errata) {
        PatMachine machine = machine(
                errata,
                builder ->
                        builder.mapper(new DirectMapper(device -> device.name().equals("importer1") ? 32 : 48)));
        DmaBuf exported = machine.pat.export(machine.scattered(3));
        DmaBufAttachment narrow = exported.attach(machine.device());
        DmaBufAttachment wide = exported.attach(machine.device());
        refusedOrNot(() -> narrow.map(DmaDirection.TO_DEVICE));
        wide.unmap(wide.map(DmaDirection.TO_DEVICE), DmaDirection.TO_DEVICE);
        return enabledEntries(machine);
    }

    /** Where the window leads, page by page, beside where the buffer is. */
    private static List<String> wrongPages(PatMachine machine, ScatterList mapped) {
        List<String> wrong = new ArrayList<>();
        for (long at = 0; at < mapped.size(); at += PAGE) {
            long window = mapped.dmaRanges().get(0).address() + at;
            long answer = machine.interconnect.translate(1, window, Access.READ);
            String found = Translations.isOk(answer)
                    ? "0x" + Long.toHexString(Translations.pa(answer))
                    : machine.interconnect
                            .explain(DmaRequest.read(1, window))
                            .result()
                            .toString()
                            .replaceAll("Fault\\((\\w+),.*", "$1");
            String expected = "0x" + Long.toHexString(0x8_8000_0000L + at);
            if (!found.equals(expected)) {
                wrong.add("0x" + Long.toHexString(window) + " leads to " + found + " instead of " + expected);
            }
        }
        return wrong;
    }

    private static List<String> mapAbove48Bits(Set<Erratum> errata) {
        PatMachine machine = machine(errata);
        long beyond = 1L << 48 | 0x8_8000_0000L;
        DmaBufAttachment attachment = machine.pat
                .export(machine.buffer(ScatterList.of(List.of(Segment.of(beyond, PAGE)))))
                .attach(machine.device());
        List<String> wrong = new ArrayList<>();
        refusedOrNot(() -> {
            ScatterList mapped = attachment.map(DmaDirection.TO_DEVICE);
            long target = Translations.pa(
                    machine.interconnect.translate(1, mapped.dmaRanges().get(0).address(), Access.READ));
            if (target != beyond) {
                wrong.add("the window leads to 0x" + Long.toHexString(target) + " instead of 0x"
                        + Long.toHexString(beyond));
            }
        });
        return wrong;
    }

    private static List<String> exportIntoFragments(Set<Erratum> errata) {
        PatMachine machine = machine(errata);
        List<DmaBuf> exported = new ArrayList<>();
        while (machine.pat.window().largestFreeRun() > 0) {
            exported.add(machine.pat.export(machine.scattered(1)));
        }
        for (int i = 0; i < exported.size(); i += 2) {
            exported.get(i).put();
        }
        machine.log.drain();
        DmaBuf two = machine.scattered(2);
        long free = machine.pat.window().freeBytes();
        assertThat(PatMachine.errnoOf(() -> machine.pat.export(two))).isEqualTo(Errno.ENOMEM);
        boolean explained =
                machine.logged(KernelLog.Level.WARNING).stream().anyMatch(line -> line.contains("fragmented"));
        return explained || free < two.size()
                ? List.of()
                : List.of("ENOMEM with 0x" + Long.toHexString(free) + " bytes free, and the log does not say why");
    }

    private static List<String> exportUntilFull(Set<Erratum> errata) {
        PatMachine machine = machine(errata);
        List<String> wrong = new ArrayList<>();
        refusedOrNot(() -> {
            while (wrong.isEmpty()) {
                ScatterList list = ScatterList.of(List.of(Segment.of(0x8_8000_0000L, PAGE)));
                DmaBufAttachment attachment =
                        machine.pat.export(machine.buffer(list)).attach(machine.device());
                wrong.addAll(wrongPages(machine, attachment.map(DmaDirection.TO_DEVICE)));
            }
        });
        return wrong;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void withTheErratumOffItsCheckerIsSilent(ErratumCase erratum) {
        assertThat(erratum.runWithout()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void withTheErratumOnItsCheckerReportsExactlyIt(ErratumCase erratum) {
        assertThat(erratum.runWith()).singleElement().asString().contains(erratum.verdict());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void noOtherErratumTripsTheChecker(ErratumCase erratum) {
        for (TiPatErratum other : TiPatErratum.values()) {
            if (other != erratum.erratum()) {
                assertThat(erratum.scenario().run(Set.of(other)))
                        .as("%s", other)
                        .isEmpty();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aCaseTellsItsStory(ErratumCase erratum) {
        assertThat(erratum.reproduction()).endsWith(".");
        assertThat(erratum.checker()).isNotBlank();
        assertThat(erratum.erratum().story()).startsWith("2019").containsIgnoringCase("mended here");
    }

    @Test
    void everyErratumHasOneCase() {
        assertThat(cases())
                .extracting(ErratumCase::erratum)
                .containsExactlyElementsOf(List.<Erratum>of(TiPatErratum.values()));
    }
}
