package io.github.iommu4j.api;

/**
 * A range of IOVAs that is spoken for (Linux {@code iommu_resv_region}). Immutable.
 *
 * @param range the addresses
 * @param prot the protection of a direct mapping
 * @param type what the range is reserved for
 */
public record ReservedRegion(IovaRange range, Prot prot, Type type) {

    /** Why a range is reserved, in the kernel's order. */
    public enum Type {
        /** Firmware needs it mapped 1:1; a device with one cannot be blocked (6.6 and later). */
        DIRECT("direct"),
        /** As {@link #DIRECT}, but a user may take it away. */
        DIRECT_RELAXABLE("direct-relaxable"),
        /** Must never be mapped. */
        RESERVED("reserved"),
        /** Hardware translates interrupts here. */
        MSI("msi"),
        /** Software maps interrupt doorbells here; shown as {@code msi}. */
        SW_MSI("msi");

        private final String sysfsName;

        Type(String sysfsName) {
            this.sysfsName = sysfsName;
        }

        /**
         * What the {@code reserved_regions} file shows.
         *
         * @return the word
         */
        public String sysfsName() {
            return sysfsName;
        }
    }

    /**
     * The line of the {@code reserved_regions} file.
     *
     * @return start, inclusive end and type, without a newline
     */
    public String sysfsLine() {
        return String.format("0x%016x 0x%016x %s", range.start(), range.last(), type.sysfsName());
    }
}
