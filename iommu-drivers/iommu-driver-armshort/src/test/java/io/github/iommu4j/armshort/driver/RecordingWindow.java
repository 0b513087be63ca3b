package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.armshort.layout.M4uRegister;
import java.util.ArrayList;
import java.util.List;

/** A window that writes down what is written. */
final class RecordingWindow implements MmioRegion {

    private final MmioRegion window;
    private final List<String> writes = new ArrayList<>();
    private long reads;

    RecordingWindow(MmioRegion window) {
        this.window = window;
    }

    /** The writes since the last call, such as {@code INVALIDATE=0x2}. */
    synchronized List<String> drain() {
        List<String> taken = List.copyOf(writes);
        writes.clear();
        return taken;
    }

    synchronized long reads() {
        return reads;
    }

    @Override
    public long size() {
        return window.size();
    }

    @Override
    public long read(long offset, int width) {
        synchronized (this) {
            reads++;
        }
        return window.read(offset, width);
    }

    @Override
    public void write(long offset, int width, long value) {
        synchronized (this) {
            String name = M4uRegister.at(offset).map(Enum::name).orElse("0x" + Long.toHexString(offset));
            writes.add(name + "=0x" + Long.toHexString(value));
        }
        window.write(offset, width, value);
    }
}
