package io.github.iommu4j.vtd.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.core.bits.Log2;
import java.util.Locale;
import java.util.Optional;

/**
 * A descriptor of the invalidation queue (Intel VT-d §6.5.2): 16 bytes, or 32 with IQA_REG.DW, little-endian words.
 *
 * <pre>
 *                  q0                                                          q1
 * CONTEXT_CACHE    FM 49:48 SID 47:32 DID 31:16 G 5:4
 * IOTLB            DID 31:16 DR 7 DW 6 G 5:4                                   ADDR 63:12 IH 6 AM 5:0
 * DEVICE_TLB       PFSID 63:52,15:12 SID 47:32 MIP 20:16                       ADDR 63:12 S 0
 * INT..._CACHE     IIDX 47:32 IM 31:27 G 4
 * WAIT             STDATA 63:32 PD 7 FN 6 SW 5 IF 4                            STADDR 63:2
 * PASID_IOTLB      PASID 51:32 DID 31:16 G 5:4                                 ADDR 63:12 IH 6 AM 5:0
 * PASID_CACHE      PASID 51:32 DID 31:16 G 5:4
 * PASID_DEVICE_TLB PFSID 63:52,15:12 PASID 51:32 SID 31:16 MIP 8:4             ADDR 63:12 S 11 G 0
 * PAGE_GROUP_...   PASID 51:32 RID 31:16 RC 15:12 PDP 5 PP 4                   PRGI 11:3 LPIG 2
 * </pre>
 *
 * Bits 11:9 and 3:0 of q0 are the type. Immutable.
 *
 * @param q0 bytes 0 to 7
 * @param q1 bytes 8 to 15
 * @param q2 bytes 16 to 23, of a descriptor of 256 bits
 * @param q3 bytes 24 to 31, of a descriptor of 256 bits
 */
public record InvalidationDescriptor(long q0, long q1, long q2, long q3) {

    /** q0: the lower bits of the type. */
    public static final BitField TYPE_LOW = bits(3, 0);
    /** q0: how much goes. */
    public static final BitField GRANULARITY = bits(5, 4);
    /** q0: the upper bits of the type. */
    public static final BitField TYPE_HIGH = bits(11, 9);
    /** q0: domain-id. */
    public static final BitField DID = bits(31, 16);
    /** q0: PASID. */
    public static final BitField PASID = bits(51, 32);
    /** q0 of IOTLB: drain writes. */
    public static final BitField DRAIN_WRITES = bit(6);
    /** q0 of IOTLB: drain reads. */
    public static final BitField DRAIN_READS = bit(7);
    /** q0 of DEVICE_TLB: how many invalidations may be outstanding. */
    public static final BitField MIP = bits(20, 16);
    /** q0 of CONTEXT_CACHE and DEVICE_TLB: source-id. */
    public static final BitField SID = bits(47, 32);
    /** q0 of CONTEXT_CACHE: function mask. */
    public static final BitField FUNCTION_MASK = bits(49, 48);
    /** q0 of INTERRUPT_ENTRY_CACHE: one index, and not everything. */
    public static final BitField INDEXED = bit(4);
    /** q0 of INTERRUPT_ENTRY_CACHE: low bits of the index that are ignored. */
    public static final BitField INDEX_MASK = bits(31, 27);
    /** q0 of INTERRUPT_ENTRY_CACHE: the index. */
    public static final BitField INDEX = bits(47, 32);
    /** q0 of WAIT: signal with an interrupt. */
    public static final BitField INTERRUPT = bit(4);
    /** q0 of WAIT: signal with a write to memory. */
    public static final BitField STATUS_WRITE = bit(5);
    /** q0 of WAIT: what follows starts afterwards. */
    public static final BitField FENCE = bit(6);
    /** q0 of WAIT: page requests are drained. */
    public static final BitField PAGE_REQUEST_DRAIN = bit(7);
    /** q0 of WAIT: what is written. */
    public static final BitField STATUS_DATA = bits(63, 32);
    /** q0 of PASID_DEVICE_TLB: how many invalidations may be outstanding. */
    public static final BitField PASID_MIP = bits(8, 4);
    /** q0 of DEVICE_TLB and PASID_DEVICE_TLB: lower bits of the physical function's source-id. */
    public static final BitField PFSID_LOW = bits(15, 12);
    /** q0 of PASID_DEVICE_TLB: source-id. */
    public static final BitField PASID_SID = bits(31, 16);
    /** q0 of DEVICE_TLB and PASID_DEVICE_TLB: upper bits of the physical function's source-id. */
    public static final BitField PFSID_HIGH = bits(63, 52);
    /** q1 of IOTLB and PASID_IOTLB: log2 of the pages. */
    public static final BitField ADDRESS_MASK = bits(5, 0);
    /** q1 of IOTLB and PASID_IOTLB: only leaves changed. */
    public static final BitField HINT = bit(6);
    /** q1: the page, in place. */
    public static final BitField ADDRESS = bits(63, 12);
    /** q1 of DEVICE_TLB: the lowest zero bit of the address tells the size. */
    public static final BitField SIZE = bit(0);
    /** q1 of PASID_DEVICE_TLB: every PASID. */
    public static final BitField EVERY_PASID = bit(0);
    /** q1 of PASID_DEVICE_TLB: the lowest zero bit of the address tells the size. */
    public static final BitField PASID_SIZE = bit(11);
    /** q1 of WAIT: where to write, in place. */
    public static final BitField STATUS_ADDRESS = bits(63, 2);

    /** {@link #GRANULARITY} of CONTEXT_CACHE and IOTLB: all. */
    public static final int GLOBAL = 1;
    /** {@link #GRANULARITY} of CONTEXT_CACHE and IOTLB: a domain. */
    public static final int DOMAIN = 2;
    /** {@link #GRANULARITY} of CONTEXT_CACHE: a device. */
    public static final int DEVICE = 3;
    /** {@link #GRANULARITY} of IOTLB and PASID_IOTLB: pages. */
    public static final int PAGES = 3;
    /** {@link #GRANULARITY} of PASID_IOTLB: everything of a PASID. */
    public static final int ALL_OF_PASID = 2;
    /** {@link #GRANULARITY} of PASID_CACHE: a domain. */
    public static final int CACHE_DOMAIN = 0;
    /** {@link #GRANULARITY} of PASID_CACHE: a domain and PASID. */
    public static final int CACHE_PASID = 1;
    /** {@link #GRANULARITY} of PASID_CACHE: all. */
    public static final int CACHE_GLOBAL = 3;

    /** Address mask that means every page. */
    public static final int ALL_PAGES = 52;

    private static InvalidationDescriptor of(InvalidationType type, long fields, long q1) {
        return new InvalidationDescriptor(TYPE_LOW.of(type.code()) | fields, q1, 0, 0);
    }

    /**
     * Every context entry.
     *
     * @return a descriptor
     */
    public static InvalidationDescriptor contextGlobal() {
        return of(InvalidationType.CONTEXT_CACHE, GRANULARITY.of(GLOBAL), 0);
    }

    /**
     * Context entries of a domain.
     *
     * @param did domain-id, 16 bits
     * @return a descriptor
     */
    public static InvalidationDescriptor contextDomain(int did) {
        return of(InvalidationType.CONTEXT_CACHE, GRANULARITY.of(DOMAIN) | DID.of(did), 0);
    }

    /**
     * Context entries of functions.
     *
     * @param did domain-id, 16 bits
     * @param sid source-id, 16 bits
     * @param functionMask how many low bits of the function number are ignored, 0 to 3
     * @return a descriptor
     */
    public static InvalidationDescriptor contextDevice(int did, int sid, int functionMask) {
        long fields = GRANULARITY.of(DEVICE) | DID.of(did) | SID.of(sid) | FUNCTION_MASK.of(functionMask);
        return of(InvalidationType.CONTEXT_CACHE, fields, 0);
    }

    /**
     * Every translation.
     *
     * @return a descriptor
     */
    public static InvalidationDescriptor iotlbGlobal() {
        return of(InvalidationType.IOTLB, GRANULARITY.of(GLOBAL), 0);
    }

    /**
     * Translations of a domain.
     *
     * @param did domain-id, 16 bits
     * @return a descriptor
     */
    public static InvalidationDescriptor iotlbDomain(int did) {
        return of(InvalidationType.IOTLB, GRANULARITY.of(DOMAIN) | DID.of(did), 0);
    }

    /**
     * Translations of some pages of a domain.
     *
     * @param did domain-id, 16 bits
     * @param address an address in the first page; low page bits below {@code am} are ignored
     * @param am log2 of the pages, 0 to CAP_REG.MAMV
     * @return a descriptor
     */
    public static InvalidationDescriptor iotlbPages(int did, long address, int am) {
        long range = ADDRESS.inPlace(address) | ADDRESS_MASK.of(am);
        return of(InvalidationType.IOTLB, GRANULARITY.of(PAGES) | DID.of(did), range);
    }

    /**
     * Translations of a domain and PASID.
     *
     * @param did domain-id, 16 bits
     * @param pasid PASID, 20 bits
     * @return a descriptor of 256 bits
     */
    public static InvalidationDescriptor pasidIotlb(int did, int pasid) {
        long fields = GRANULARITY.of(ALL_OF_PASID) | DID.of(did) | PASID.of(pasid);
        return of(InvalidationType.PASID_IOTLB, fields, 0);
    }

    /**
     * Translations of some pages of a domain and PASID.
     *
     * @param did domain-id, 16 bits
     * @param pasid PASID, 20 bits
     * @param address an address in the first page; low page bits below {@code am} are ignored
     * @param am log2 of the pages, 0 to 63
     * @return a descriptor of 256 bits
     */
    public static InvalidationDescriptor pasidIotlbPages(int did, int pasid, long address, int am) {
        long fields = GRANULARITY.of(PAGES) | DID.of(did) | PASID.of(pasid);
        return of(InvalidationType.PASID_IOTLB, fields, ADDRESS.inPlace(address) | ADDRESS_MASK.of(am));
    }

    /**
     * Every PASID directory and table entry.
     *
     * @return a descriptor of 256 bits
     */
    public static InvalidationDescriptor pasidCacheGlobal() {
        return of(InvalidationType.PASID_CACHE, GRANULARITY.of(CACHE_GLOBAL), 0);
    }

    /**
     * PASID entries of a domain.
     *
     * @param did domain-id, 16 bits
     * @return a descriptor of 256 bits
     */
    public static InvalidationDescriptor pasidCacheDomain(int did) {
        return of(InvalidationType.PASID_CACHE, GRANULARITY.of(CACHE_DOMAIN) | DID.of(did), 0);
    }

    /**
     * PASID entries of a domain and PASID.
     *
     * @param did domain-id, 16 bits
     * @param pasid PASID, 20 bits
     * @return a descriptor of 256 bits
     */
    public static InvalidationDescriptor pasidCache(int did, int pasid) {
        long fields = GRANULARITY.of(CACHE_PASID) | DID.of(did) | PASID.of(pasid);
        return of(InvalidationType.PASID_CACHE, fields, 0);
    }

    /**
     * Translations that a device holds of requests without PASID.
     *
     * @param sid source-id, 16 bits
     * @param address an address in the range, which is aligned to its size
     * @param sizeLg2 log2 of the pages, 0 to {@link #ALL_PAGES}
     * @return a descriptor
     */
    public static InvalidationDescriptor deviceTlb(int sid, long address, int sizeLg2) {
        long size = SIZE.of(sizeLg2 == 0 ? 0 : 1);
        return of(InvalidationType.DEVICE_TLB, SID.of(sid), sized(address, sizeLg2) | size);
    }

    /**
     * Translations that a device holds of a PASID.
     *
     * @param sid source-id, 16 bits
     * @param pasid PASID, 20 bits
     * @param address an address in the range, which is aligned to its size
     * @param sizeLg2 log2 of the pages, 0 to {@link #ALL_PAGES}
     * @return a descriptor of 256 bits
     */
    public static InvalidationDescriptor pasidDeviceTlb(int sid, int pasid, long address, int sizeLg2) {
        long size = PASID_SIZE.of(sizeLg2 == 0 ? 0 : 1);
        long fields = PASID_SID.of(sid) | PASID.of(pasid);
        return of(InvalidationType.PASID_DEVICE_TLB, fields, sized(address, sizeLg2) | size);
    }

    /** Page bits below the top one of the size are ones, the top one is zero. */
    private static long sized(long address, int sizeLg2) {
        if (sizeLg2 == 0) {
            return ADDRESS.inPlace(address);
        }
        long base = Log2.alignDown(address, 12 + sizeLg2);
        return ADDRESS.inPlace(base | Log2.mask(12 + sizeLg2 - 1));
    }

    /**
     * Every interrupt entry.
     *
     * @return a descriptor
     */
    public static InvalidationDescriptor interruptEntriesGlobal() {
        return of(InvalidationType.INTERRUPT_ENTRY_CACHE, 0, 0);
    }

    /**
     * Some interrupt entries.
     *
     * @param index an index, 16 bits
     * @param mask how many low bits of the index are ignored, 0 to ECAP_REG.MHMV
     * @return a descriptor
     */
    public static InvalidationDescriptor interruptEntries(int index, int mask) {
        long fields = INDEXED.of(1) | INDEX_MASK.of(mask) | INDEX.of(index);
        return of(InvalidationType.INTERRUPT_ENTRY_CACHE, fields, 0);
    }

    /**
     * A wait that signals nothing; see {@link #writing(long, int)}, {@link #interrupting()}, {@link #fencing()} and {@link
     * #drainingPageRequests()}.
     *
     * @return a descriptor
     */
    public static InvalidationDescriptor waiting() {
        return of(InvalidationType.WAIT, 0, 0);
    }

    private InvalidationDescriptor with(long more0, long more1) {
        return new InvalidationDescriptor(q0 | more0, q1 | more1, q2, q3);
    }

    /**
     * The same wait, with a status write.
     *
     * @param address where to write, physical, 4-byte aligned
     * @param data what to write
     * @return a new descriptor
     */
    public InvalidationDescriptor writing(long address, int data) {
        return with(STATUS_WRITE.of(1) | STATUS_DATA.of(Integer.toUnsignedLong(data)), STATUS_ADDRESS.inPlace(address));
    }

    /**
     * The same wait, with an interrupt.
     *
     * @return a new descriptor
     */
    public InvalidationDescriptor interrupting() {
        return with(INTERRUPT.of(1), 0);
    }

    /**
     * The same wait, before which nothing that follows starts.
     *
     * @return a new descriptor
     */
    public InvalidationDescriptor fencing() {
        return with(FENCE.of(1), 0);
    }

    /**
     * The same wait, which drains page requests too; needs ECAP_REG.PDS.
     *
     * @return a new descriptor
     */
    public InvalidationDescriptor drainingPageRequests() {
        return with(PAGE_REQUEST_DRAIN.of(1), 0);
    }

    /**
     * The same IOTLB descriptor, with reads and writes drained.
     *
     * @return a new descriptor
     */
    public InvalidationDescriptor draining() {
        return with(DRAIN_READS.of(1) | DRAIN_WRITES.of(1), 0);
    }

    /**
     * The same IOTLB or PASID-IOTLB descriptor, with the hint that only leaves changed.
     *
     * @return a new descriptor
     */
    public InvalidationDescriptor leavesOnly() {
        return with(0, HINT.of(1));
    }

    /**
     * The same PASID device-TLB descriptor, for every PASID.
     *
     * @return a new descriptor
     */
    public InvalidationDescriptor everyPasid() {
        return with(0, EVERY_PASID.of(1));
    }

    /**
     * The same device-TLB descriptor, throttled; needs ECAP_REG.DIT.
     *
     * @param pfsid source-id of the physical function, 16 bits
     * @param mip how many invalidations may be outstanding, 5 bits; 0 means 32
     * @return a new descriptor
     */
    public InvalidationDescriptor throttled(int pfsid, int mip) {
        BitField pending = code() == InvalidationType.PASID_DEVICE_TLB.code() ? PASID_MIP : MIP;
        return with(PFSID_LOW.of(pfsid & 0xF) | PFSID_HIGH.of(pfsid >>> 4) | pending.of(mip), 0);
    }

    /**
     * Reads a descriptor.
     *
     * @param memory where to read
     * @param address physical byte address, 16-byte aligned
     * @param bytes 16 or 32
     * @return the descriptor; with 16 bytes the third and fourth words are zero
     * @throws io.github.iommu4j.api.memory.BusErrorException when nothing answers
     */
    public static InvalidationDescriptor readFrom(PhysicalMemory memory, long address, int bytes) {
        long q2 = bytes == 32 ? memory.load64(address + 16) : 0;
        long q3 = bytes == 32 ? memory.load64(address + 24) : 0;
        return new InvalidationDescriptor(memory.load64(address), memory.load64(address + 8), q2, q3);
    }

    /**
     * Stores the descriptor.
     *
     * @param memory where to write
     * @param address physical byte address, 16-byte aligned
     * @param bytes 16 or 32
     * @throws io.github.iommu4j.api.memory.BusErrorException when nothing answers; some words may be written then
     */
    public void writeTo(PhysicalMemory memory, long address, int bytes) {
        memory.store64(address, q0);
        memory.store64(address + 8, q1);
        if (bytes == 32) {
            memory.store64(address + 16, q2);
            memory.store64(address + 24, q3);
        }
    }

    /**
     * The code of the type.
     *
     * @return 7 bits
     */
    public int code() {
        return TYPE_HIGH.getInt(q0) << 4 | TYPE_LOW.getInt(q0);
    }

    /**
     * The type.
     *
     * @return empty for a reserved code
     */
    public Optional<InvalidationType> type() {
        return InvalidationType.of(code());
    }

    /**
     * The domain, where the type has one.
     *
     * @return 16 bits
     */
    public int did() {
        return DID.getInt(q0);
    }

    /**
     * The PASID, where the type has one.
     *
     * @return 20 bits
     */
    public int pasid() {
        return PASID.getInt(q0);
    }

    /**
     * The source-id, where the type has one.
     *
     * @return 16 bits
     */
    public int sid() {
        boolean low = code() >= InvalidationType.PASID_DEVICE_TLB.code();
        return low ? PASID_SID.getInt(q0) : SID.getInt(q0);
    }

    /**
     * The source-id of the physical function, of device-TLB descriptors.
     *
     * @return 16 bits
     */
    public int pfsid() {
        return PFSID_HIGH.getInt(q0) << 4 | PFSID_LOW.getInt(q0);
    }

    /**
     * How many pages a device-TLB descriptor names.
     *
     * @return log2, 0 to {@link #ALL_PAGES}
     */
    public int deviceSizeLg2() {
        BitField size = code() == InvalidationType.PASID_DEVICE_TLB.code() ? PASID_SIZE : SIZE;
        if (!size.isSet(q1)) {
            return 0;
        }
        return Math.min(Long.numberOfTrailingZeros(~ADDRESS.get(q1)) + 1, ALL_PAGES);
    }

    /**
     * The first page a device-TLB descriptor names.
     *
     * @return an address, aligned to the size
     */
    public long deviceAddress() {
        return Log2.alignDown(ADDRESS.inPlace(q1), 12 + deviceSizeLg2());
    }

    @Override
    public String toString() {
        String name = type().map(Enum::name).orElse("type 0x" + Integer.toHexString(code()));
        return String.format(Locale.ROOT, "%s [%016x %016x %016x %016x]", name, q0, q1, q2, q3);
    }
}
