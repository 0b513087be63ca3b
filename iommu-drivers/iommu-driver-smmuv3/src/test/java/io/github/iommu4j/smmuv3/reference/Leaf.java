package io.github.iommu4j.smmuv3.reference;

/**
 * Where a stage ends.
 *
 * @param address output address of the access
 * @param sizeLg2 log2 of the block or page
 * @param permissions bit 0 read, bit 1 write, bit 2 execute
 */
record Leaf(long address, int sizeLg2, int permissions) {

    static int permissions(boolean readable, boolean writable, boolean executable) {
        return (readable ? 1 : 0) | (writable ? 2 : 0) | (executable ? 4 : 0);
    }
}
