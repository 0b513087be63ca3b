package io.github.iommu4j.core.vfio;

/** What a file descriptor given to SET_CONTAINER may name: a container, or something else. */
public sealed interface ContainerFile permits Container, ContainerFile.NotAContainer {

    /** A descriptor that names no container. */
    enum NotAContainer implements ContainerFile {
        /** An open file of another kind. */
        FOREIGN_FILE,
        /** Not an open file. */
        BAD_DESCRIPTOR
    }
}
