package io.github.iommu4j.armshort.layout;

/** What DACR says of a domain (Arm DDI 0406C B4.1.43), in the order of the two bits. */
public enum DomainAccess {
    /** Any access is a domain fault. */
    NO_ACCESS,
    /** Permissions of the descriptor are checked. */
    CLIENT,
    /** UNPREDICTABLE; any access is a domain fault here. */
    RESERVED,
    /** Permissions are not checked. */
    MANAGER;

    /** How many domains there are. */
    public static final int DOMAINS = 16;

    private static final int ALL_ONES = 0x5555_5555;
    private static final DomainAccess[] VALUES = values();

    /**
     * A DACR that says the same of all sixteen domains.
     *
     * @return the register's value
     */
    public int forAllDomains() {
        return ordinal() * ALL_ONES;
    }

    /**
     * What a DACR says of a domain.
     *
     * @param dacr the register's value
     * @param domain 0 to 15
     * @return the access
     */
    public static DomainAccess of(int dacr, int domain) {
        return VALUES[dacr >>> 2 * domain & 3];
    }
}
