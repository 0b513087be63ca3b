package io.github.iommu4j.vtd.hardware;

import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.ADDRESS_MASK;
import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.GRANULARITY;
import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.INDEXED;
import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.INDEX_MASK;
import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.INTERRUPT;
import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.PAGE_REQUEST_DRAIN;
import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.STATUS_WRITE;

import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.InvalidationType;
import io.github.iommu4j.vtd.layout.PageGroupResponse;
import io.github.iommu4j.vtd.layout.QueueError;
import java.util.Optional;
import java.util.Set;

/** Which descriptors a unit executes (Intel VT-d §6.5.2). Immutable. */
final class InvalidationRules {

    private final VtdCapabilities capabilities;
    private final boolean waitsDoOneThing;

    InvalidationRules(VtdCapabilities capabilities, Set<VtdDeviation> deviations) {
        this.capabilities = capabilities;
        this.waitsDoOneThing = deviations.contains(VtdDeviation.WAIT_DOES_ONE_THING);
    }

    /**
     * What is wrong with a descriptor.
     *
     * @param bytes 16 or 32
     * @return {@link QueueError#NONE} when it can be executed
     */
    QueueError check(InvalidationDescriptor descriptor, int bytes) {
        Optional<InvalidationType> type = descriptor.type();
        if (type.isEmpty() || !exists(type.get()) || type.get().isWideOnly() && bytes == 16) {
            return QueueError.TYPE;
        }
        boolean reserved = (descriptor.q0() & type.get().reserved0()) != 0
                || (descriptor.q1() & type.get().reserved1()) != 0
                || (descriptor.q2() | descriptor.q3()) != 0 && !hasPrivateData(type.get(), descriptor);
        return reserved || !isSensible(type.get(), descriptor) ? QueueError.RESERVED : QueueError.NONE;
    }

    private boolean exists(InvalidationType type) {
        return switch (type) {
            case CONTEXT_CACHE, IOTLB, WAIT -> true;
            case DEVICE_TLB -> capabilities.hasDeviceTlbs();
            case PASID_DEVICE_TLB -> capabilities.hasDeviceTlbs() && capabilities.takesPasids();
            case INTERRUPT_ENTRY_CACHE -> capabilities.remapsInterrupts();
            case PASID_IOTLB, PASID_CACHE -> capabilities.hasScalableMode();
            case PAGE_GROUP_RESPONSE -> capabilities.takesPageRequests();
        };
    }

    private static boolean hasPrivateData(InvalidationType type, InvalidationDescriptor descriptor) {
        return type == InvalidationType.PAGE_GROUP_RESPONSE && PageGroupResponse.PDP.isSet(descriptor.q0());
    }

    private boolean isSensible(InvalidationType type, InvalidationDescriptor descriptor) {
        int granularity = GRANULARITY.getInt(descriptor.q0());
        return switch (type) {
            case CONTEXT_CACHE -> granularity != 0;
            case IOTLB -> granularity != 0 && (granularity != InvalidationDescriptor.PAGES || isRange(descriptor));
            case PASID_IOTLB -> granularity >= InvalidationDescriptor.ALL_OF_PASID;
            case PASID_CACHE -> granularity != 2;
            case INTERRUPT_ENTRY_CACHE ->
                !INDEXED.isSet(descriptor.q0())
                        || INDEX_MASK.getInt(descriptor.q0()) <= capabilities.maximumHandleMask();
            case WAIT -> isWait(descriptor.q0());
            case DEVICE_TLB, PASID_DEVICE_TLB, PAGE_GROUP_RESPONSE -> true;
        };
    }

    /** A unit without PSI invalidates the domain, whatever the mask. */
    private boolean isRange(InvalidationDescriptor descriptor) {
        return !capabilities.invalidatesPages()
                || ADDRESS_MASK.getInt(descriptor.q1()) <= capabilities.maximumAddressMask();
    }

    private boolean isWait(long q0) {
        if (PAGE_REQUEST_DRAIN.isSet(q0) && !capabilities.drainsPageRequests()) {
            return false;
        }
        return !waitsDoOneThing || INTERRUPT.isSet(q0) != STATUS_WRITE.isSet(q0);
    }
}
