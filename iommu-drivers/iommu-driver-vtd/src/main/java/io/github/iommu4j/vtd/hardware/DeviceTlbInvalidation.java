package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.InvalidationType;

/**
 * An invalidation that a device must perform (Intel VT-d §6.5.2.5, §6.5.2.6). Immutable.
 *
 * @param sid the device's source-id, 16 bits
 * @param pasid 20 bits, {@link TranslationUnit#NO_SUBSTREAM} for translations of requests without PASID, or {@link
 *     #EVERY_PASID}
 * @param address the first byte, aligned to the size
 * @param sizeLg2 log2 of the pages of 4 KiB; {@link InvalidationDescriptor#ALL_PAGES} is everything
 */
public record DeviceTlbInvalidation(int sid, int pasid, long address, int sizeLg2) {

    /** Translations of all PASIDs. */
    public static final int EVERY_PASID = -2;

    /** What a descriptor of type DEVICE_TLB or PASID_DEVICE_TLB asks for. */
    static DeviceTlbInvalidation of(InvalidationDescriptor descriptor) {
        int pasid = TranslationUnit.NO_SUBSTREAM;
        if (descriptor.code() == InvalidationType.PASID_DEVICE_TLB.code()) {
            boolean every = InvalidationDescriptor.EVERY_PASID.isSet(descriptor.q1());
            pasid = every ? EVERY_PASID : descriptor.pasid();
        }
        return new DeviceTlbInvalidation(
                descriptor.sid(), pasid, descriptor.deviceAddress(), descriptor.deviceSizeLg2());
    }
}
