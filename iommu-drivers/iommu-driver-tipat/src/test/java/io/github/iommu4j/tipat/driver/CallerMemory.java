package io.github.iommu4j.tipat.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;

/** An export request in a caller's memory, which may be unreadable or unwritable. */
final class CallerMemory implements UserPointer {

    private byte[] bytes;
    private boolean readable = true;
    private boolean writable = true;

    CallerMemory(int fd, int flags) {
        bytes = new ExportData(fd, flags).bytes();
    }

    CallerMemory unreadable() {
        readable = false;
        return this;
    }

    CallerMemory unwritable() {
        writable = false;
        return this;
    }

    ExportData data() {
        return ExportData.of(bytes);
    }

    @Override
    public void copyFromUser(byte[] into) {
        if (!readable) {
            throw new IommuException(Errno.EFAULT, "not readable");
        }
        System.arraycopy(bytes, 0, into, 0, into.length);
    }

    @Override
    public void copyToUser(byte[] from) {
        if (!writable) {
            throw new IommuException(Errno.EFAULT, "not writable");
        }
        bytes = from.clone();
    }
}
