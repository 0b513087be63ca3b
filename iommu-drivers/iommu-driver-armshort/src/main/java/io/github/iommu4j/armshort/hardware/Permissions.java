package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.api.dma.Access;

/**
 * Who may do what: six bits, read, write and execute for unprivileged accesses (bits 0 to 2) and for privileged ones
 * (bits 3 to 5), and the rules that make them from AP, XN and PXN (Arm DDI 0406C B3.7). Immutable.
 */
final class Permissions {

    static final int ALL = 0b111_111;
    static final int EXECUTE = 0b100_100;

    /** Index bits beside AP[2:0]. */
    static final int XN = 8, PXN = 16;

    /** Everything, whatever the descriptor says. */
    static final Permissions UNCHECKED = new Permissions(index -> ALL);

    private static final int USER = 0b000_111;
    private static final int PRIVILEGED_SHIFT = 3;
    private static final int R = 1, W = 2, X = 4;

    /** What AP[2:0] gives with the access flag off: unprivileged rights, then privileged ones (B3.7.1). */
    private static final int[] FULL_USER = {0, 0, R, R | W, 0, 0, R, R};

    private static final int[] FULL_PRIVILEGED = {0, R | W, R | W, R | W, 0, R, R, R};

    private final byte[] table = new byte[32];

    private interface Rule {
        int permissions(int index);
    }

    private Permissions(Rule rule) {
        for (int index = 0; index < table.length; index++) {
            table[index] = (byte) rule.permissions(index);
        }
    }

    /**
     * The rules of a state of SCTLR.
     *
     * @param accessFlag AFE: AP[0] is no permission, AP[2:1] are the simplified model
     * @param wxn what a privilege may write it may not execute
     * @param uwxn what unprivileged accesses may write privileged ones may not execute
     */
    static Permissions of(boolean accessFlag, boolean wxn, boolean uwxn) {
        return new Permissions(index -> {
            int ap = accessFlag ? index & 6 | 1 : index & 7;
            int user = accessFlag ? FULL_USER[ap & 4 | (ap & 2) + 1] : FULL_USER[ap];
            int privileged = FULL_PRIVILEGED[ap];
            boolean never = (index & XN) != 0;
            if (!never && (user & R) != 0 && !(wxn && (user & W) != 0)) {
                user |= X;
            }
            boolean userMayWrite = (user & W) != 0;
            boolean privilegedNever = never || (index & PXN) != 0 || uwxn && userMayWrite;
            if (!privilegedNever && (privileged & R) != 0 && !(wxn && (privileged & W) != 0)) {
                privileged |= X;
            }
            return user | privileged << PRIVILEGED_SHIFT;
        });
    }

    /** The six bits of a descriptor: AP[2:0], {@link #XN} and {@link #PXN}. */
    int get(int index) {
        return table[index & table.length - 1];
    }

    /** What an access needs, of the three bits of its privilege. */
    static int needed(int access) {
        if ((access & Access.WRITE_BIT) != 0) {
            return access & (R | W);
        }
        return isInstruction(access) ? X : R;
    }

    /** The three bits of an access's privilege. */
    static int ofPrivilege(int permissions, int access) {
        return ((access & Access.PRIVILEGED_BIT) != 0 ? permissions >>> PRIVILEGED_SHIFT : permissions) & USER;
    }

    /** Only reads are instruction fetches. */
    static boolean isInstruction(int access) {
        return (access & (Access.INSTRUCTION_BIT | Access.WRITE_BIT)) == Access.INSTRUCTION_BIT;
    }
}
