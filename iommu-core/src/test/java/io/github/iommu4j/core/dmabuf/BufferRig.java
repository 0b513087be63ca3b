package io.github.iommu4j.core.dmabuf;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;

/** A kernel with buffers, devices, and an exporter that writes down what it is asked. */
final class BufferRig {

    static final int PAGE = 4096;

    final PlainLocking locking = new PlainLocking();
    final KernelLog log;
    final DmaBufs dmaBufs;
    final DmaBufFiles files;
    final BusType bus;

    BufferRig() {
        this(KernelLog.WarnPolicy.THROW);
    }

    BufferRig(KernelLog.WarnPolicy policy) {
        log = new KernelLog(policy);
        dmaBufs = new DmaBufs(locking, log, 12);
        files = new DmaBufFiles(locking, 1024);
        bus = new BusType("platform", locking, new DeferredProbe(locking));
    }

    Device device(String name) {
        return bus.add(DeviceNode.Identity.of(name, 1));
    }

    static Errno errnoOf(ThrowingCallable call) {
        IommuException refusal = catchThrowableOfType(IommuException.class, call);
        if (refusal == null) {
            throw new AssertionError("nothing was refused");
        }
        return refusal.errno();
    }

    List<String> warnings() {
        return log.drain().stream().map(KernelLog.Line::text).toList();
    }

    /** An exporter of two pages that are apart. */
    static final class Recorder implements DmaBufOps {

        static final ScatterList MEMORY = ScatterList.of(
                List.of(ScatterList.Segment.of(0x8_8000_0000L, PAGE), ScatterList.Segment.of(0x8_9000_0000L, PAGE)));

        final List<String> calls = new ArrayList<>();

        @Nullable
        String failing;

        boolean hasMappings = true;

        private void call(String name) {
            calls.add(name);
            if (name.equals(failing)) {
                throw new IommuException(Errno.EIO, "planned failure of " + name);
            }
        }

        @Override
        public void attach(DmaBufAttachment attachment) {
            call("attach " + attachment.device().name());
        }

        @Override
        public void detach(DmaBufAttachment attachment) {
            call("detach " + attachment.device().name());
        }

        @Override
        public ScatterList map(DmaBufAttachment attachment, DmaDirection direction) {
            call("map " + attachment.device().name() + " " + direction);
            return new DirectMapper().map(attachment.device(), MEMORY, direction);
        }

        @Override
        public void unmap(DmaBufAttachment attachment, ScatterList list, DmaDirection direction) {
            call("unmap " + attachment.device().name() + " " + direction);
        }

        @Override
        public void release() {
            call("release");
        }

        @Override
        public void beginCpuAccess(DmaDirection direction) {
            call("begin " + direction);
        }

        @Override
        public void endCpuAccess(DmaDirection direction) {
            call("end " + direction);
        }

        @Override
        public boolean hasMmap() {
            return hasMappings;
        }

        @Override
        public VmArea mmap(DmaBuf buffer, PageRange range) {
            call("mmap " + range.first() + " " + range.count());
            return new VmArea(buffer, new CpuMapping(MEMORY, range.first() * PAGE, range.count() * PAGE));
        }

        @Override
        public boolean hasVmap() {
            return hasMappings;
        }

        @Override
        public CpuMapping vmap() {
            call("vmap");
            return new CpuMapping(MEMORY, 0, 2 * PAGE);
        }

        @Override
        public void vunmap(CpuMapping mapping) {
            call("vunmap");
        }
    }

    /** Gives pieces out of nowhere, at most so many bytes, and knows what is out. */
    static final class Pages implements PageAllocator {

        final Map<Long, Long> given = new HashMap<>();
        private final long largest;
        private long left;
        private long next = 1L << 32;

        Pages(long total, long largest) {
            this.left = total;
            this.largest = largest;
        }

        @Override
        public long allocate(long size, long alignment) {
            if (size > left || size > largest) {
                throw new IommuException(Errno.ENOMEM, "no " + size + " bytes");
            }
            long address = next + alignment - 1 & -alignment;
            next = address + size + PAGE;
            left -= size;
            given.put(address, size);
            return address;
        }

        @Override
        public void free(long address, long size) {
            if (!given.remove(address, size)) {
                throw new AssertionError("not given out");
            }
            left += size;
        }
    }
}
