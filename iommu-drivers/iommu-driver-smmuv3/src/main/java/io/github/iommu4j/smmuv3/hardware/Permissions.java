package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.dma.Access;

/**
 * Who may do what: six bits, read, write and execute for unprivileged accesses (bits 0 to 2) and for privileged ones
 * (bits 3 to 5), and the rules that make them from descriptors (Arm ARM D8.4, IHI 0070 §13.4).
 *
 * <p>The rules are tables of sixteen, built once, so that a walk looks permissions up with one load.
 */
final class Permissions {

    static final int ALL = 0b111_111;
    static final int READ = 0b001_001;
    static final int ANY_WRITE = 0b010_010;
    static final int EXECUTE = 0b100_100;

    private static final int UNPRIVILEGED = 0b000_111;
    private static final int PRIVILEGED = 0b111_000;
    private static final int PRIVILEGED_SHIFT = 3;

    /** Index bits of a stage-1 table: what a descriptor and the tables above it say. */
    static final int NO_PRIVILEGED_EXECUTE = 1, NO_EXECUTE = 2, READ_ONLY = 4, USER = 8;

    private static final byte[][] STAGE1 = stage1Tables();
    private static final byte[] STAGE2_XN = stage2Table(false);
    private static final byte[] STAGE2_XNX = stage2Table(true);

    private Permissions() {}

    /** What an access needs, as permission bits. */
    static int needed(int access) {
        int need;
        if ((access & Access.WRITE_BIT) != 0) {
            need = access & (Access.READ_BIT | Access.WRITE_BIT);
        } else {
            need = (access & Access.INSTRUCTION_BIT) != 0 ? 4 : 1;
        }
        return isPrivileged(access) ? need << PRIVILEGED_SHIFT : need;
    }

    /** The three bits of one access's privilege. */
    static int ofPrivilege(int permissions, int access) {
        return (isPrivileged(access) ? permissions >>> PRIVILEGED_SHIFT : permissions) & UNPRIVILEGED;
    }

    static boolean isPrivileged(int access) {
        return (access & Access.PRIVILEGED_BIT) != 0;
    }

    /** InD: only reads are instruction fetches. */
    static boolean isInstruction(int access) {
        return (access & (Access.INSTRUCTION_BIT | Access.WRITE_BIT)) == Access.INSTRUCTION_BIT;
    }

    /**
     * The table of a stage-1 regime, indexed by {@link #NO_PRIVILEGED_EXECUTE} to {@link #USER}.
     *
     * @param twoPrivileges EL1 and EL2-E2H; otherwise one set of permissions is for both
     */
    static byte[] stage1(boolean twoPrivileges, boolean writeExecuteNever, boolean privilegedAccessNever) {
        return STAGE1[(twoPrivileges ? 4 : 0) | (writeExecuteNever ? 2 : 0) | (privilegedAccessNever ? 1 : 0)];
    }

    /** The table of stage 2, indexed by S2AP (bits 1:0) and descriptor bits 54:53 (bits 3:2). */
    static byte[] stage2(boolean xnx) {
        return xnx ? STAGE2_XNX : STAGE2_XN;
    }

    private static byte[][] stage1Tables() {
        byte[][] tables = new byte[8][16];
        for (int regime = 0; regime < 8; regime++) {
            for (int index = 0; index < 16; index++) {
                boolean wxn = (regime & 2) != 0;
                tables[regime][index] = (byte)
                        ((regime & 4) != 0 ? twoPrivileges(index, wxn, (regime & 1) != 0) : onePrivilege(index, wxn));
            }
        }
        return tables;
    }

    private static int twoPrivileges(int index, boolean wxn, boolean pan) {
        boolean user = (index & USER) != 0;
        boolean writable = (index & READ_ONLY) == 0;
        boolean userWrites = user && writable;
        int permissions = user ? READ : READ & PRIVILEGED;
        if (writable) {
            permissions |= user ? ANY_WRITE : ANY_WRITE & PRIVILEGED;
        }
        if ((index & NO_EXECUTE) == 0 && !(wxn && userWrites)) {
            permissions |= EXECUTE & UNPRIVILEGED;
        }
        if ((index & NO_PRIVILEGED_EXECUTE) == 0 && !userWrites && !(wxn && writable)) {
            permissions |= EXECUTE & PRIVILEGED;
        }
        if (pan && user) {
            permissions &= ~((READ | ANY_WRITE) & PRIVILEGED);
        }
        return permissions;
    }

    private static int onePrivilege(int index, boolean wxn) {
        boolean writable = (index & READ_ONLY) == 0;
        int permissions = writable ? READ | ANY_WRITE : READ;
        return (index & NO_EXECUTE) == 0 && !(wxn && writable) ? permissions | EXECUTE : permissions;
    }

    private static byte[] stage2Table(boolean xnx) {
        byte[] table = new byte[16];
        for (int index = 0; index < 16; index++) {
            int data = index & 3;
            int never = index >>> 2;
            int execute = switch (xnx ? never : never & 2) {
                case 0 -> EXECUTE;
                case 1 -> EXECUTE & UNPRIVILEGED;
                case 2 -> 0;
                default -> EXECUTE & PRIVILEGED;
            };
            table[index] = (byte) (data | data << PRIVILEGED_SHIFT | execute);
        }
        return table;
    }
}
