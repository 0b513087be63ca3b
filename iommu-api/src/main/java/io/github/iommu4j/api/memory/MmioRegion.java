package io.github.iommu4j.api.memory;

/**
 * A device's register window: what a bus maps so that a guest's own driver can program the model.
 *
 * <p>Values are little-endian and zero-extended. No access throws on account of what a guest does: an offset, width or
 * alignment the device does not implement reads as zero and ignores writes, unless the device's documentation says
 * otherwise.
 *
 * <p><b>Thread-safety:</b> every method may be called from any thread; accesses to one region are serialised.
 */
public interface MmioRegion {

    /**
     * The size of the window.
     *
     * @return bytes, a multiple of 4096
     */
    long size();

    /**
     * Reads a register.
     *
     * @param offset byte offset from the start of the window
     * @param width access width in bytes: 1, 2, 4 or 8
     * @return the value, zero-extended
     */
    long read(long offset, int width);

    /**
     * Writes a register. Effects a register has at once (a doorbell, an enable) have happened when this returns, unless
     * the device was built to act only when stepped.
     *
     * @param offset byte offset from the start of the window
     * @param width access width in bytes: 1, 2, 4 or 8
     * @param value the value; bits above {@code width} are ignored
     */
    void write(long offset, int width, long value);
}
