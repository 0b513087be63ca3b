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

    /** Address bits {@code (descriptor & mask) << shift}. */
    private record Piece(long writeMask, long readMask, int shift) {

        static final Piece NONE = new Piece(0, 0, 0);

        static Piece of(BitField bits, int addressLow) {
            if (addressLow < bits.low() || addressLow + bits.high() - bits.low() > 63) {
                throw new IllegalArgumentException(
                        bits + " cannot hold the address bits from " + addressLow + " up: only lower, within 64");
            }
            return new Piece(bits.mask(), bits.mask(), addressLow - bits.low());
        }

        Piece writeOnly() {
            return new Piece(writeMask, 0, shift);
        }
    }

    private final Piece run;
    private final Piece second;
    private final Piece third;
    private final int runEndLg2;

    // The run of bits as plain fields: reading and writing it is hot.
    private final long runMask;
    private final int runShift;
    private final boolean inPlace;

    private AddressField(Piece run, Piece second, Piece third) {
        this.run = run;
        this.second = second;
        this.third = third;
        this.runEndLg2 = 64 - Long.numberOfLeadingZeros(run.writeMask << run.shift);
        this.runMask = run.writeMask;
        this.runShift = run.shift;
        this.inPlace = run.shift == 0 && second.readMask == 0 && third.readMask == 0;
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
     * @throws IllegalArgumentException when address bits would lie higher than their own place
     */
    public static AddressField shifted(BitField bits, int addressLow) {
        return new AddressField(Piece.of(bits, addressLow), Piece.NONE, Piece.NONE);
    }

    /**
     * The same with another piece of the address, from above the run.
     *
     * @param bits the bits of the descriptor
     * @param addressLow the address bit that the lowest of them is, at least {@code bits.low()}
     * @return the field
     * @throws IllegalArgumentException when there are three pieces already, the address bits are not above the run, or
     *     they would lie higher than their own place
     */
    public AddressField piece(BitField bits, int addressLow) {
        return with(Piece.of(bits, addressLow), addressLow);
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
        return with(Piece.of(bits, addressLow).writeOnly(), addressLow);
    }

    private AddressField with(Piece piece, int addressLow) {
        if (!third.equals(Piece.NONE) || addressLow < runEndLg2) {
            throw new IllegalArgumentException("address bits from " + addressLow
                    + " are in the run already, which ends at " + runEndLg2 + ", or a fourth piece");
        }
        return second.equals(Piece.NONE)
                ? new AddressField(run, piece, Piece.NONE)
                : new AddressField(run, second, piece);
    }

    /**
     * The address in a descriptor.
     *
     * @param descriptor the word
     * @return the address
     */
    public long read(long descriptor) {
        return inPlace ? descriptor & runMask : readPieces(descriptor);
    }

    private long readPieces(long descriptor) {
        return (descriptor & runMask) << runShift
                | (descriptor & second.readMask) << second.shift
                | (descriptor & third.readMask) << third.shift;
    }

    /**
     * A descriptor's bits for an address. Address bits that have no place are dropped.
     *
     * @param address the address
     * @return the word with nothing but the address
     */
    public long write(long address) {
        long word = address >>> runShift & runMask;
        return address >>> runEndLg2 == 0 ? word : word | writePieces(address);
    }

    private long writePieces(long address) {
        return address >>> second.shift & second.writeMask | address >>> third.shift & third.writeMask;
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

    /**
     * How many leaves of a size, from an address on, have descriptors that differ by a constant step: up to where the
     * run of bits overflows into another piece.
     */
    long uniformRun(long address, int sizeLg2) {
        return (Log2.mask(runEndLg2) - (address & Log2.mask(runEndLg2)) >>> sizeLg2) + 1;
    }
}
