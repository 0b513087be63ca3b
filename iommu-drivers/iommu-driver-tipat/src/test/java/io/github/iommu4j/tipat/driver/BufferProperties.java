package io.github.iommu4j.tipat.driver;

import static io.github.iommu4j.tipat.driver.PatMachine.PAGE;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.dmabuf.DmaBuf;
import io.github.iommu4j.core.dmabuf.DmaBufAttachment;
import io.github.iommu4j.core.dmabuf.DmaBufFiles.OnExec;
import io.github.iommu4j.core.dmabuf.DmaDirection;
import io.github.iommu4j.core.dmabuf.ScatterList;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.machine.MemoryBytes;
import io.github.iommu4j.tipat.driver.BufferModel.Buffer;
import io.github.iommu4j.tipat.driver.BufferModel.Use;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

/** Any number of importers, in any order, with failures anywhere, beside a model that only counts. */
final class BufferProperties {

    private enum Kind {
        EXPORT,
        EXPORT_AGAIN,
        ATTACH,
        MAP,
        UNMAP,
        DETACH,
        DETACH_MAPPED,
        CPU,
        RELEASE
    }

    /**
     * @param choice which buffer or device, modulo how many there are
     * @param pages how large a new buffer is
     * @param failure after how many calls one fails; 6 to 8 refuse files, the answer or descriptors; 9 and 10
     *     give a new buffer a last segment that no PAT takes; more is none
     */
    private record Step(Kind kind, int choice, int pages, int failure) {}

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Kind> kinds = Arbitraries.frequency(
                Tuple.of(5, Kind.EXPORT),
                Tuple.of(2, Kind.EXPORT_AGAIN),
                Tuple.of(6, Kind.ATTACH),
                Tuple.of(9, Kind.MAP),
                Tuple.of(6, Kind.UNMAP),
                Tuple.of(3, Kind.DETACH),
                Tuple.of(1, Kind.DETACH_MAPPED),
                Tuple.of(1, Kind.CPU),
                Tuple.of(2, Kind.RELEASE));
        return Combinators.combine(
                        kinds,
                        Arbitraries.integers().between(0, 11),
                        Arbitraries.integers().between(1, 24),
                        Arbitraries.integers().between(0, 24))
                .as(Step::new)
                .list()
                .ofMinSize(3)
                .ofMaxSize(40);
    }

    @Property(tries = 2500)
    void P60_anySequenceEndsWithAnEmptyTableAndAFullPool(@ForAll("steps") List<Step> steps) {
        new Player().play(steps);
    }

    /** Plays one sequence. */
    private static final class Player {

        private final PatMachine machine =
                new PatMachine(KernelLog.WarnPolicy.RECORD, new PlainLocking(), builder -> builder);
        private final BufferModel model = new BufferModel();

        void play(List<Step> steps) {
            for (Step step : steps) {
                fail(step.failure());
                try {
                    play(step);
                } catch (IommuException refusal) {
                    assertThat(step.failure() <= 8
                                    || refusal.errno() == Errno.ENOMEM
                                    || refusal.errno() == Errno.EINVAL && step.kind() == Kind.MAP)
                            .as("%s", refusal)
                            .isTrue();
                }
                machine.faults.failNothing();
                machine.dmaBufs.limitFiles(Integer.MAX_VALUE);
                assertAsModelled();
            }
            while (!model.alive.isEmpty()) {
                release(model.alive.get(model.alive.size() - 1));
            }
            assertThat(machine.leaks()).isEmpty();
            assertThat(machine.files.count()).isZero();
        }

        private void fail(int failure) {
            if (failure <= 5) {
                machine.faults.failAfter(failure, Errno.EIO);
            }
        }

        private void play(Step step) {
            List<Buffer> buffers =
                    model.alive.stream().filter(buffer -> buffer.held).toList();
            List<Use> uses = model.uses();
            if (step.kind() == Kind.EXPORT) {
                export(step);
            } else if (!buffers.isEmpty() && onBuffer(step.kind())) {
                playOn(buffers.get(step.choice() % buffers.size()), step);
            } else if (!uses.isEmpty() && !onBuffer(step.kind())) {
                playOn(uses.get(step.choice() % uses.size()), step.kind());
            }
        }

        private static boolean onBuffer(Kind kind) {
            return kind == Kind.EXPORT_AGAIN || kind == Kind.ATTACH || kind == Kind.CPU || kind == Kind.RELEASE;
        }

        private void export(Step step) {
            TiPat pat = step.choice() % 3 == 0 ? machine.secondPat : machine.pat;
            List<ScatterList.Segment> segments = new ArrayList<>();
            for (int i = 0; i < step.pages(); i++) {
                boolean odd = i == step.pages() - 1 && (step.failure() == 9 || step.failure() == 10);
                long page = 0x8_8000_0000L + (step.pages() - i) * 0x10000L;
                segments.add(new ScatterList.Segment(page, odd ? 8 : 0, PAGE));
            }
            ScatterList memory = ScatterList.of(segments);
            DmaBuf exported = throughFile(pat, machine.buffer(memory), step);
            model.add(new Buffer(pat, exported, memory, null));
        }

        /** As a user does: descriptor in, descriptor out; the user keeps the new buffer only. */
        private DmaBuf throughFile(TiPat pat, DmaBuf parent, Step step) {
            int fd = machine.files.open(parent, OnExec.KEEP);
            int fillers = 0;
            CallerMemory argument = new CallerMemory(fd, 0);
            if (step.failure() == 6) {
                machine.dmaBufs.limitFiles(0);
            } else if (step.failure() == 7) {
                argument.unwritable();
            } else if (step.failure() == 8) {
                while (machine.files.count() < 16) {
                    machine.files.openOther();
                    fillers++;
                }
            }
            try {
                pat.ioctl(machine.files, TiPat.IOC_EXPORT, argument);
            } finally {
                machine.files.close(fd);
                for (int i = 0; i < fillers; i++) {
                    machine.files.close(fd + 1 + i);
                }
            }
            DmaBuf exported = machine.files.get(argument.data().fd());
            machine.files.close(argument.data().fd());
            return exported;
        }

        private void playOn(Buffer buffer, Step step) {
            switch (step.kind()) {
                case EXPORT_AGAIN -> {
                    if (buffer.dmaBuf.depth() < 4) {
                        buffer.dmaBuf.get();
                        TiPat pat = buffer.pat == machine.pat ? machine.secondPat : machine.pat;
                        DmaBuf exported = throughFile(pat, buffer.dmaBuf, step);
                        model.add(new Buffer(pat, exported, buffer.memory, buffer));
                    }
                }
                case ATTACH -> buffer.uses.add(new Use(buffer, buffer.dmaBuf.attach(machine.device())));
                case CPU -> {
                    buffer.dmaBuf.beginCpuAccess(DmaDirection.FROM_DEVICE);
                    buffer.dmaBuf.vunmap(buffer.dmaBuf.vmap());
                    buffer.dmaBuf.endCpuAccess(DmaDirection.FROM_DEVICE);
                }
                default -> release(buffer);
            }
        }

        private void release(Buffer buffer) {
            if (buffer.held) {
                model.drop(buffer);
                buffer.dmaBuf.put();
            }
        }

        private void playOn(Use use, Kind kind) {
            switch (kind) {
                case MAP -> use.mappings.add(use.attachment.map(DmaDirection.BIDIRECTIONAL));
                case UNMAP -> {
                    if (!use.mappings.isEmpty()) {
                        use.unmapOne();
                    }
                }
                default -> {
                    while (kind == Kind.DETACH && !use.mappings.isEmpty()) {
                        use.unmapOne();
                    }
                    use.buffer.uses.remove(use);
                    use.attachment.detach();
                }
            }
        }

        private void assertAsModelled() {
            assertPat(machine.pat, PatMachine.enabledEntries(machine.hardware));
            assertPat(machine.secondPat, PatMachine.enabledEntries(machine.secondHardware));
            for (Use use : model.uses()) {
                for (ScatterList mapping : use.mappings) {
                    assertLeadsTo(mapping.dmaRanges().get(0).address(), use.buffer.memory);
                }
            }
        }

        private void assertPat(TiPat pat, int enabled) {
            assertThat(enabled).as("entries of %s", pat).isEqualTo((int) model.enabledEntries(pat));
            WindowReport report = pat.window();
            assertThat(report.size() - report.freeBytes())
                    .as("window of %s", pat)
                    .isEqualTo(model.windowInUse(pat));
        }

        private void assertLeadsTo(long window, ScatterList memory) {
            for (long at = 0; at < memory.size(); at += PAGE) {
                long answer = machine.interconnect.translate(1, window + at + 8, Access.READ);
                assertThat(Translations.isOk(answer)).isTrue();
                assertThat(Translations.pa(answer)).isEqualTo(memory.paAt(at + 8));
            }
        }
    }

    /** Segments of whole pages anywhere, in any order. */
    private static ScatterList randomList(Random random) {
        List<ScatterList.Segment> segments = new ArrayList<>();
        int pages = 0;
        while (pages < 12) {
            int length = 1 + random.nextInt(4);
            long frame = (0x8_0000L + 0x100L * segments.size()) + random.nextInt(0xF0);
            segments.add(ScatterList.Segment.of(frame << 12, length * PAGE));
            pages += length;
        }
        return ScatterList.of(segments);
    }

    @Property(tries = 200)
    void P58_theWindowShowsAnyScatterListByteForByte(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int accesses) {
        Random random = new Random(seed);
        PatMachine bytes = new PatMachine();
        ScatterList list = randomList(random);
        DmaBuf exported = bytes.pat.export(bytes.buffer(list));
        DmaBufAttachment attachment = exported.attach(bytes.device());
        ScatterList mapped = attachment.map(DmaDirection.BIDIRECTIONAL);
        PhysicalMemory seen = bytes.seenBy(attachment.device());
        long window = mapped.dmaRanges().get(0).address();
        byte[] expected = new byte[(int) list.size()];
        for (int i = 0; i < accesses; i++) {
            byte[] piece = new byte[1 + random.nextInt(64)];
            random.nextBytes(piece);
            int at = random.nextInt(expected.length - piece.length + 1);
            MemoryBytes.write(seen, window + at, piece);
            System.arraycopy(piece, 0, expected, at, piece.length);
        }
        assertThat(MemoryBytes.read(seen, window, expected.length)).isEqualTo(expected);
        int at = 0;
        for (ScatterList.Segment segment : list.segments()) {
            byte[] inMemory = MemoryBytes.read(bytes.memory, segment.pa(), (int) segment.length());
            int end = at + inMemory.length;
            assertThat(inMemory).isEqualTo(Arrays.copyOfRange(expected, at, end));
            at = end;
        }
        attachment.unmap(mapped, DmaDirection.BIDIRECTIONAL);
        attachment.detach();
        exported.put();
        assertThat(bytes.leaks()).isEmpty();
    }
}
