package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.core.bits.Log2;

/**
 * How an address lies in a descriptor: a run of bits, and up to two more pieces for the address bits that found no room
 * in it. Immutable; to the engine it is plain data.
 *
 * <p>For instance {@code AddressField.inPlace(bits(47, 12)).piece(bits(15, 12), 48)} keeps address bits 51 to 48 in bits
 * 15 to 12.
 */
public final class AddressField {

    private static final int PIECES = 3;

    private final long[] writeMasks;
    private final long[] readMasks;
    private final int[] shifts;
    private final int pieces;
    private final int runEndLg2;

    private AddressField(long[] writeMasks, long[] readMasks, int[] shifts, int pieces, int runEndLg2) {
        this.writeMasks = writeMasks;
        this.readMasks = readMasks;
        this.shifts = shifts;
        this.pieces = pieces;
        this.runEndLg2 = runEndLg2;
    }

    /**
     * An address whose bits keep their places.
     *
     * @param bits the bits of the descriptor, which are the bits of the address
     * @return the field
     */
    public static AddressField inPlace(BitField bits) {
        return shifted(bits, bits.low());
    }

    /**
     * An address that lies lower in the descriptor, or in place.
     *
     * @param bits the bits of the descriptor
     * @param addressLow the address bit that the lowest of them is, at least {@code bits.low()}
     * @return the field
     * @throws IllegalArgumentException when the address would lie higher than its own bits
     */
    public static AddressField shifted(BitField bits, int addressLow) {
        AddressField none = new AddressField(new long[PIECES], new long[PIECES], new int[PIECES], 0, 0);
        return none.with(bits, addressLow, bits.mask(), addressLow + bits.high() - bits.low() + 1);
    }

    /**
     * The same with another piece of the address.
     *
     * @param bits the bits of the descriptor
     * @param addressLow the address bit that the lowest of them is, at least {@code bits.low()}
     * @return the field
     * @throws IllegalArgumentException when there are three pieces already, or the address would lie higher than its own
     *     bits
     */
    public AddressField piece(BitField bits, int addressLow) {
        return with(bits, addressLow, bits.mask(), runEndLg2);
    }

    /**
     * The same with another piece that is written but not read: on reading, its bits belong to another piece.
     *
     * @param bits the bits of the descriptor
     * @param addressLow the address bit that the lowest of them is, at least {@code bits.low()}
     * @return the field
     * @throws IllegalArgumentException as {@link #piece}
     */
    public AddressField writtenPiece(BitField bits, int addressLow) {
        return with(bits, addressLow, 0, runEndLg2);
    }

    private AddressField with(BitField bits, int addressLow, long readMask, int newRunEndLg2) {
        if (pieces == PIECES || addressLow < bits.low()) {
            throw new IllegalArgumentException(
                    bits + " for address bits from " + addressLow + " is a fourth piece, or shifts the address up");
        }
        long[] newWriteMasks = writeMasks.clone();
        long[] newReadMasks = readMasks.clone();
        int[] newShifts = shifts.clone();
        newWriteMasks[pieces] = bits.mask();
        newReadMasks[pieces] = readMask;
        newShifts[pieces] = addressLow - bits.low();
        return new AddressField(newWriteMasks, newReadMasks, newShifts, pieces + 1, newRunEndLg2);
    }

    /**
     * The address in a descriptor.
     *
     * @param descriptor the word
     * @return the address
     */
    public long read(long descriptor) {
        return (descriptor & readMasks[0]) << shifts[0]
                | (descriptor & readMasks[1]) << shifts[1]
                | (descriptor & readMasks[2]) << shifts[2];
    }

    /**
     * A descriptor's bits for an address. Address bits that have no place are dropped.
     *
     * @param address the address
     * @return the word with nothing but the address
     */
    public long write(long address) {
        return address >>> shifts[0] & writeMasks[0]
                | address >>> shifts[1] & writeMasks[1]
                | address >>> shifts[2] & writeMasks[2];
    }

    /**
     * Whether an address can be written and read back.
     *
     * @param address the address
     * @return {@code true} when no bit of it is dropped
     */
    public boolean holds(long address) {
        return read(write(address)) == address;
    }

    /** How many descriptors' addresses, from one on, differ by a constant step of the word. */
    long uniformRun(long address, int sizeLg2) {
        long untilEnd = Log2.mask(runEndLg2) - (address & Log2.mask(runEndLg2));
        return (untilEnd >>> sizeLg2) + 1;
    }
}
