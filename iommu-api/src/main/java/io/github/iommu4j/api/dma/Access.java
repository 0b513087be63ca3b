package io.github.iommu4j.api.dma;

/**
 * What a DMA access does, with the packed form the allocation-free call takes.
 *
 * <p>The packed form is an {@code int}: bit 0 read, bit 1 write, bit 2 instruction (execute), bit 3 privileged, bits 5:4
 * the {@link AddressType}. Immutable.
 */
public enum Access {
    /** A data read. */
    READ(Access.READ_BIT),
    /** A data write. */
    WRITE(Access.WRITE_BIT),
    /** An instruction read: needs execute permission instead of read permission. */
    EXECUTE(Access.READ_BIT | Access.INSTRUCTION_BIT),
    /** An atomic read-modify-write: needs read and write permission, as data. */
    READ_WRITE(Access.READ_BIT | Access.WRITE_BIT);

    /** Packed bit: the access reads. */
    public static final int READ_BIT = 1;
    /** Packed bit: the access writes. */
    public static final int WRITE_BIT = 2;
    /** Packed bit: the access fetches instructions. */
    public static final int INSTRUCTION_BIT = 4;
    /** Packed bit: the access is privileged. */
    public static final int PRIVILEGED_BIT = 8;
    /** Packed field: where the {@link AddressType} ordinal stands (two bits). */
    public static final int ADDRESS_TYPE_SHIFT = 4;

    private final int bits;

    Access(int bits) {
        this.bits = bits;
    }

    /**
     * The packed form of this access, unprivileged and untranslated.
     *
     * @return bits as {@link TranslationUnit#translate(int, int, long, int)} takes them
     */
    public int bits() {
        return bits;
    }

    /**
     * The access of a packed form.
     *
     * @param packed bits as {@link #bits()} makes them; privilege and address type are ignored
     * @return the access; {@link #READ} when no access bit is set
     */
    public static Access of(int packed) {
        if ((packed & WRITE_BIT) != 0) {
            return (packed & READ_BIT) != 0 ? READ_WRITE : WRITE;
        }
        return (packed & INSTRUCTION_BIT) != 0 ? EXECUTE : READ;
    }
}
