package io.github.iommu4j.tipat.driver;

/** The argument of a request: an address in the caller's memory. */
public interface UserPointer {

    /**
     * Copies from the caller ({@code copy_from_user}).
     *
     * @param into what is filled
     * @throws io.github.iommu4j.api.IommuException {@code EFAULT} when the caller cannot read there
     */
    void copyFromUser(byte[] into);

    /**
     * Copies to the caller ({@code copy_to_user}).
     *
     * @param from what is copied
     * @throws io.github.iommu4j.api.IommuException {@code EFAULT} when the caller cannot write there
     */
    void copyToUser(byte[] from);
}
