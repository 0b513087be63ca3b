package io.github.iommu4j.api.dma;

/**
 * Reads the packed {@code long} that {@link TranslationUnit#translate(int, int, long, int)} returns.
 *
 * <pre>
 *  63  60 58 57  52 51                                   0
 * +---+-----+------+--------------------------------------+
 * | 0 | XWR | size |   physical address of the access     |   translated
 * +---+-----+------+---------+---------+---+-----+--------+
 * | 1 |        0         |  tag   |    0 |rec|resp | code  |   fault: [7:0] code, [10:8] response, [11] recorded,
 * +---+------------------+--------+------+---+-----+-------+          [31:16] tag of a stalled access
 * </pre>
 *
 * <p>Size is log2 of the bytes around the address that share this answer; permissions are those of the request's
 * privilege. The fault code is the number the unit's own architecture gives the event (for an SMMUv3 the event number,
 * IHI 0070 §7.3); 0 is an abort that the architecture does not record. All methods are pure.
 */
public final class Translations {

    private static final long FAULT = 1L << 63;
    private static final long ADDRESS_MASK = (1L << 52) - 1;
    private static final int SIZE_SHIFT = 52;
    private static final int PERMISSION_SHIFT = 58;
    private static final int RESPONSE_SHIFT = 8;
    private static final int RESPONSE_MASK = 7;
    private static final int RECORDED = 1 << 11;
    private static final int TAG_SHIFT = 16;
    private static final int TAG_MASK = 0xFFFF;

    private Translations() {}

    /**
     * Packs a successful translation.
     *
     * @param pa physical byte address of the access, 52 bits
     * @param sizeLg2 log2 of the bytes that share this answer, 0 to 63
     * @param permissions bit 0 read, bit 1 write, bit 2 execute
     * @return the packed form
     */
    public static long ok(long pa, int sizeLg2, int permissions) {
        return pa & ADDRESS_MASK | (long) sizeLg2 << SIZE_SHIFT | (long) permissions << PERMISSION_SHIFT;
    }

    /**
     * Packs a fault.
     *
     * @param code the architecture's event number, 0 to 255; 0 for an abort that is never recorded
     * @param response what the device sees
     * @return the packed form, not recorded
     */
    public static long fault(int code, FaultResponse response) {
        return FAULT | code & 0xFF | (long) response.ordinal() << RESPONSE_SHIFT;
    }

    /**
     * Packs an access that waits.
     *
     * @param code the architecture's event number, 0 to 255
     * @param tag what {@link Endpoints#resume} names the access by, 16 bits
     * @return the packed form, not recorded
     */
    public static long stalled(int code, int tag) {
        return fault(code, FaultResponse.STALL) | (long) (tag & TAG_MASK) << TAG_SHIFT;
    }

    /**
     * Marks a fault as recorded.
     *
     * @param fault a packed fault
     * @return the same fault, with the mark that an event record was written
     */
    public static long recorded(long fault) {
        return fault | RECORDED;
    }

    /**
     * Whether the access was translated.
     *
     * @param packed a packed answer
     * @return {@code true} when translated, {@code false} for a fault
     */
    public static boolean isOk(long packed) {
        return packed >= 0;
    }

    /**
     * The physical address of a translated access.
     *
     * @param packed a packed answer for which {@link #isOk(long)} holds
     * @return physical byte address, offset within the page included
     */
    public static long pa(long packed) {
        return packed & ADDRESS_MASK;
    }

    /**
     * The size of the naturally aligned region around the address that shares this answer.
     *
     * @param packed a packed answer for which {@link #isOk(long)} holds
     * @return log2 of bytes; 63 stands for the whole address space (bypass)
     */
    public static int sizeLg2(long packed) {
        return (int) (packed >>> SIZE_SHIFT) & 0x3F;
    }

    /**
     * The permissions of a translated access.
     *
     * @param packed a packed answer for which {@link #isOk(long)} holds
     * @return bit 0 read, bit 1 write, bit 2 execute
     */
    public static int permissions(long packed) {
        return (int) (packed >>> PERMISSION_SHIFT) & 7;
    }

    /**
     * The fault's number.
     *
     * @param packed a packed answer for which {@link #isOk(long)} does not hold
     * @return the architecture's event number, or 0 for an abort that is never recorded
     */
    public static int faultCode(long packed) {
        return (int) packed & 0xFF;
    }

    /**
     * What the device sees of a fault.
     *
     * @param packed a packed answer for which {@link #isOk(long)} does not hold
     * @return the response
     */
    public static FaultResponse response(long packed) {
        return FaultResponse.at((int) (packed >>> RESPONSE_SHIFT) & RESPONSE_MASK);
    }

    /**
     * Whether the access waits.
     *
     * @param packed a packed answer
     * @return {@code true} for one that {@link #stalled(int, int)} packed
     */
    public static boolean isStalled(long packed) {
        return packed < 0 && ((int) (packed >>> RESPONSE_SHIFT) & RESPONSE_MASK) == FaultResponse.STALL.ordinal();
    }

    /**
     * What names a waiting access.
     *
     * @param packed a packed answer for which {@link #isStalled(long)} holds
     * @return the tag, 16 bits
     */
    public static int stallTag(long packed) {
        return (int) (packed >>> TAG_SHIFT) & TAG_MASK;
    }

    /**
     * Whether an event record of a fault was written to the unit's queue.
     *
     * @param packed a packed answer for which {@link #isOk(long)} does not hold
     * @return {@code true} when the record stands in the queue in memory
     */
    public static boolean isRecorded(long packed) {
        return (packed & RECORDED) != 0;
    }
}
