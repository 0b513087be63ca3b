package io.github.iommu4j.vtd.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.dma.Privilege;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;
import java.util.Locale;

/**
 * A page request as hardware queues it (Intel VT-d §7.4): 32 bytes, four little-endian words.
 *
 * <pre>
 *     63      54  53  52  51    32 31    16 15  10  9   8  7      0
 * q0 |          |PMR|EXR|  PASID  |  RID   |      |PDP|PP | TYPE 1 |
 *     63                                 12 11    3   2    1   0
 * q1 |                ADDR                 | PRGI  |LPIG|WRR|RDR|
 * q2 |              private data, with PDP                        |
 * q3 |              private data, with PDP                        |
 * </pre>
 *
 * Immutable.
 *
 * @param q0 bytes 0 to 7
 * @param q1 bytes 8 to 15
 * @param q2 bytes 16 to 23
 * @param q3 bytes 24 to 31
 */
public record PageRequestDescriptor(long q0, long q1, long q2, long q3) {

    /** Bytes of a descriptor. */
    public static final int BYTES = 32;

    /** q0: what it is, 1. */
    public static final BitField TYPE = bits(7, 0);
    /** q0: there is a PASID. */
    public static final BitField PP = bit(8);
    /** q0: there is private data. */
    public static final BitField PDP = bit(9);
    /** q0: who asks. */
    public static final BitField RID = bits(31, 16);
    /** q0: for which PASID. */
    public static final BitField PASID = bits(51, 32);
    /** q0: to execute. */
    public static final BitField EXR = bit(52);
    /** q0: with privilege. */
    public static final BitField PMR = bit(53);
    /** q1: to read. */
    public static final BitField RDR = bit(0);
    /** q1: to write. */
    public static final BitField WRR = bit(1);
    /** q1: the last request of its group. */
    public static final BitField LPIG = bit(2);
    /** q1: page request group index. */
    public static final BitField PRGI = bits(11, 3);
    /** q1: the page, in place. */
    public static final BitField ADDR = bits(63, 12);

    /**
     * A request without PASID that asks for no access: with {@link #last()} a stop marker.
     *
     * @param rid who asks, 16 bits
     * @param group page request group index, 9 bits
     * @param address an address in the page
     * @return a descriptor
     */
    public static PageRequestDescriptor of(int rid, int group, long address) {
        return new PageRequestDescriptor(TYPE.of(1) | RID.of(rid), ADDR.inPlace(address) | PRGI.of(group), 0, 0);
    }

    private PageRequestDescriptor with(long more0, long more1) {
        return new PageRequestDescriptor(q0 | more0, q1 | more1, q2, q3);
    }

    /**
     * The same request of a PASID.
     *
     * @param pasid 20 bits
     * @return a new descriptor
     */
    public PageRequestDescriptor ofPasid(int pasid) {
        return with(PP.of(1) | PASID.of(pasid), 0);
    }

    /**
     * The same request, to read.
     *
     * @return a new descriptor
     */
    public PageRequestDescriptor toRead() {
        return with(0, RDR.of(1));
    }

    /**
     * The same request, to write.
     *
     * @return a new descriptor
     */
    public PageRequestDescriptor toWrite() {
        return with(0, WRR.of(1));
    }

    /**
     * The same request, to execute.
     *
     * @return a new descriptor
     */
    public PageRequestDescriptor toExecute() {
        return with(EXR.of(1), 0);
    }

    /**
     * The same request, with privilege.
     *
     * @return a new descriptor
     */
    public PageRequestDescriptor privileged() {
        return with(PMR.of(1), 0);
    }

    /**
     * The same request as the last of its group.
     *
     * @return a new descriptor
     */
    public PageRequestDescriptor last() {
        return with(0, LPIG.of(1));
    }

    /**
     * The same request with private data, which the response repeats.
     *
     * @param first 64 bits
     * @param second 64 bits
     * @return a new descriptor
     */
    public PageRequestDescriptor withPrivateData(long first, long second) {
        return new PageRequestDescriptor(q0 | PDP.of(1), q1, first, second);
    }

    /**
     * Reads a descriptor.
     *
     * @param memory where to read
     * @param address physical byte address, 32-byte aligned
     * @return the descriptor
     * @throws io.github.iommu4j.api.memory.BusErrorException when nothing answers
     */
    public static PageRequestDescriptor readFrom(PhysicalMemory memory, long address) {
        return new PageRequestDescriptor(
                memory.load64(address),
                memory.load64(address + 8),
                memory.load64(address + 16),
                memory.load64(address + 24));
    }

    /**
     * Stores the descriptor.
     *
     * @param memory where to write
     * @param address physical byte address, 32-byte aligned
     * @throws io.github.iommu4j.api.memory.BusErrorException when nothing answers; some words may be written then
     */
    public void writeTo(PhysicalMemory memory, long address) {
        memory.store64(address, q0);
        memory.store64(address + 8, q1);
        memory.store64(address + 16, q2);
        memory.store64(address + 24, q3);
    }

    /**
     * Who asks.
     *
     * @return source-id, 16 bits
     */
    public int rid() {
        return RID.getInt(q0);
    }

    /**
     * For which PASID.
     *
     * @return 20 bits, or {@link TranslationUnit#NO_SUBSTREAM}
     */
    public int pasid() {
        return PP.isSet(q0) ? PASID.getInt(q0) : TranslationUnit.NO_SUBSTREAM;
    }

    /**
     * Page request group index.
     *
     * @return 9 bits
     */
    public int group() {
        return PRGI.getInt(q1);
    }

    /**
     * Which page.
     *
     * @return an address, 4 KiB aligned
     */
    public long page() {
        return ADDR.inPlace(q1);
    }

    /**
     * Whether this is the last request of its group.
     *
     * @return LPIG
     */
    public boolean isLast() {
        return LPIG.isSet(q1);
    }

    /**
     * Whether software must answer: the last request of a group, or one with private data, that is no stop marker.
     *
     * @return whether a page group response is due
     */
    public boolean needsResponse() {
        return !isStopMarker() && (isLast() || PDP.isSet(q0));
    }

    /**
     * Whether a device says with it that it has stopped using a PASID: last of its group, and asking for nothing.
     *
     * @return {@code true} when no answer is due
     */
    public boolean isStopMarker() {
        return isLast() && !RDR.isSet(q1) && !WRR.isSet(q1);
    }

    /**
     * The descriptor of a message.
     *
     * @param message what a device asks for; its StreamID is the source-id, of which 16 bits count
     * @return its descriptor, without private data; without a PASID neither execution nor privilege can be asked for
     */
    public static PageRequestDescriptor of(PageRequestMessage message) {
        int permissions = message.permissions();
        PageRequestDescriptor request = of(message.streamId() & 0xFFFF, message.prgIndex(), message.address());
        request = (permissions & PageRequestMessage.READ) != 0 ? request.toRead() : request;
        request = (permissions & PageRequestMessage.WRITE) != 0 ? request.toWrite() : request;
        request = message.last() ? request.last() : request;
        if (!message.hasSubstream()) {
            return request;
        }
        request = request.ofPasid(message.substreamId());
        request = (permissions & PageRequestMessage.EXECUTE) != 0 ? request.toExecute() : request;
        return message.privilege() == Privilege.PRIVILEGED ? request.privileged() : request;
    }

    /**
     * The message a descriptor stands for.
     *
     * @return what the device asked for, without private data; reserved bits are ignored
     */
    public PageRequestMessage message() {
        int permissions = (RDR.isSet(q1) ? PageRequestMessage.READ : 0)
                | (WRR.isSet(q1) ? PageRequestMessage.WRITE : 0)
                | (EXR.isSet(q0) ? PageRequestMessage.EXECUTE : 0);
        Privilege privilege = PMR.isSet(q0) ? Privilege.PRIVILEGED : Privilege.UNPRIVILEGED;
        return new PageRequestMessage(rid(), pasid(), page(), permissions, privilege, group(), isLast());
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "page request rid=0x%04x pasid=%d group=%d page=0x%x [%016x %016x %016x %016x]",
                rid(),
                pasid(),
                group(),
                page(),
                q0,
                q1,
                q2,
                q3);
    }
}
