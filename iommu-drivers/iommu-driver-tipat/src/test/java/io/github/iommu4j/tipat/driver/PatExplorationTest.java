package io.github.iommu4j.tipat.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.dmabuf.DmaBuf;
import io.github.iommu4j.core.dmabuf.DmaBufAttachment;
import io.github.iommu4j.core.dmabuf.DmaDirection;
import io.github.iommu4j.core.dmabuf.ScatterList;
import io.github.iommu4j.core.dmabuf.ScatterList.Segment;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.explore.Exploration;
import io.github.iommu4j.testkit.explore.Finding;
import io.github.iommu4j.testkit.explore.Interleavings;
import io.github.iommu4j.testkit.explore.Scenario;
import io.github.iommu4j.testkit.explore.Stage;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Driver and hardware half under every interleaving of three tasks: each lock and each write to the table is a point. */
final class PatExplorationTest {

    private static final boolean EXHAUSTIVE = Boolean.getBoolean("iommu.exhaustive");
    private static final int SCHEDULES_IN_A_SHORT_RUN = 1_000;
    private static final int PAGES = 2;
    private static final long ELSEWHERE = 0x9_0000_0000L;
    /** An access through the window that no entry answers. */
    private static final long REFUSED = -1;

    /** What is wrong with the driver or the table it writes. */
    private record Defect(UnaryOperator<MmioRegion> table, UnaryOperator<TiPatDriver.Builder> driver) {

        static final Defect NONE = new Defect(table -> table, builder -> builder);

        static Defect of(TiPatErratum erratum) {
            return new Defect(table -> table, builder -> builder.erratum(erratum));
        }
    }

    private static PatMachine machine(Stage stage, Defect defect) {
        return new PatMachine(
                KernelLog.WarnPolicy.THROW,
                stage.validatedLocking(),
                table -> stage.explored(defect.table().apply(table)),
                defect.driver());
    }

    private static Exploration explore(Scenario scenario) {
        Interleavings interleavings = Interleavings.of(scenario).preemptionBound(EXHAUSTIVE ? 2 : 1);
        if (!EXHAUSTIVE) {
            interleavings.mostSchedules(SCHEDULES_IN_A_SHORT_RUN);
        }
        return interleavings.exhaustive();
    }

    private static void exploreAll(String name, Scenario scenario) {
        Exploration exploration = explore(scenario);
        System.out.println("FIGURE explored " + name + ": " + exploration);
        exploration.requireNothingFound();
    }

    private static ScatterList pagesAt(long first) {
        return ScatterList.of(
                List.of(Segment.of(first, PatMachine.PAGE), Segment.of(first + 0x10000, PatMachine.PAGE)));
    }

    /** The window leads to a parent's memory only while the parent is mapped. */
    private static void requireMappedWhileEnabled(Stage stage, PatMachine machine, ScatteredExporter parent) {
        stage.invariant("what is not mapped is not reached", () -> {
            long maps = parent.calls.stream()
                    .filter(call -> call.startsWith("map "))
                    .count();
            long unmaps = parent.calls.stream()
                    .filter(call -> call.startsWith("unmap "))
                    .count();
            int enabled = PatMachine.enabledEntries(machine.hardware);
            assertThat(maps > unmaps || enabled == 0)
                    .as("%d entries are enabled although the parent is not mapped", enabled)
                    .isTrue();
        });
    }

    private static void requireNothingLeft(Stage stage, PatMachine machine) {
        stage.atEnd("nothing is left", () -> assertThat(machine.leaks()).isEmpty());
    }

    /** Where an access goes now, or {@link #REFUSED}. */
    private static long pa(PatMachine machine, Device device, long address) {
        long answer = machine.interconnect.translate(device.streamId(), 0, address, Access.READ.bits());
        return Translations.isOk(answer) ? Translations.pa(answer) : REFUSED;
    }

    private static long windowOf(ScatterList mapped) {
        return mapped.dmaRanges().get(0).address();
    }

    /** Reads every page of a mapped buffer through the window. */
    private static void requireReaches(Stage stage, PatMachine machine, ScatterList mapped, ScatterList memory) {
        for (int page = 0; page < memory.segments().size(); page++) {
            stage.yieldPoint("reads page " + page);
            assertThat(pa(machine, machine.devices.get(0), windowOf(mapped) + page * PatMachine.PAGE))
                    .isEqualTo(memory.segments().get(page).pa());
        }
    }

    /** Reads through the window whatever others do: once it was taken away it leads nowhere. */
    private static void addReaders(Stage stage, PatMachine machine, Window window) {
        Device device = machine.devices.get(0);
        for (int page = 0; page < PAGES; page++) {
            long address = window.address + page * PatMachine.PAGE;
            long own = window.memory.segments().get(page).pa();
            stage.task("does DMA to page " + page, () -> {
                for (int n = 0; n < 2; n++) {
                    stage.yieldPoint("reads");
                    boolean late = window.gone;
                    long pa = pa(machine, device, address);
                    assertThat(pa).isIn(own, REFUSED);
                    assertThat(late && pa != REFUSED)
                            .as("DMA after the window was taken away")
                            .isFalse();
                }
            });
        }
    }

    /** A mapped piece of the window. */
    private static final class Window {
        private final ScatterList memory;
        private final long address;
        private boolean gone;

        private Window(ScatterList memory, ScatterList mapped) {
            this.memory = memory;
            this.address = windowOf(mapped);
        }
    }

    private static Scenario unmapAgainstDma(Defect defect) {
        return stage -> {
            PatMachine machine = machine(stage, defect);
            ScatterList memory = pagesAt(0x8_8000_0000L);
            ScatteredExporter parent = new ScatteredExporter(memory, machine.faults);
            DmaBuf exported = machine.pat.export(parent.export(machine.dmaBufs));
            DmaBufAttachment attachment = exported.attach(machine.device());
            ScatterList mapped = attachment.map(DmaDirection.TO_DEVICE);
            Window window = new Window(memory, mapped);
            requireMappedWhileEnabled(stage, machine, parent);
            stage.task("unmaps and closes", () -> {
                attachment.unmap(mapped, DmaDirection.TO_DEVICE);
                window.gone = true;
                attachment.detach();
                exported.put();
            });
            addReaders(stage, machine, window);
            requireNothingLeft(stage, machine);
        };
    }

    @Test
    void P62_onceAnUnmapReturnedNoDmaGoesThrough() {
        exploreAll("unmap against DMA", unmapAgainstDma(Defect.NONE));
    }

    /** Two importers of one buffer, whose parent may refuse, and a device that uses the window without asking. */
    private static Scenario twoImporters(Defect defect, ScatterList memory, UnaryOperator<Faults> plan) {
        return stage -> {
            PatMachine machine = machine(stage, defect);
            ScatteredExporter parent = new ScatteredExporter(memory, plan.apply(machine.faults));
            DmaBuf exported = machine.pat.export(parent.export(machine.dmaBufs));
            requireMappedWhileEnabled(stage, machine, parent);
            long address = PatMachine.WINDOW.base();
            for (int i = 0; i < 2; i++) {
                DmaBufAttachment attachment = exported.attach(machine.device());
                stage.task("imports", () -> {
                    try {
                        ScatterList mapped = attachment.map(DmaDirection.TO_DEVICE);
                        requireReaches(stage, machine, mapped, memory);
                        attachment.unmap(mapped, DmaDirection.TO_DEVICE);
                    } catch (IommuException refusal) {
                        assertThat(refusal.errno()).isIn(Errno.EIO, Errno.EINVAL);
                    }
                    attachment.detach();
                });
            }
            stage.task("does DMA", () -> {
                for (int n = 0; n < 2; n++) {
                    stage.yieldPoint("reads");
                    assertThat(pa(machine, machine.devices.get(0), address))
                            .isIn(memory.segments().get(0).pa(), REFUSED);
                }
            });
            stage.atEnd("nothing is left", () -> {
                exported.put();
                assertThat(machine.leaks()).isEmpty();
            });
        };
    }

    @Test
    void P62_importersOfOneBufferReachItWhateverTheOtherDoes() {
        exploreAll(
                "map against map of one buffer", twoImporters(Defect.NONE, pagesAt(0x8_8000_0000L), faults -> faults));
    }

    @Test
    void P62_importersOfOneBufferMayBeRefusedAtAnyTime() {
        exploreAll(
                "map against map of one buffer, refused once",
                twoImporters(Defect.NONE, pagesAt(0x8_8000_0000L), PatExplorationTest::refusingTheFirstMap));
    }

    private static Faults refusingTheFirstMap(Faults faults) {
        boolean[] refused = new boolean[1];
        faults.failWhen(
                call -> {
                    boolean now = call.startsWith("map ") && !refused[0];
                    refused[0] |= now;
                    return now;
                },
                Errno.EIO);
        return faults;
    }

    @Test
    void P62_buffersOfOnePoolNeverShareAPieceOfTheWindow() {
        exploreAll("export against export from one pool", stage -> {
            PatMachine machine = machine(stage, Defect.NONE);
            for (int i = 0; i < 3; i++) {
                ScatterList memory = pagesAt(ELSEWHERE + i * 0x100_0000L);
                Device device = machine.device();
                DmaBuf parent = machine.buffer(memory);
                stage.task("exports, maps and closes", () -> {
                    DmaBuf exported = machine.pat.export(parent);
                    DmaBufAttachment attachment = exported.attach(device);
                    ScatterList mapped = attachment.map(DmaDirection.TO_DEVICE);
                    requireReaches(stage, machine, mapped, memory);
                    attachment.unmap(mapped, DmaDirection.TO_DEVICE);
                    attachment.detach();
                    exported.put();
                });
            }
            requireNothingLeft(stage, machine);
        });
    }

    @Test
    void aMutexThatIsLeftLockedIsFound() {
        Finding found = explore(twoImporters(
                        Defect.of(TiPatErratum.PARENT_FAILURE_KEEPS_LOCK),
                        pagesAt(0x8_8000_0000L),
                        PatExplorationTest::refusingTheFirstMap))
                .requireFinding();
        assertThat(found.toText()).contains("&buffer->lock (ti_pat)");
    }

    @Test
    void entriesThatAreLeftEnabledAreFound() {
        ScatterList memory = ScatterList.of(
                List.of(Segment.of(ELSEWHERE, PatMachine.PAGE), new Segment(ELSEWHERE + 0x10000, 8, PatMachine.PAGE)));
        Finding found = explore(
                        twoImporters(Defect.of(TiPatErratum.REJECTED_SEGMENT_KEEPS_ENTRIES), memory, faults -> faults))
                .requireFinding();
        assertThat(found.kind()).isEqualTo(Finding.Kind.INVARIANT);
        assertThat(found.description()).contains("1 entries are enabled although the parent is not mapped");
        explore(twoImporters(Defect.NONE, memory, faults -> faults)).requireNothingFound();
    }

    /** A table that loses what disables its second entry: the flush that is missing. */
    private record ForgetfulTable(MmioRegion table) implements MmioRegion {

        private static final long SECOND_HIGH_WORD = 12;
        private static final long ENABLE = 1L << 31;

        @Override
        public long size() {
            return table.size();
        }

        @Override
        public long read(long offset, int width) {
            return table.read(offset, width);
        }

        @Override
        public void write(long offset, int width, long value) {
            if (offset != SECOND_HIGH_WORD || (value & ENABLE) != 0) {
                table.write(offset, width, value);
            }
        }
    }

    @Test
    void anEntryThatIsNotFlushedIsFound() {
        Defect forgetful = new Defect(ForgetfulTable::new, builder -> builder);
        Finding found = explore(unmapAgainstDma(forgetful)).requireFinding();
        assertThat(found.description()).containsAnyOf("although the parent is not mapped", "taken away");
    }
}
