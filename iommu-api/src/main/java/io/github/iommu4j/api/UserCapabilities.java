package io.github.iommu4j.api;

import java.util.Set;

/**
 * What a user-space caller may do. Immutable.
 *
 * @param capabilities the capabilities the caller has
 */
public record UserCapabilities(Set<Capability> capabilities) {

    /** The capabilities this library asks for. */
    public enum Capability {
        /** May lock memory without limit (14). */
        CAP_IPC_LOCK,
        /** May do raw I/O (17). */
        CAP_SYS_RAWIO,
        /** May administer the system (21). */
        CAP_SYS_ADMIN
    }

    /** Everything, as root has it. */
    public static final UserCapabilities ALL = new UserCapabilities(Set.of(Capability.values()));

    /** Copies the set. */
    public UserCapabilities {
        capabilities = Set.copyOf(capabilities);
    }

    /**
     * Whether the caller has a capability.
     *
     * @param capability the capability
     * @return {@code true} when it has
     */
    public boolean has(Capability capability) {
        return capabilities.contains(capability);
    }
}
