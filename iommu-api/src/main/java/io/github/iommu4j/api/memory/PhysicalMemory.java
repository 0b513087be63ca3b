package io.github.iommu4j.api.memory;

/**
 * The machine's physical memory as an IOMMU sees it: 32- and 64-bit little-endian words at physical byte addresses.
 *
 * <p>The embedder supplies it; {@code core.memory.SparseMemory} is the default. Everything two halves of the library
 * tell each other (tables, queues, event records) goes through here and nowhere else.
 *
 * <p><b>Addresses</b> are bytes, naturally aligned to the access, and at most 52 bits wide unless the implementation
 * says otherwise. The library never asks for an unaligned address.
 *
 * <p><b>Thread-safety:</b> every method may be called from any thread. An aligned access is single-copy atomic. A load
 * has acquire and a store has release ordering, a compare-and-set has both: a descriptor published by a store is seen
 * complete by a load that sees the store.
 *
 * <p><b>Bus errors:</b> an address that nothing answers (or that answers with an error) throws {@link
 * BusErrorException}. A hardware model turns it into the fault its specification names, such as F_WALK_EABT.
 */
public interface PhysicalMemory {

    /**
     * Loads 32 bits.
     *
     * @param address physical byte address, 4-byte aligned
     * @return the word, little-endian
     * @throws BusErrorException when nothing answers at {@code address}
     */
    int load32(long address);

    /**
     * Stores 32 bits.
     *
     * @param address physical byte address, 4-byte aligned
     * @param value the word, little-endian
     * @throws BusErrorException when nothing answers at {@code address}; nothing is written then
     */
    void store32(long address, int value);

    /**
     * Loads 64 bits.
     *
     * @param address physical byte address, 8-byte aligned
     * @return the word, little-endian
     * @throws BusErrorException when nothing answers at {@code address}
     */
    long load64(long address);

    /**
     * Stores 64 bits.
     *
     * @param address physical byte address, 8-byte aligned
     * @param value the word, little-endian
     * @throws BusErrorException when nothing answers at {@code address}; nothing is written then
     */
    void store64(long address, long value);

    /**
     * Replaces a 64-bit word if it still holds an expected value.
     *
     * @param address physical byte address, 8-byte aligned
     * @param expected the value the word must hold
     * @param replacement the value to write
     * @return {@code true} when the word held {@code expected} and now holds {@code replacement}
     * @throws BusErrorException when nothing answers at {@code address}; nothing is written then
     */
    boolean compareAndSet64(long address, long expected, long replacement);
}
