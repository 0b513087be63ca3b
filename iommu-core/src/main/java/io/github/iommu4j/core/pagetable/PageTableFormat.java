package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import java.util.List;

/**
 * What the engine has to know of a table format under one configuration: sizes, how descriptors are told apart, and
 * which bits stand for a protection. All of it is asked once, when a {@link PageTable} is made; while walking, the
 * engine has it as data. Implementations are immutable.
 *
 * <p>A descriptor is a word of {@link #wordBytes()}; a 32-bit one is passed zero-extended, and only the low half of one
 * that is returned counts.
 */
public interface PageTableFormat {

    /**
     * Bytes of a descriptor.
     *
     * @return 4 or 8
     */
    int wordBytes();

    /**
     * The tables, level 0 first.
     *
     * @return at least one level
     */
    List<TableLevel> levels();

    /**
     * Bytes that one descriptor of level 0 translates.
     *
     * @return log2 of the bytes
     */
    int granuleLg2();

    /**
     * Width of input addresses.
     *
     * @return bits, 1 to 64; at most what the levels can index
     */
    int inputBits();

    /**
     * Which end of the address space is translated.
     *
     * @return the half
     */
    default InputHalf inputHalf() {
        return InputHalf.LOW;
    }

    /**
     * Width of output addresses.
     *
     * @return bits, 1 to 64
     */
    int outputBits();

    /**
     * The sizes that may be mapped, each of which is the size of a leaf in some level.
     *
     * @return the sizes
     */
    PageSizes pageSizes();

    /**
     * Where a descriptor that points to a table keeps the table's address.
     *
     * @return the field
     */
    AddressField tableAddress();

    /**
     * Width of the addresses at which the hardware can find a table.
     *
     * @return bits, 1 to 64
     */
    int tableAddressBits();

    /**
     * Whether walks see what the CPU has written.
     *
     * @return the coherency
     */
    WalkCoherency coherency();

    /**
     * A software bit of a descriptor that points to a table, which says that the descriptor has been written back. Only
     * used with walks that are not coherent.
     *
     * @return a mask of one bit; 0 when the format has none, so that such a descriptor is written back on every use
     */
    default long syncedBit() {
        return 0;
    }

    /**
     * How a call for several pages goes about it.
     *
     * @return the rule
     */
    RunRule runRule();

    /**
     * When tables are freed that an unmap made useless.
     *
     * @return the rule
     */
    default FreedTables freedTables() {
        return FreedTables.AT_ONCE;
    }

    /**
     * Everything of a leaf's descriptor but the address.
     *
     * @param prot what the device may do, at least one of read and write
     * @param leaf the kind of leaf
     * @return the bits
     */
    long attributes(Prot prot, LeafLayout leaf);

    /**
     * The first of the smaller leaves that a leaf is split into.
     *
     * @param descriptor the leaf's descriptor
     * @param from its kind
     * @param to a kind of smaller leaf
     * @return a descriptor with the same attributes and the same address
     */
    long narrowed(long descriptor, LeafLayout from, LeafLayout to);
}
