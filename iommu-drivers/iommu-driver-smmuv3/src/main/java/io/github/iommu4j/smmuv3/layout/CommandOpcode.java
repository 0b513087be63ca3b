package io.github.iommu4j.smmuv3.layout;

import java.util.Optional;

/** The commands of the Non-secure command queue, and those it must refuse, by opcode (IHI 0070 §4.1.3). */
public enum CommandOpcode {
    /** Hint: fetch an STE and CD. */
    PREFETCH_CONFIG(0x01),
    /** Hint: translate addresses. */
    PREFETCH_ADDR(0x02),
    /** Forget an STE. */
    CFGI_STE(0x03),
    /** Forget a range of STEs; with Range 31 all configuration (CMD_CFGI_ALL). */
    CFGI_STE_RANGE(0x04),
    /** Forget a CD. */
    CFGI_CD(0x05),
    /** Forget all CDs of a stream. */
    CFGI_CD_ALL(0x06),
    /** Forget VMSs of a VMID; needs MPAM. */
    CFGI_VMS_PIDM(0x07),
    /** Forget a VMID's EL1 stage-1 entries. */
    TLBI_NH_ALL(0x10),
    /** Forget an ASID's. */
    TLBI_NH_ASID(0x11),
    /** Forget an address of an ASID. */
    TLBI_NH_VA(0x12),
    /** Forget an address of any ASID. */
    TLBI_NH_VAA(0x13),
    /** EL3, Secure queue only. */
    TLBI_EL3_ALL(0x18),
    /** EL3, Secure queue only. */
    TLBI_EL3_VA(0x1A),
    /** Forget all EL2 entries. */
    TLBI_EL2_ALL(0x20),
    /** Forget an ASID's EL2-E2H entries. */
    TLBI_EL2_ASID(0x21),
    /** Forget an EL2 address of an ASID. */
    TLBI_EL2_VA(0x22),
    /** Forget an EL2 address of any ASID. */
    TLBI_EL2_VAA(0x23),
    /** Forget a VMID's EL1 entries of both stages. */
    TLBI_S12_VMALL(0x28),
    /** Forget an intermediate physical address of a VMID. */
    TLBI_S2_IPA(0x2A),
    /** Forget all EL1 entries of both stages. */
    TLBI_NSNH_ALL(0x30),
    /** Forget what an endpoint's translation cache holds. */
    ATC_INV(0x40),
    /** Answer a page request group. */
    PRI_RESP(0x41),
    /** Retry or end one stalled transaction. */
    RESUME(0x44),
    /** End all stalled transactions of a stream. */
    STALL_TERM(0x45),
    /** Wait for the commands before it. */
    SYNC(0x46),
    /** Secure queue only. */
    TLBI_S_EL2_ALL(0x50),
    /** Secure queue only. */
    TLBI_S_EL2_ASID(0x51),
    /** Secure queue only. */
    TLBI_S_EL2_VA(0x52),
    /** Secure queue only. */
    TLBI_S_EL2_VAA(0x53),
    /** Secure queue only. */
    TLBI_S_S12_VMALL(0x58),
    /** Secure queue only. */
    TLBI_S_S2_IPA(0x5A),
    /** Secure queue only. */
    TLBI_SNH_ALL(0x60),
    /** Needs a device permission table. */
    DPTI_ALL(0x70),
    /** Needs a device permission table. */
    DPTI_PA(0x73);

    private static final CommandOpcode[] BY_NUMBER = new CommandOpcode[0x100];

    static {
        for (CommandOpcode opcode : values()) {
            BY_NUMBER[opcode.number] = opcode;
        }
    }

    private final int number;

    CommandOpcode(int number) {
        this.number = number;
    }

    /**
     * The number in bits [7:0] of the command.
     *
     * @return 0x01 to 0x73
     */
    public int number() {
        return number;
    }

    /**
     * Whether it is TLB maintenance.
     *
     * @return {@code true} for CMD_TLBI_*
     */
    public boolean isTlbi() {
        return number >= TLBI_NH_ALL.number && number <= TLBI_NSNH_ALL.number
                || number >= TLBI_S_EL2_ALL.number && number <= TLBI_SNH_ALL.number;
    }

    /**
     * The opcode of a number.
     *
     * @param number 0 to 255
     * @return empty for a reserved or implementation defined number
     */
    public static Optional<CommandOpcode> of(int number) {
        return number >= 0 && number < BY_NUMBER.length ? Optional.ofNullable(BY_NUMBER[number]) : Optional.empty();
    }
}
