package io.github.iommu4j.core.dmabuf;

import static io.github.iommu4j.core.dmabuf.BufferRig.PAGE;
import static io.github.iommu4j.core.dmabuf.BufferRig.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.core.dmabuf.DmaBufFiles.OnExec;
import org.junit.jupiter.api.Test;

final class DmaBufFilesTest {

    private final BufferRig rig = new BufferRig();
    private final DmaBufFiles files = new DmaBufFiles(rig.locking, 3);

    private DmaBuf buffer() {
        return rig.dmaBufs.export(ExportInfo.of("recorder", 2 * PAGE, new BufferRig.Recorder()));
    }

    @Test
    void D11_theLowestFreeNumberIsTaken() {
        assertThat(files.open(buffer(), OnExec.KEEP)).isZero();
        assertThat(files.open(buffer(), OnExec.KEEP)).isEqualTo(1);
        files.close(0);
        assertThat(files.openOther()).isZero();
        assertThat(files.count()).isEqualTo(2);
        files.exit();
        assertThat(files.count()).isZero();
        assertThat(rig.dmaBufs.census()).isEqualTo(DmaBufCensus.NOTHING);
    }

    @Test
    void D11_aDescriptorHoldsAReferenceAndGettingItTakesAnother() {
        DmaBuf buffer = buffer();
        int fd = files.open(buffer, OnExec.CLOSE);
        assertThat(buffer.references()).isEqualTo(1);
        assertThat(files.get(fd)).isSameAs(buffer);
        assertThat(buffer.references()).isEqualTo(2);
        files.close(fd);
        assertThat(buffer.references()).isEqualTo(1);
        buffer.put();
    }

    @Test
    void D12_whatIsNotOpenIsEbadfAndWhatIsNoBufferIsEinval() {
        assertThat(errnoOf(() -> files.get(0))).isEqualTo(Errno.EBADF);
        assertThat(errnoOf(() -> files.close(0))).isEqualTo(Errno.EBADF);
        int other = files.openOther();
        assertThat(errnoOf(() -> files.get(other))).isEqualTo(Errno.EINVAL);
        int reserved = files.reserve(OnExec.KEEP);
        assertThat(errnoOf(() -> files.get(reserved))).isEqualTo(Errno.EBADF);
        assertThat(errnoOf(() -> files.close(reserved))).isEqualTo(Errno.EBADF);
        files.close(other);
    }

    @Test
    void D13_tooManyDescriptorsAreEmfileAndTheReferenceStays() {
        DmaBuf buffer = buffer();
        for (int i = 0; i < 3; i++) {
            files.openOther();
        }
        assertThat(errnoOf(() -> files.open(buffer, OnExec.KEEP))).isEqualTo(Errno.EMFILE);
        assertThat(errnoOf(() -> files.reserve(OnExec.KEEP))).isEqualTo(Errno.EMFILE);
        assertThat(buffer.references()).isEqualTo(1);
        buffer.put();
    }

    @Test
    void D14_aReservedDescriptorIsInstalledOrGivenBack() {
        DmaBuf buffer = buffer();
        int fd = files.reserve(OnExec.CLOSE);
        files.unreserve(fd);
        assertThat(files.reserve(OnExec.CLOSE)).isEqualTo(fd);
        files.install(fd, buffer);
        assertThatThrownBy(() -> files.install(fd, buffer)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> files.unreserve(fd)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> files.install(2, buffer)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> files.unreserve(2)).isInstanceOf(AssertionError.class);
    }

    @Test
    void D15_anotherProgramInheritsOnlyWhatIsNotMarked() {
        DmaBuf kept = buffer();
        DmaBuf closed = buffer();
        files.open(kept, OnExec.KEEP);
        files.open(closed, OnExec.CLOSE);
        int reserved = files.reserve(OnExec.CLOSE);
        files.exec();
        assertThat(closed.references()).isZero();
        assertThat(kept.references()).isEqualTo(1);
        files.unreserve(reserved);
        assertThat(files.count()).isEqualTo(1);
    }
}
