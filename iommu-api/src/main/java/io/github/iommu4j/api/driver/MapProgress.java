package io.github.iommu4j.api.driver;

/** How far a map call came: counted even when it fails in the end. Confined to the caller's thread. */
public final class MapProgress {

    private long mapped;

    /** No progress yet. */
    public MapProgress() {}

    /**
     * Counts mapped bytes.
     *
     * @param bytes how many more
     */
    public void add(long bytes) {
        mapped += bytes;
    }

    /**
     * The bytes mapped.
     *
     * @return the sum
     */
    public long mapped() {
        return mapped;
    }
}
