package io.github.iommu4j.core.vfio;

/**
 * The answer of VFIO_GROUP_GET_STATUS. Immutable.
 *
 * @param flags bit 0 viable, bit 1 attached to a container
 */
public record GroupStatus(int flags) {

    /** Every device of the group is free for user space, or the group is attached. */
    public static final int VIABLE = 1;
    /** The group is attached to a container. */
    public static final int CONTAINER_SET = 2;
}
