package io.github.iommu4j.core.bits;

/**
 * A field of a 64-bit word, written as specifications print it: {@code bits(51, 12)}.
 *
 * <p>Declared as a {@code static final} constant a field costs no more than a hand-written mask. Immutable.
 */
public final class BitField {

    private final int high;
    private final int low;
    private final long valueMask;

    private BitField(int high, int low) {
        this.high = high;
        this.low = low;
        this.valueMask = -1L >>> (63 - (high - low));
    }

    /**
     * The field {@code [high:low]}.
     *
     * @param high highest bit, inclusive, 0 to 63
     * @param low lowest bit, inclusive, 0 to {@code high}
     * @return the field
     * @throws IllegalArgumentException when the bits are out of range or out of order
     */
    public static BitField bits(int high, int low) {
        if (low < 0 || high < low || high > 63) {
            throw new IllegalArgumentException("[" + high + ":" + low + "] is not a field of a 64-bit word");
        }
        return new BitField(high, low);
    }

    /**
     * A single bit.
     *
     * @param position 0 to 63
     * @return the field
     * @throws IllegalArgumentException when the position is out of range
     */
    public static BitField bit(int position) {
        return bits(position, position);
    }

    /**
     * The field's value.
     *
     * @param raw a word
     * @return the value, shifted down to bit 0
     */
    public long get(long raw) {
        return raw >>> low & valueMask;
    }

    /**
     * The field's value as an {@code int}.
     *
     * @param raw a word
     * @return the value, shifted down to bit 0; the low 32 bits of a wider field
     */
    public int getInt(long raw) {
        return (int) get(raw);
    }

    /**
     * Whether any bit of the field is set.
     *
     * @param raw a word
     * @return {@code true} when the value is not zero
     */
    public boolean isSet(long raw) {
        return (raw & mask()) != 0;
    }

    /**
     * The field's bits in place, such as an address field whose value is an address.
     *
     * @param raw a word
     * @return {@code raw} with every other bit cleared
     */
    public long inPlace(long raw) {
        return raw & mask();
    }

    /**
     * A word that holds only this field.
     *
     * @param value the value, shifted down to bit 0
     * @return the word
     * @throws IllegalArgumentException when the value does not fit
     */
    public long of(long value) {
        if ((value & ~valueMask) != 0) {
            throw new IllegalArgumentException("0x" + Long.toHexString(value) + " does not fit in " + this);
        }
        return value << low;
    }

    /**
     * A word with this field replaced.
     *
     * @param raw a word
     * @param value the value, shifted down to bit 0
     * @return {@code raw} with this field set to {@code value}
     * @throws IllegalArgumentException when the value does not fit
     */
    public long with(long raw, long value) {
        return raw & ~mask() | of(value);
    }

    /**
     * The bits of the field, in place.
     *
     * @return the mask
     */
    public long mask() {
        return valueMask << low;
    }

    /**
     * The highest bit.
     *
     * @return 0 to 63
     */
    public int high() {
        return high;
    }

    /**
     * The lowest bit.
     *
     * @return 0 to 63
     */
    public int low() {
        return low;
    }

    @Override
    public String toString() {
        return high == low ? "[" + high + "]" : "[" + high + ":" + low + "]";
    }
}
