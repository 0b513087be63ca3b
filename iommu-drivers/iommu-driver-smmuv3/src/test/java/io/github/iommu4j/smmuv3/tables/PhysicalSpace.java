package io.github.iommu4j.smmuv3.tables;

/**
 * Physical addresses.
 *
 * @param addressBits width of the field that will hold the addresses
 */
record PhysicalSpace(Ram ram, int addressBits) implements Space {

    @Override
    public long allocate(int sizeLg2) {
        return ram.allocate(sizeLg2, addressBits);
    }

    @Override
    public long physical(long address) {
        return address;
    }

    @Override
    public void offer(long address) {}
}
