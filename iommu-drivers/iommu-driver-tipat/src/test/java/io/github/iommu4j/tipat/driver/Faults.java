package io.github.iommu4j.tipat.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.core.dmabuf.DirectMapper;
import io.github.iommu4j.core.dmabuf.DmaDirection;
import io.github.iommu4j.core.dmabuf.DmaMapper;
import io.github.iommu4j.core.dmabuf.ScatterList;
import java.util.function.Predicate;

/** Lets calls fail that may fail: the next that fits, or one by its number. Used by one thread. */
final class Faults {

    private Predicate<String> failing = call -> false;
    private Errno errno = Errno.EIO;
    private int left = Integer.MAX_VALUE;

    /** From now on, calls of this description fail. */
    void failWhen(Predicate<String> calls, Errno newErrno) {
        failing = calls;
        errno = newErrno;
    }

    /** The call after so many fails, once. */
    void failAfter(int calls, Errno newErrno) {
        left = calls;
        errno = newErrno;
    }

    void failNothing() {
        failing = call -> false;
        left = Integer.MAX_VALUE;
    }

    void mayFail(String call) {
        boolean now = left == 0;
        if (left != Integer.MAX_VALUE) {
            left = now ? Integer.MAX_VALUE : left - 1;
        }
        if (now || failing.test(call)) {
            throw new IommuException(errno, "planned failure of " + call);
        }
    }

    /** Direct mapping that fails as planned. */
    DmaMapper mapper() {
        DirectMapper direct = new DirectMapper();
        return new DmaMapper() {
            @Override
            public void setMask(Device device, int bits) {
                mayFail("mask " + device.name() + " " + bits);
            }

            @Override
            public ScatterList map(Device device, ScatterList list, DmaDirection direction) {
                mayFail("dma_map " + device.name() + " " + direction);
                return direct.map(device, list, direction);
            }

            @Override
            public void unmap(Device device, ScatterList list, DmaDirection direction) {
                direct.unmap(device, list, direction);
            }
        };
    }
}
