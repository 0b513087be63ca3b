package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.core.fault.FaultMemory.Purpose;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lists of requests that wait for the last of their group. Each list is guarded by a lock of its owner's. */
final class PartialRequests {

    private PartialRequests() {}

    static @Nullable Errno add(FaultRoom room, Device device, List<PageRequest> partial, PageRequest request) {
        if (!room.take(device, Purpose.PARTIAL)) {
            return Errno.ENOMEM;
        }
        partial.add(request);
        return null;
    }

    /** Takes the requests of a group out, in the order in which they came; their memory goes with them. */
    static List<PageRequest> takeGroup(List<PageRequest> partial, int groupId) {
        List<PageRequest> group = new ArrayList<>();
        for (Iterator<PageRequest> each = partial.iterator(); each.hasNext(); ) {
            PageRequest request = each.next();
            if (request.groupId() == groupId) {
                group.add(request);
                each.remove();
            }
        }
        return group;
    }

    static void dropAll(FaultRoom room, Device device, List<PageRequest> partial) {
        room.giveAll(device, partial, Purpose.PARTIAL);
        partial.clear();
    }
}
