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

    /**
     * Replaces a 32-bit word if it still holds an expected value.
     *
     * @param address physical byte address, 4-byte aligned
     * @param expected the value the word must hold
     * @param replacement the value to write
     * @return {@code true} when the word held {@code expected} and now holds {@code replacement}
     * @throws BusErrorException when nothing answers at {@code address}; nothing is written then
     */
    default boolean compareAndSet32(long address, int expected, int replacement) {
        long wordAddress = address & ~7L;
        int shift = (int) (address & 4) << 3;
        long mask = 0xFFFF_FFFFL << shift;
        while (true) {
            long word = load64(wordAddress);
            if ((int) (word >>> shift) != expected) {
                return false;
            }
            if (compareAndSet64(wordAddress, word, word & ~mask | (replacement & 0xFFFF_FFFFL) << shift)) {
                return true;
            }
        }
    }

    /**
     * Loads consecutive 64-bit words: the same as {@code count} calls of {@link #load64}, in no order among themselves,
     * all of them before what the caller does next.
     *
     * @param address physical byte address of the first word, 8-byte aligned
     * @param into receives the words from index 0
     * @param count how many words, 0 to {@code into.length}
     * @throws BusErrorException when nothing answers at one of the addresses; {@code into} holds anything then
     */
    default void loadRun64(long address, long[] into, int count) {
        for (int i = 0; i < count; i++) {
            into[i] = load64(address + 8L * i);
        }
    }

    /**
     * Stores consecutive 64-bit words of ascending values, {@code first}, {@code first + step}, and so on: the same as
     * {@code count} calls of {@link #store64}, in no order among themselves, all of them after what the caller did
     * before.
     *
     * @param address physical byte address of the first word, 8-byte aligned
     * @param first the first word's value
     * @param step what each word has more than the one before; 0 fills
     * @param count how many words, at least 0
     * @throws BusErrorException when nothing answers at one of the addresses; the words before it may be written then
     */
    default void storeRun64(long address, long first, long step, int count) {
        for (int i = 0; i < count; i++) {
            store64(address + 8L * i, first + step * i);
        }
    }

    /**
     * Loads consecutive 32-bit words, as {@link #loadRun64} does 64-bit ones.
     *
     * @param address physical byte address of the first word, 4-byte aligned
     * @param into receives the words from index 0
     * @param count how many words, 0 to {@code into.length}
     * @throws BusErrorException when nothing answers at one of the addresses; {@code into} holds anything then
     */
    default void loadRun32(long address, int[] into, int count) {
        for (int i = 0; i < count; i++) {
            into[i] = load32(address + 4L * i);
        }
    }

    /**
     * Stores consecutive 32-bit words of ascending values, as {@link #storeRun64} does 64-bit ones.
     *
     * @param address physical byte address of the first word, 4-byte aligned
     * @param first the first word's value
     * @param step what each word has more than the one before; 0 fills
     * @param count how many words, at least 0
     * @throws BusErrorException when nothing answers at one of the addresses; the words before it may be written then
     */
    default void storeRun32(long address, int first, int step, int count) {
        for (int i = 0; i < count; i++) {
            store32(address + 4L * i, first + step * i);
        }
    }
}
