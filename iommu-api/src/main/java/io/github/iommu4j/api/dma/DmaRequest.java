package io.github.iommu4j.api.dma;

/**
 * One DMA access as it arrives at an IOMMU. Immutable.
 *
 * @param streamId StreamID or requester ID, unsigned 32 bits
 * @param substreamId SubstreamID or PASID (0 to 2<sup>20</sup>-1), or {@link TranslationUnit#NO_SUBSTREAM}
 * @param iova the address the device uses, 64 bits as received, tag byte included
 * @param access what the access does
 * @param privilege the privilege the device claims
 * @param addressType what the device says the address is
 */
public record DmaRequest(
        int streamId, int substreamId, long iova, Access access, Privilege privilege, AddressType addressType) {

    /**
     * Checks the substream.
     *
     * @throws IllegalArgumentException when {@code substreamId} is neither {@link TranslationUnit#NO_SUBSTREAM} nor a
     *     20-bit number
     */
    public DmaRequest {
        if (substreamId < TranslationUnit.NO_SUBSTREAM || substreamId > 0xF_FFFF) {
            throw new IllegalArgumentException("substream id " + substreamId + " is not a 20-bit number");
        }
    }

    /**
     * An unprivileged, untranslated access without a substream.
     *
     * @param streamId StreamID or requester ID, unsigned 32 bits
     * @param iova the address the device uses
     * @param access what the access does
     * @return the request
     */
    public static DmaRequest of(int streamId, long iova, Access access) {
        return new DmaRequest(
                streamId, TranslationUnit.NO_SUBSTREAM, iova, access, Privilege.UNPRIVILEGED, AddressType.UNTRANSLATED);
    }

    /**
     * An unprivileged data read without a substream.
     *
     * @param streamId StreamID or requester ID, unsigned 32 bits
     * @param iova the address the device uses
     * @return the request
     */
    public static DmaRequest read(int streamId, long iova) {
        return of(streamId, iova, Access.READ);
    }

    /**
     * An unprivileged data write without a substream.
     *
     * @param streamId StreamID or requester ID, unsigned 32 bits
     * @param iova the address the device uses
     * @return the request
     */
    public static DmaRequest write(int streamId, long iova) {
        return of(streamId, iova, Access.WRITE);
    }

    /**
     * The same request with a substream.
     *
     * @param substream SubstreamID or PASID, 0 to 2<sup>20</sup>-1
     * @return a new request
     * @throws IllegalArgumentException when {@code substream} is not a 20-bit number
     */
    public DmaRequest withSubstream(int substream) {
        return new DmaRequest(streamId, substream, iova, access, privilege, addressType);
    }

    /**
     * The same request, privileged.
     *
     * @return a new request
     */
    public DmaRequest privileged() {
        return new DmaRequest(streamId, substreamId, iova, access, Privilege.PRIVILEGED, addressType);
    }

    /**
     * The same request with another address type.
     *
     * @param type what the device says the address is
     * @return a new request
     */
    public DmaRequest ofType(AddressType type) {
        return new DmaRequest(streamId, substreamId, iova, access, privilege, type);
    }

    /**
     * Whether a substream was given.
     *
     * @return {@code true} when {@link #substreamId()} is a SubstreamID or PASID
     */
    public boolean hasSubstream() {
        return substreamId != TranslationUnit.NO_SUBSTREAM;
    }

    /**
     * The access, privilege and address type in the packed form of {@link Access}.
     *
     * @return bits as {@link TranslationUnit#translate(int, int, long, int)} takes them
     */
    public int accessBits() {
        int bits = access.bits() | addressType.ordinal() << Access.ADDRESS_TYPE_SHIFT;
        return privilege == Privilege.PRIVILEGED ? bits | Access.PRIVILEGED_BIT : bits;
    }
}
