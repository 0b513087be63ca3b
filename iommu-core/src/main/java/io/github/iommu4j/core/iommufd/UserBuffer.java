package io.github.iommu4j.core.iommufd;

/** Memory of a process that a call copies to or from. Positions are bytes from the start of the buffer. */
public interface UserBuffer {

    /**
     * Bytes of the buffer.
     *
     * @return 0 or more
     */
    int length();

    /**
     * Copies to the process.
     *
     * @param position where, with the bytes in the buffer
     * @param bytes what
     * @throws io.github.iommu4j.api.IommuException {@code EFAULT} when the memory cannot be written
     */
    void write(int position, byte[] bytes);

    /**
     * Copies from the process.
     *
     * @param position where, with the bytes in the buffer
     * @param count how many bytes
     * @return the bytes
     * @throws io.github.iommu4j.api.IommuException {@code EFAULT} when the memory cannot be read
     */
    byte[] read(int position, int count);

    /**
     * A buffer that can be read and written.
     *
     * @param bytes its bytes, which are shared
     * @return a buffer over the array
     */
    static UserBuffer over(byte[] bytes) {
        return new UserBuffer() {
            @Override
            public int length() {
                return bytes.length;
            }

            @Override
            public void write(int position, byte[] from) {
                System.arraycopy(from, 0, bytes, position, from.length);
            }

            @Override
            public byte[] read(int position, int count) {
                byte[] copy = new byte[count];
                System.arraycopy(bytes, position, copy, 0, count);
                return copy;
            }
        };
    }
}
