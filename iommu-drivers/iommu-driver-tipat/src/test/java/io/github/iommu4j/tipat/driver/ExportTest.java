package io.github.iommu4j.tipat.driver;

import static io.github.iommu4j.tipat.driver.PatMachine.PAGE;
import static io.github.iommu4j.tipat.driver.PatMachine.PAGES;
import static io.github.iommu4j.tipat.driver.PatMachine.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.core.dmabuf.DmaBuf;
import io.github.iommu4j.core.dmabuf.DmaBufFiles.OnExec;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ExportTest {

    private final PatMachine machine = new PatMachine();
    private final DmaBuf parent = machine.scattered(3);
    private int fd;

    @BeforeEach
    void openTheParent() {
        fd = machine.files.open(parent, OnExec.KEEP);
    }

    @AfterEach
    void nothingIsLeft() {
        machine.files.exit();
        assertThat(machine.leaks()).isEmpty();
    }

    private Errno refusal(int command, CallerMemory argument) {
        Errno errno = errnoOf(() -> machine.pat.ioctl(machine.files, command, argument));
        assertThat(parent.references()).as("references to the parent").isEqualTo(1);
        assertThat(machine.pat.window().isUnused()).isTrue();
        assertThat(machine.dmaBufs.buffers()).containsExactly(parent);
        assertThat(argument.data()).isEqualTo(new ExportData(argument.data().fd(), 7));
        return errno;
    }

    private CallerMemory argument() {
        return new CallerMemory(fd, 7);
    }

    @Test
    void P40_exportReturnsADescriptorThatClosesOnExecAndHoldsTheParent() {
        CallerMemory argument = argument();
        machine.pat.ioctl(machine.files, TiPat.IOC_EXPORT, argument);
        assertThat(argument.data()).isEqualTo(new ExportData(1, 7));
        assertThat(parent.references()).isEqualTo(2);
        DmaBuf exported = machine.files.get(1);
        assertThat(exported.exporter()).isEqualTo("ti_pat");
        assertThat(exported.size()).isEqualTo(3 * PAGE);
        exported.put();
        assertThat(machine.pat.window().freeBytes()).isEqualTo((PAGES - 3) * PAGE);
        machine.files.exec();
        assertThat(machine.files.count()).isEqualTo(1);
        assertThat(parent.references()).isEqualTo(1);
        assertThat(machine.pat.window().isUnused()).isTrue();
    }

    @Test
    void P41_theRequestsNumberIsTheOneOfItsStructure() {
        assertThat(TiPat.IOC_EXPORT).isEqualTo(0xC008_5000);
        assertThat(new ExportData(1, 0x0203_0405).bytes()).containsExactly(1, 0, 0, 0, 5, 4, 3, 2);
    }

    @Test
    void P41_otherRequestsAreEnotty() {
        assertThat(refusal(0, argument())).isEqualTo(Errno.ENOTTY);
        assertThat(refusal(0xC008_5001, argument())).isEqualTo(Errno.ENOTTY);
        assertThat(refusal(0xC010_5000, argument())).isEqualTo(Errno.ENOTTY);
        assertThat(refusal(0xC008_5000 + (1 << 8), argument().unreadable())).isEqualTo(Errno.ENOTTY);
    }

    @Test
    void P42_anArgumentThatCannotBeReadOrWrittenIsEfault() {
        assertThat(refusal(TiPat.IOC_EXPORT, argument().unreadable())).isEqualTo(Errno.EFAULT);
        assertThat(refusal(TiPat.IOC_EXPORT, argument().unwritable())).isEqualTo(Errno.EFAULT);
        assertThat(machine.files.count()).isEqualTo(1);
    }

    @Test
    void P42_aWrongDescriptorIsEbadfOrEinval() {
        assertThat(refusal(TiPat.IOC_EXPORT, new CallerMemory(9, 7))).isEqualTo(Errno.EBADF);
        assertThat(refusal(TiPat.IOC_EXPORT, new CallerMemory(-1, 7))).isEqualTo(Errno.EBADF);
        int other = machine.files.openOther();
        assertThat(refusal(TiPat.IOC_EXPORT, new CallerMemory(other, 7))).isEqualTo(Errno.EINVAL);
    }

    @Test
    void P43_aFullWindowIsEnomem() {
        int large = machine.files.open(machine.scattered(PAGES), OnExec.KEEP);
        machine.pat.ioctl(machine.files, TiPat.IOC_EXPORT, new CallerMemory(large, 7));
        assertThat(errnoOf(() -> machine.pat.ioctl(machine.files, TiPat.IOC_EXPORT, argument())))
                .isEqualTo(Errno.ENOMEM);
        assertThat(parent.references()).isEqualTo(1);
        assertThat(machine.logged(KernelLog.Level.WARNING)).isEmpty();
    }

    @Test
    void P43_anEmptyBufferIsEnomem() {
        DmaBuf empty = new ScatteredExporter(BufferTest.onePage(), machine.faults).export(machine.dmaBufs, 0);
        assertThat(errnoOf(() -> machine.pat.export(empty))).isEqualTo(Errno.ENOMEM);
        empty.put();
    }

    @Test
    void P43_tooManyDescriptorsOrBuffersAreRefused() {
        machine.dmaBufs.limitFiles(1);
        assertThat(refusal(TiPat.IOC_EXPORT, argument())).isEqualTo(Errno.ENFILE);
        machine.dmaBufs.limitFiles(100);
        for (int i = 1; i < 16; i++) {
            machine.files.openOther();
        }
        assertThat(refusal(TiPat.IOC_EXPORT, argument())).isEqualTo(Errno.EMFILE);
    }

    @Test
    void P44_aFragmentedWindowIsEnomemAndTheLogSaysWhy() {
        List<DmaBuf> exported = new ArrayList<>();
        for (int i = 0; i < PAGES; i++) {
            exported.add(machine.pat.export(machine.scattered(1)));
        }
        for (int i = 0; i < PAGES; i += 2) {
            exported.get(i).put();
        }
        assertThat(machine.pat.window().freeBytes()).isEqualTo(PAGES / 2 * PAGE);
        assertThat(machine.pat.window().largestFreeRun()).isEqualTo(PAGE);
        machine.log.drain();
        DmaBuf two = machine.scattered(2);
        assertThat(errnoOf(() -> machine.pat.export(two))).isEqualTo(Errno.ENOMEM);
        assertThat(machine.logged(KernelLog.Level.WARNING))
                .containsExactly("ti-pat 31010000.pat: no 0x2000 bytes in one piece: the window is fragmented, 0x20000"
                        + " are free in 32 runs, the longest 0x1000");
        two.put();
        for (int i = 1; i < PAGES; i += 2) {
            exported.get(i).put();
        }
    }

    @Test
    void P45_thePoolIsNoLargerThanTheTableTranslates() {
        assertThat(machine.hardware.window().size()).isEqualTo(0x10_0000);
        assertThat(machine.pat.window().size()).isEqualTo(PAGES * PAGE);
        DmaBuf tooLarge = machine.scattered(PAGES + 1);
        assertThat(errnoOf(() -> machine.pat.export(tooLarge))).isEqualTo(Errno.ENOMEM);
        tooLarge.put();
    }
}
