package io.github.iommu4j.smmuv3.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;
import java.util.Locale;
import java.util.Optional;

/**
 * A command (IHI 0070 §4): 16 bytes, two little-endian words.
 *
 * <pre>
 *                 63      48 47      32 31               12  11  10   9    7      0
 * PREFETCH, CFGI |      StreamID       |    SubstreamID    |SSV|SSec|    | opcode |
 * ATC_INV        |      StreamID       |    SubstreamID    |SSV|    |Glbl| opcode |
 * TLBI           |  ASID   |   VMID    | SCALE 24:20  NUM 16:12  |       | opcode |
 * RESUME         |      StreamID       |        Ab 13  Ac 12     |SSec|  | opcode |
 * SYNC           |      MSIData        | MSIAttr 27:24 MSH 23:22 CS 13:12| opcode |
 *
 *                 63                                  12 11 10 9   8     5 4      0
 * PREFETCH_ADDR  |              Address                 |     | Stride 9:5 |  Size |
 * CFGI_STE, _CD  |                                                         | Leaf 0|
 * CFGI_STE_RANGE |                                                         | Range |
 * TLBI           |         Address, or IPA 55:12        | TG  | TTL |      | Leaf 0|
 * ATC_INV        |              Address                 |             |  Size 5:0  |
 * PRI_RESP       |                          Resp 13:12  |       PRGIndex 8:0       |
 * RESUME         |                                          |       STAG 15:0      |
 * SYNC           |        | MSIAddress 55:2                                        |
 * </pre>
 *
 * Immutable.
 *
 * @param dw0 bytes 0 to 7
 * @param dw1 bytes 8 to 15
 */
public record Command(long dw0, long dw1) {

    /** Bytes of a command. */
    public static final int BYTES = 16;

    /** dw0: the opcode. */
    public static final BitField OPCODE = bits(7, 0);
    /** dw0 of ATC_INV: any PASID. */
    public static final BitField GLOBAL = bit(9);
    /** dw0: Secure stream. */
    public static final BitField SSEC = bit(10);
    /** dw0: SubstreamID valid. */
    public static final BitField SSV = bit(11);
    /** dw0: SubstreamID. */
    public static final BitField SUBSTREAM_ID = bits(31, 12);
    /** dw0: StreamID. */
    public static final BitField STREAM_ID = bits(63, 32);
    /** dw0 of TLBI: range length. */
    public static final BitField NUM = bits(16, 12);
    /** dw0 of TLBI: range scale. */
    public static final BitField SCALE = bits(24, 20);
    /** dw0 of TLBI. */
    public static final BitField VMID = bits(47, 32);
    /** dw0 of TLBI. */
    public static final BitField ASID = bits(63, 48);
    /** dw0 of RESUME: retry. */
    public static final BitField AC = bit(12);
    /** dw0 of RESUME: abort, if not retried. */
    public static final BitField AB = bit(13);
    /** dw0 of SYNC: completion signal. */
    public static final BitField CS = bits(13, 12);
    /** dw0 of SYNC: MSI shareability. */
    public static final BitField MSH = bits(23, 22);
    /** dw0 of SYNC: MSI memory attributes. */
    public static final BitField MSI_ATTR = bits(27, 24);
    /** dw0 of SYNC. */
    public static final BitField MSI_DATA = bits(63, 32);
    /** dw1: leaf only. */
    public static final BitField LEAF = bit(0);
    /** dw1 of CFGI_STE_RANGE. */
    public static final BitField RANGE = bits(4, 0);
    /** dw1 of TLBI: level. */
    public static final BitField TTL = bits(9, 8);
    /** dw1 of TLBI: granule. */
    public static final BitField TG = bits(11, 10);
    /** dw1: virtual address. */
    public static final BitField ADDRESS = bits(63, 12);
    /** dw1 of TLBI_S2_IPA. */
    public static final BitField IPA = bits(55, 12);
    /** dw1 of ATC_INV. */
    public static final BitField SIZE = bits(5, 0);
    /** dw1 of PREFETCH_ADDR. */
    public static final BitField PREFETCH_SIZE = bits(4, 0);
    /** dw1 of PREFETCH_ADDR. */
    public static final BitField PREFETCH_STRIDE = bits(9, 5);
    /** dw1 of PRI_RESP. */
    public static final BitField PRG_INDEX = bits(8, 0);
    /** dw1 of PRI_RESP. */
    public static final BitField RESP = bits(13, 12);
    /** dw1 of RESUME. */
    public static final BitField RESUME_STAG = bits(15, 0);
    /** dw1 of SYNC. */
    public static final BitField MSI_ADDRESS = bits(55, 2);

    /** {@link #CS}: no signal. */
    public static final int CS_NONE = 0;
    /** {@link #CS}: interrupt. */
    public static final int CS_IRQ = 1;
    /** {@link #CS}: wake-up event. */
    public static final int CS_SEV = 2;

    /**
     * A command with every parameter zero.
     *
     * @param opcode the opcode
     * @return the command
     */
    public static Command of(CommandOpcode opcode) {
        return new Command(opcode.number(), 0);
    }

    /**
     * The command at an address.
     *
     * @param memory where to read
     * @param address physical byte address, 8-byte aligned
     * @return the command
     * @throws io.github.iommu4j.api.memory.BusErrorException when nothing answers
     */
    public static Command readFrom(PhysicalMemory memory, long address) {
        return new Command(memory.load64(address), memory.load64(address + 8));
    }

    /**
     * Stores the command.
     *
     * @param memory where to write
     * @param address physical byte address, 8-byte aligned
     * @throws io.github.iommu4j.api.memory.BusErrorException when nothing answers; one word may be written then
     */
    public void writeTo(PhysicalMemory memory, long address) {
        memory.store64(address, dw0);
        memory.store64(address + 8, dw1);
    }

    /**
     * The same command with a field of dw0 replaced.
     *
     * @param field a field of dw0
     * @param value its value, shifted down to bit 0
     * @return a new command
     */
    public Command with0(BitField field, long value) {
        return new Command(field.with(dw0, value), dw1);
    }

    /**
     * The same command with a field of dw1 replaced.
     *
     * @param field a field of dw1
     * @param value its value, shifted down to bit 0
     * @return a new command
     */
    public Command with1(BitField field, long value) {
        return new Command(dw0, field.with(dw1, value));
    }

    /**
     * The opcode.
     *
     * @return empty for a reserved or implementation defined number
     */
    public Optional<CommandOpcode> opcode() {
        return CommandOpcode.of(OPCODE.getInt(dw0));
    }

    /**
     * SSec: the StreamID is a Secure one; illegal on the Non-secure queue.
     *
     * @return the bit
     */
    public boolean ssec() {
        return SSEC.isSet(dw0);
    }

    /**
     * SSV: the SubstreamID is valid.
     *
     * @return the bit
     */
    public boolean ssv() {
        return SSV.isSet(dw0);
    }

    /**
     * SubstreamID.
     *
     * @return 20 bits
     */
    public int substreamId() {
        return SUBSTREAM_ID.getInt(dw0);
    }

    /**
     * StreamID.
     *
     * @return unsigned 32 bits
     */
    public int streamId() {
        return STREAM_ID.getInt(dw0);
    }

    /**
     * Leaf: of CFGI_STE and CFGI_CD, only the entry itself; of TLBI, only last-level entries.
     *
     * @return the bit
     */
    public boolean leaf() {
        return LEAF.isSet(dw1);
    }

    /**
     * Range, of CFGI_STE_RANGE: 2<sup>Range+1</sup> StreamIDs.
     *
     * @return 0 to 31
     */
    public int range() {
        return RANGE.getInt(dw1);
    }

    /**
     * VMID.
     *
     * @return 16 bits
     */
    public int vmid() {
        return VMID.getInt(dw0);
    }

    /**
     * ASID.
     *
     * @return 16 bits
     */
    public int asid() {
        return ASID.getInt(dw0);
    }

    /**
     * NUM, of range invalidations.
     *
     * @return 0 to 31
     */
    public int num() {
        return NUM.getInt(dw0);
    }

    /**
     * SCALE, of range invalidations.
     *
     * @return 0 to 31
     */
    public int scale() {
        return SCALE.getInt(dw0);
    }

    /**
     * TTL: level of the leaf, 0 for any.
     *
     * @return 0 to 3
     */
    public int ttl() {
        return TTL.getInt(dw1);
    }

    /**
     * TG: granule of a range, 0 none, 1 4 KiB, 2 16 KiB, 3 64 KiB.
     *
     * @return 0 to 3
     */
    public int tg() {
        return TG.getInt(dw1);
    }

    /**
     * Address: of TLBI by VA, PREFETCH_ADDR and ATC_INV.
     *
     * @return 4 KiB aligned
     */
    public long address() {
        return ADDRESS.inPlace(dw1);
    }

    /**
     * IPA: of TLBI_S2_IPA.
     *
     * @return 4 KiB aligned, 56 bits
     */
    public long ipa() {
        return IPA.inPlace(dw1);
    }

    /**
     * Size, of ATC_INV: log2 of the number of 4 KiB pages.
     *
     * @return 0 to 63
     */
    public int size() {
        return SIZE.getInt(dw1);
    }

    /**
     * Size, of PREFETCH_ADDR: log2 of the number of addresses.
     *
     * @return 0 to 31
     */
    public int prefetchSize() {
        return PREFETCH_SIZE.getInt(dw1);
    }

    /**
     * Stride, of PREFETCH_ADDR: log2 of the distance of the addresses, in 4 KiB.
     *
     * @return 0 to 31
     */
    public int prefetchStride() {
        return PREFETCH_STRIDE.getInt(dw1);
    }

    /**
     * Resp, of PRI_RESP: 0 failure, 1 invalid request, 2 success.
     *
     * @return 0 to 3
     */
    public int resp() {
        return RESP.getInt(dw1);
    }

    /**
     * CS, of SYNC: how completion is signalled.
     *
     * @return {@link #CS_NONE}, {@link #CS_IRQ}, {@link #CS_SEV}, or 3, which is illegal
     */
    public int cs() {
        return CS.getInt(dw0);
    }

    /**
     * MSIData, of SYNC.
     *
     * @return 32 bits
     */
    public int msiData() {
        return MSI_DATA.getInt(dw0);
    }

    /**
     * MSIAddress, of SYNC.
     *
     * @return 4-byte aligned; 0 sends no MSI
     */
    public long msiAddress() {
        return MSI_ADDRESS.inPlace(dw1);
    }

    @Override
    public String toString() {
        String name = opcode().map(Enum::name).orElse("0x" + Integer.toHexString(OPCODE.getInt(dw0)));
        return String.format(Locale.ROOT, "%s [%016x %016x]", name, dw0, dw1);
    }
}
