package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.vtd.layout.RegisterFields.Iqa;

/** Where an invalidation queue stands and what shape it has (Intel VT-d §11.4, IQA_REG). Offsets are bytes. */
record QueueGeometry(long iqa) {

    boolean isWide() {
        return Iqa.DW.isSet(iqa);
    }

    int descriptorBytes() {
        return isWide() ? 32 : 16;
    }

    /** Bytes of the queue, 4 KiB to 512 KiB. */
    int bytes() {
        return 1 << Iqa.QS.getInt(iqa) + 12;
    }

    int descriptors() {
        return bytes() / descriptorBytes();
    }

    long base() {
        return Iqa.IQA.inPlace(iqa);
    }

    /** The offset that follows. */
    int after(int offset) {
        return offset + descriptorBytes() & bytes() - 1;
    }
}
