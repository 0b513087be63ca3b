package io.github.iommu4j.vtd.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.core.bits.BitField;

/**
 * The answer to a group of page requests, as the descriptor {@link InvalidationType#PAGE_GROUP_RESPONSE} carries it (Intel
 * VT-d §7.7). Immutable.
 *
 * @param descriptor a descriptor of that type
 */
public record PageGroupResponse(InvalidationDescriptor descriptor) {

    /** q0: there is a PASID. */
    public static final BitField PP = bit(4);
    /** q0: there is private data. */
    public static final BitField PDP = bit(5);
    /** q0: the answer. */
    public static final BitField RC = bits(15, 12);
    /** q0: whom it is for. */
    public static final BitField RID = bits(31, 16);
    /** q0: the PASID. */
    public static final BitField PASID = bits(51, 32);
    /** q1: it answers the last request of the group. */
    public static final BitField LPIG = bit(2);
    /** q1: page request group index. */
    public static final BitField PRGI = bits(11, 3);

    /** {@link #code()}: the pages are there. */
    public static final int SUCCESS = 0;
    /** {@link #code()}: there are no such pages. */
    public static final int INVALID = 1;
    /** {@link #code()}: the device may not ask. */
    public static final int FAILURE = 0xF;

    /**
     * Checks the type.
     *
     * @throws IllegalArgumentException when the descriptor is of another type
     */
    public PageGroupResponse {
        if (descriptor.code() != InvalidationType.PAGE_GROUP_RESPONSE.code()) {
            throw new IllegalArgumentException(descriptor + " is no page group response");
        }
    }

    /**
     * The answer to a request: PP, PASID, group, LPIG and private data are the request's.
     *
     * @param request the request
     * @param code 4 bits
     * @return a response
     */
    public static PageGroupResponse to(PageRequestDescriptor request, int code) {
        long pp = PageRequestDescriptor.PP.get(request.q0());
        long pdp = PageRequestDescriptor.PDP.get(request.q0());
        long q0 = InvalidationType.PAGE_GROUP_RESPONSE.code()
                | PP.of(pp)
                | PDP.of(pdp)
                | RC.of(code)
                | RID.of(request.rid())
                | PASID.of(PageRequestDescriptor.PASID.get(request.q0()));
        long q1 = LPIG.of(request.isLast() ? 1 : 0) | PRGI.of(request.group());
        return new PageGroupResponse(
                new InvalidationDescriptor(q0, q1, pdp == 0 ? 0 : request.q2(), pdp == 0 ? 0 : request.q3()));
    }

    /**
     * The answer.
     *
     * @return {@link #SUCCESS}, {@link #INVALID}, {@link #FAILURE}, or another code, which means failure too
     */
    public int code() {
        return RC.getInt(descriptor.q0());
    }

    /**
     * Whom it is for.
     *
     * @return source-id, 16 bits
     */
    public int rid() {
        return RID.getInt(descriptor.q0());
    }

    /**
     * The PASID.
     *
     * @return 20 bits, or {@link TranslationUnit#NO_SUBSTREAM}
     */
    public int pasid() {
        return PP.isSet(descriptor.q0()) ? PASID.getInt(descriptor.q0()) : TranslationUnit.NO_SUBSTREAM;
    }

    /**
     * Page request group index.
     *
     * @return 9 bits
     */
    public int group() {
        return PRGI.getInt(descriptor.q1());
    }

    /**
     * Whether it answers the last request of the group.
     *
     * @return LPIG
     */
    public boolean isLast() {
        return LPIG.isSet(descriptor.q1());
    }

    /**
     * Whether there is private data, in the descriptor's third and fourth words.
     *
     * @return PDP
     */
    public boolean hasPrivateData() {
        return PDP.isSet(descriptor.q0());
    }
}
