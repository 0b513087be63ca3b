package io.github.iommu4j.smmuv3.checks;

/** Command encodings (IHI 0070 §4), written out for the tests. */
final class Commands {

    static final int TLBI_NH_ALL = 0x10;
    static final int TLBI_NH_ASID = 0x11;
    static final int TLBI_NH_VA = 0x12;
    static final int TLBI_NH_VAA = 0x13;
    static final int TLBI_EL2_ALL = 0x20;
    static final int TLBI_EL2_VA = 0x22;
    static final int TLBI_EL2_VAA = 0x23;
    static final int TLBI_S12_VMALL = 0x28;
    static final int TLBI_S2_IPA = 0x2A;
    static final int TLBI_NSNH_ALL = 0x30;

    private static final int CFGI_STE = 0x03;
    private static final int CFGI_STE_RANGE = 0x04;
    private static final int CFGI_CD = 0x05;
    private static final int CFGI_CD_ALL = 0x06;
    private static final int RESUME = 0x44;
    private static final int STALL_TERM = 0x45;
    private static final int SYNC = 0x46;

    private Commands() {}

    /** One command. */
    record Command(long dw0, long dw1) {}

    static Command sync() {
        return new Command(SYNC, 0);
    }

    /**
     * An answer to a stalled access.
     *
     * @param decision Ac (bit 0) and Ab (bit 1)
     */
    static Command resume(int streamId, int tag, int decision) {
        return new Command(RESUME | (long) decision << 12 | (long) streamId << 32, tag);
    }

    static Command stallTerm(int streamId) {
        return new Command(STALL_TERM | (long) streamId << 32, 0);
    }

    static Command cfgiAll() {
        return new Command(CFGI_STE_RANGE, 31);
    }

    static Command cfgiSte(int streamId, int leaf) {
        return new Command(CFGI_STE | (long) streamId << 32, leaf);
    }

    static Command cfgiSteRange(int streamId, int range) {
        return new Command(CFGI_STE_RANGE | (long) streamId << 32, range);
    }

    static Command cfgiCd(int streamId, int substreamId, int leaf) {
        return new Command(CFGI_CD | (long) substreamId << 12 | (long) streamId << 32, leaf);
    }

    static Command cfgiCdAll(int streamId) {
        return new Command(CFGI_CD_ALL | (long) streamId << 32, 0);
    }

    static Command tlbi(int opcode) {
        return new Command(opcode, 0);
    }

    static Command tlbiVmid(int opcode, int vmid) {
        return new Command(opcode | (long) vmid << 32, 0);
    }

    static Command tlbiAsid(int vmid, int asid) {
        return new Command(TLBI_NH_ASID | (long) vmid << 32 | (long) asid << 48, 0);
    }

    /**
     * A command by address.
     *
     * @param hint {@code dw1} bits: Leaf [0], TTL [9:8], TG [11:10]
     * @param range {@code dw0} bits: NUM [16:12], SCALE [24:20]
     */
    static Command tlbiAddress(int opcode, int vmid, int asid, long address, long hint, long range) {
        return new Command(opcode | (long) vmid << 32 | (long) asid << 48 | range, address & ~0xFFFL | hint);
    }
}
