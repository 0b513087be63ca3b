package io.github.iommu4j.smmuv3.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/**
 * The fields of the identification registers (IHI 0070 §6.3.1-6.3.8), by the specification's names.
 *
 * <pre>
 * IDR0  30       28:27    26         25:24       23        22:21    20    19   18     17  16
 *       RME_IMPL ST_LEVEL TERM_MODEL STALL_MODEL ATSRECERR TTENDIAN VATOS CD2L VMID16 VMW PRI
 *       15   14  13  12     11     10  9   8        7:6  5   4      3:2 1   0
 *       ATOS SEV MSI ASID16 NS1ATS ATS HYP DORMHINT HTTU BTM COHACC TTF S1P S2P
 * IDR1  31    30            29            28  27             26             25:21 20:16   15:11 10:6     5:0
 *       ECMDQ TABLES_PRESET QUEUES_PRESET REL ATTR_TYPES_OVR ATTR_PERMS_OVR CMDQS EVENTQS PRIQS SSIDSIZE SIDSIZE
 * IDR3  23  22      21  20   19   18   17   16      15  14     13   12:11 10  9   8   7    5   4   3    2
 *       AIE MTEPERM THE S2PO S2PI S1PI EPAN PASIDTT DPT PTWNNC E0PD BBML  RIL STT FWB MPAM PPS XNX PBHA HAD
 * IDR5  31:16     11:10 8    7  6       5       4      2:0
 *       STALL_MAX VAX   D128 DS GRAN64K GRAN16K GRAN4K OAS
 * AIDR  7:4        3:0
 *       ARCH_MAJOR ARCH_MINOR
 * </pre>
 */
public enum IdField {
    /** Stage 2 translation. */
    S2P(SmmuRegister.IDR0, bit(0)),
    /** Stage 1 translation. */
    S1P(SmmuRegister.IDR0, bit(1)),
    /** Table formats: bit 0 AArch32 LPAE, bit 1 AArch64. */
    TTF(SmmuRegister.IDR0, bits(3, 2)),
    /** Own accesses are IO-coherent. */
    COHACC(SmmuRegister.IDR0, bit(4)),
    /** Broadcast TLB maintenance is received. */
    BTM(SmmuRegister.IDR0, bit(5)),
    /** Hardware update of descriptors: 0 none, 1 access flag, 2 and dirty state. */
    HTTU(SmmuRegister.IDR0, bits(7, 6)),
    /** Dormant hint. */
    DORMHINT(SmmuRegister.IDR0, bit(8)),
    /** EL2 and EL2-E2H streams. */
    HYP(SmmuRegister.IDR0, bit(9)),
    /** PCIe ATS. */
    ATS(SmmuRegister.IDR0, bit(10)),
    /** Split-stage ATS is <em>not</em> supported. */
    NS1ATS(SmmuRegister.IDR0, bit(11)),
    /** 16-bit ASIDs. */
    ASID16(SmmuRegister.IDR0, bit(12)),
    /** Message-signalled interrupts. */
    MSI(SmmuRegister.IDR0, bit(13)),
    /** WFE wake-up events. */
    SEV(SmmuRegister.IDR0, bit(14)),
    /** Address translation operations by register. */
    ATOS(SmmuRegister.IDR0, bit(15)),
    /** Page requests. */
    PRI(SmmuRegister.IDR0, bit(16)),
    /** VMID wildcard matching. */
    VMW(SmmuRegister.IDR0, bit(17)),
    /** 16-bit VMIDs. */
    VMID16(SmmuRegister.IDR0, bit(18)),
    /** Two-level context descriptor tables. */
    CD2L(SmmuRegister.IDR0, bit(19)),
    /** ATOS for one VM. */
    VATOS(SmmuRegister.IDR0, bit(20)),
    /** Endianness of tables: 0 mixed, 2 little, 3 big. */
    TTENDIAN(SmmuRegister.IDR0, bits(22, 21)),
    /** CR2.REC_CFG_ATS exists. */
    ATSRECERR(SmmuRegister.IDR0, bit(23)),
    /** 0 stall and terminate, 1 terminate only, 2 stall forced. */
    STALL_MODEL(SmmuRegister.IDR0, bits(25, 24)),
    /** 1: a terminated access always aborts. */
    TERM_MODEL(SmmuRegister.IDR0, bit(26)),
    /** 1: two-level stream tables. */
    ST_LEVEL(SmmuRegister.IDR0, bits(28, 27)),
    /** Realm management extension. */
    RME_IMPL(SmmuRegister.IDR0, bit(30)),

    /** Bits of a StreamID. */
    SIDSIZE(SmmuRegister.IDR1, bits(5, 0)),
    /** Bits of a SubstreamID. */
    SSIDSIZE(SmmuRegister.IDR1, bits(10, 6)),
    /** Log2 of the largest PRI queue. */
    PRIQS(SmmuRegister.IDR1, bits(15, 11)),
    /** Log2 of the largest event queue. */
    EVENTQS(SmmuRegister.IDR1, bits(20, 16)),
    /** Log2 of the largest command queue. */
    CMDQS(SmmuRegister.IDR1, bits(25, 21)),
    /** Incoming permission attributes can be overridden. */
    ATTR_PERMS_OVR(SmmuRegister.IDR1, bit(26)),
    /** Incoming memory attributes can be overridden. */
    ATTR_TYPES_OVR(SmmuRegister.IDR1, bit(27)),
    /** Preset bases are relative. */
    REL(SmmuRegister.IDR1, bit(28)),
    /** Queue bases are fixed. */
    QUEUES_PRESET(SmmuRegister.IDR1, bit(29)),
    /** The stream table base is fixed. */
    TABLES_PRESET(SmmuRegister.IDR1, bit(30)),
    /** Enhanced command queues. */
    ECMDQ(SmmuRegister.IDR1, bit(31)),

    /** Hierarchical attributes can be disabled. */
    HAD(SmmuRegister.IDR3, bit(2)),
    /** Page-based hardware attributes. */
    PBHA(SmmuRegister.IDR3, bit(3)),
    /** Two-bit execute-never at stage 2. */
    XNX(SmmuRegister.IDR3, bit(4)),
    /** PASID in automatic page responses. */
    PPS(SmmuRegister.IDR3, bit(5)),
    /** Memory partitioning and monitoring. */
    MPAM(SmmuRegister.IDR3, bit(7)),
    /** Stage 2 forces write-back. */
    FWB(SmmuRegister.IDR3, bit(8)),
    /** Small tables: TxSZ up to 48. */
    STT(SmmuRegister.IDR3, bit(9)),
    /** Range invalidation and level hints. */
    RIL(SmmuRegister.IDR3, bit(10)),
    /** Break-before-make level. */
    BBML(SmmuRegister.IDR3, bits(12, 11)),
    /** E0PD fields of a CD. */
    E0PD(SmmuRegister.IDR3, bit(13)),
    /** Stage-1 tables in Device memory are read as Normal Non-cacheable. */
    PTWNNC(SmmuRegister.IDR3, bit(14)),
    /** Device permission table. */
    DPT(SmmuRegister.IDR3, bit(15)),
    /** PASID on translated transactions. */
    PASIDTT(SmmuRegister.IDR3, bit(16)),
    /** Enhanced PAN. */
    EPAN(SmmuRegister.IDR3, bit(17)),
    /** Stage 1 permission indirection. */
    S1PI(SmmuRegister.IDR3, bit(18)),
    /** Stage 2 permission indirection. */
    S2PI(SmmuRegister.IDR3, bit(19)),
    /** Stage 2 permission overlay. */
    S2PO(SmmuRegister.IDR3, bit(20)),
    /** Translation hardening. */
    THE(SmmuRegister.IDR3, bit(21)),
    /** MTE permission. */
    MTEPERM(SmmuRegister.IDR3, bit(22)),
    /** Attribute index extension. */
    AIE(SmmuRegister.IDR3, bit(23)),

    /** Output address size, encoded: 0 to 6 for 32, 36, 40, 42, 44, 48, 52 bits. */
    OAS(SmmuRegister.IDR5, bits(2, 0)),
    /** 4 KiB granule. */
    GRAN4K(SmmuRegister.IDR5, bit(4)),
    /** 16 KiB granule. */
    GRAN16K(SmmuRegister.IDR5, bit(5)),
    /** 64 KiB granule. */
    GRAN64K(SmmuRegister.IDR5, bit(6)),
    /** 52-bit addresses with 4 KiB and 16 KiB granules. */
    DS(SmmuRegister.IDR5, bit(7)),
    /** 128-bit descriptors. */
    D128(SmmuRegister.IDR5, bit(8)),
    /** Virtual address size, encoded: 0 for 48, 1 for 52 bits. */
    VAX(SmmuRegister.IDR5, bits(11, 10)),
    /** Largest number of stalled transactions. */
    STALL_MAX(SmmuRegister.IDR5, bits(31, 16)),

    /** Minor version: 0 to 4 for SMMUv3.0 to SMMUv3.4. */
    ARCH_MINOR(SmmuRegister.AIDR, bits(3, 0)),
    /** Major version: 0 for SMMUv3. */
    ARCH_MAJOR(SmmuRegister.AIDR, bits(7, 4));

    private final SmmuRegister register;
    private final int high;
    private final int low;
    private final int mask;

    IdField(SmmuRegister register, BitField field) {
        this.register = register;
        this.high = field.high();
        this.low = field.low();
        this.mask = (int) field.mask();
    }

    /**
     * The register that holds the field.
     *
     * @return IDR0, IDR1, IDR3, IDR5 or AIDR
     */
    public SmmuRegister register() {
        return register;
    }

    /**
     * Where the field stands in its register.
     *
     * @return the bits
     */
    public BitField field() {
        return bits(high, low);
    }

    /**
     * The field's value in its register.
     *
     * @param raw value of {@link #register()}
     * @return the field, shifted down to bit 0
     */
    public int get(int raw) {
        return (raw & mask) >>> low;
    }
}
