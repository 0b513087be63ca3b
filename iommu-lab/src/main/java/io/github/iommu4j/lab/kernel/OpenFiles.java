package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.core.vfio.Container;
import io.github.iommu4j.core.vfio.DeviceFile;
import io.github.iommu4j.core.vfio.GroupFile;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** The harness's slots of open files. */
final class OpenFiles {

    /**
     * A group file with what the harness noted.
     *
     * @param file the file
     * @param container the slot of the container it was put into, {@link #NO_CONTAINER} for none
     */
    record GroupEntry(GroupFile file, int container) {}

    static final int NO_CONTAINER = -1;

    private final Map<Integer, Container> containers = new ConcurrentSkipListMap<>();
    private final Map<Integer, GroupEntry> groups = new ConcurrentSkipListMap<>();
    private final Map<Integer, DeviceFile> devices = new ConcurrentSkipListMap<>();

    Map<Integer, Container> containers() {
        return containers;
    }

    Map<Integer, GroupEntry> groups() {
        return groups;
    }

    Map<Integer, DeviceFile> devices() {
        return devices;
    }
}
