package io.github.iommu4j.tipat.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.core.dmabuf.DmaBuf;
import io.github.iommu4j.core.dmabuf.DmaBufAttachment;
import io.github.iommu4j.core.dmabuf.DmaBufFiles.OnExec;
import io.github.iommu4j.core.dmabuf.DmaDirection;
import io.github.iommu4j.core.dmabuf.PageRange;
import io.github.iommu4j.core.dmabuf.ScatterList;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.lock.RecordingLocking;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The order of the locks of DMA-BUF and of the driver, with a buffer that goes through two PATs. */
final class PatLockOrderTest {

    private static final String RESERVATION = "reservation_ww_class_mutex";
    private static final String BUFFER = "&buffer->lock (ti_pat)";
    private static final String LIST = "dmabuf_list_mutex";
    private static final String DEVICE = "&dev->mutex";
    private static final String POOL = "&pool->lock";

    private static RecordingLocking play() {
        RecordingLocking locking = new RecordingLocking();
        PatMachine machine = new PatMachine(KernelLog.WarnPolicy.THROW, locking, builder -> builder);
        CallerMemory argument = new CallerMemory(machine.files.open(machine.scattered(2), OnExec.CLOSE), 0);
        machine.pat.ioctl(machine.files, TiPat.IOC_EXPORT, argument);
        DmaBuf twice =
                machine.secondPat.export(machine.files.get(argument.data().fd()));
        DmaBufAttachment attachment = twice.attach(machine.device());
        ScatterList list = attachment.map(DmaDirection.TO_DEVICE);
        twice.vunmap(twice.vmap());
        twice.beginCpuAccess(DmaDirection.TO_DEVICE);
        twice.endCpuAccess(DmaDirection.TO_DEVICE);
        twice.mmap(new PageRange(0, 1)).close();
        machine.dmaBufs.census();
        attachment.unmap(list, DmaDirection.TO_DEVICE);
        attachment.detach();
        twice.put();
        machine.files.exit();
        machine.bus.unbind("31010000.pat", "ti-pat");
        assertThat(machine.leaks()).isEmpty();
        return locking;
    }

    @Test
    void P61_theLocksHaveAnOrder() {
        assertThat(play().cycle()).isEmpty();
    }

    @Test
    void P61_aReExportedBuffersLocksComeBeforeItsParents() {
        RecordingLocking locking = play();
        List<String> order = List.of(RESERVATION + "/2", BUFFER + "/1", RESERVATION + "/1", BUFFER, RESERVATION);
        for (int outer = 0; outer < order.size(); outer++) {
            for (int inner = 0; inner < order.size(); inner++) {
                assertThat(locking.follows(order.get(outer), order.get(inner)))
                        .as("%s -> %s", order.get(outer), order.get(inner))
                        .isEqualTo(outer < inner);
            }
        }
    }

    @Test
    void P61_theListComesBeforeReservationsAndThePoolAfterEverything() {
        RecordingLocking locking = play();
        assertThat(locking.follows(LIST, RESERVATION)).isTrue();
        assertThat(locking.follows(DEVICE, POOL)).isTrue();
        assertThat(locking.follows(RESERVATION + "/1", POOL)).isTrue();
        for (String other : List.of(LIST, RESERVATION, RESERVATION + "/1", BUFFER, DEVICE)) {
            assertThat(locking.follows(POOL, other)).as("%s", other).isFalse();
            assertThat(locking.follows("&newf->file_lock", other))
                    .as("%s", other)
                    .isFalse();
            assertThat(locking.follows(BUFFER, LIST)).isFalse();
        }
    }
}
