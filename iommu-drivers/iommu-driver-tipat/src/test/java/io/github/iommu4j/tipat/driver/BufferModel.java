package io.github.iommu4j.tipat.driver;

import io.github.iommu4j.core.dmabuf.DmaBuf;
import io.github.iommu4j.core.dmabuf.DmaBufAttachment;
import io.github.iommu4j.core.dmabuf.DmaDirection;
import io.github.iommu4j.core.dmabuf.ScatterList;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is known of exported buffers without looking: who holds them, who has them mapped, where their pages are. */
final class BufferModel {

    /** A device's use of a buffer. */
    static final class Use {
        final Buffer buffer;
        final DmaBufAttachment attachment;
        final List<ScatterList> mappings = new ArrayList<>();

        Use(Buffer buffer, DmaBufAttachment attachment) {
            this.buffer = buffer;
            this.attachment = attachment;
        }

        void unmapOne() {
            attachment.unmap(mappings.remove(mappings.size() - 1), DmaDirection.BIDIRECTIONAL);
        }
    }

    /** An exported buffer. */
    static final class Buffer {
        final TiPat pat;
        final DmaBuf dmaBuf;
        final ScatterList memory;
        final @Nullable Buffer parent;
        boolean held = true;
        int children;
        final List<Use> uses = new ArrayList<>();

        Buffer(TiPat pat, DmaBuf dmaBuf, ScatterList memory, @Nullable Buffer parent) {
            this.pat = pat;
            this.dmaBuf = dmaBuf;
            this.memory = memory;
            this.parent = parent;
        }

        long pages() {
            return memory.size() / PatMachine.PAGE;
        }

        boolean isMappedByDevices() {
            return uses.stream().anyMatch(use -> !use.mappings.isEmpty());
        }
    }

    final List<Buffer> alive = new ArrayList<>();

    void add(Buffer buffer) {
        alive.add(buffer);
        if (buffer.parent != null) {
            buffer.parent.children++;
        }
    }

    /** The user's reference goes: everything goes that nobody else holds. */
    void drop(Buffer buffer) {
        buffer.held = false;
        removeIfUnused(buffer);
    }

    private void removeIfUnused(Buffer buffer) {
        if (!buffer.held && buffer.children == 0) {
            alive.remove(buffer);
            buffer.uses.clear();
            if (buffer.parent != null) {
                buffer.parent.children--;
                removeIfUnused(buffer.parent);
            }
        }
    }

    List<Use> uses() {
        return alive.stream().flatMap(buffer -> buffer.uses.stream()).toList();
    }

    /** Mapped by a device, or by the PAT of a buffer exported from this one. */
    boolean isMapped(Buffer buffer) {
        return buffer.isMappedByDevices()
                || alive.stream().anyMatch(other -> other.parent == buffer && isMapped(other));
    }

    long enabledEntries(TiPat pat) {
        return alive.stream()
                .filter(buffer -> buffer.pat == pat && isMapped(buffer))
                .mapToLong(Buffer::pages)
                .sum();
    }

    long windowInUse(TiPat pat) {
        return alive.stream()
                        .filter(buffer -> buffer.pat == pat)
                        .mapToLong(Buffer::pages)
                        .sum()
                * PatMachine.PAGE;
    }
}
