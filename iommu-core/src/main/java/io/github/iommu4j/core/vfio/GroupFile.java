package io.github.iommu4j.core.vfio;

/** An open group file. */
@SuppressWarnings("DoNotCallSuggester")
public final class GroupFile {

    GroupFile() {}

    /** The number. */
    public int groupId() {
        throw new UnsupportedOperationException();
    }

    /** VFIO_GROUP_GET_STATUS. */
    public GroupStatus getStatus(int argsz) {
        throw new UnsupportedOperationException();
    }

    /** VFIO_GROUP_SET_CONTAINER. */
    public void setContainer(ContainerFile file) {}

    /** VFIO_GROUP_UNSET_CONTAINER. */
    public void unsetContainer() {}

    /** VFIO_GROUP_GET_DEVICE_FD. */
    public DeviceFile getDevice(String name) {
        throw new UnsupportedOperationException();
    }

    /** Closes the file. */
    public void close() {}
}
