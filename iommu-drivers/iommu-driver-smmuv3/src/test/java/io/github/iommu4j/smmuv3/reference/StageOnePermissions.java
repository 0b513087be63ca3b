package io.github.iommu4j.smmuv3.reference;

import static io.github.iommu4j.smmuv3.reference.Raw.bit;

/** What stage 1 grants, collected on the way down (Arm ARM D8.4, IHI 0070 §13.4.1). */
final class StageOnePermissions {

    private final boolean writeExecuteNever;
    private final boolean privilegedAccessNever;
    private final StreamWorld world;
    private final boolean ignoresTables;
    private boolean noUnprivileged;
    private boolean noWrite;
    private boolean privilegedExecuteNever;
    private boolean executeNever;

    StageOnePermissions(long[] cd, StreamWorld world, boolean ignoresTables) {
        this.writeExecuteNever = bit(cd[0], 36);
        this.privilegedAccessNever = bit(cd[0], 40) && world.hasTwoPrivileges();
        this.world = world;
        this.ignoresTables = ignoresTables;
    }

    void passTable(long raw) {
        if (ignoresTables) {
            return;
        }
        noUnprivileged |= bit(raw, 61) && world.hasTwoPrivileges();
        noWrite |= bit(raw, 62);
        privilegedExecuteNever |= bit(raw, 59) && world.hasTwoPrivileges();
        executeNever |= bit(raw, 60);
    }

    /** Bit 0 read, bit 1 write, bit 2 execute, for one privilege. */
    int of(long raw, boolean privileged) {
        boolean writable = !bit(raw, 7) && !noWrite;
        boolean xn = executeNever || bit(raw, 54);
        if (!world.hasTwoPrivileges()) {
            return Leaf.permissions(true, writable, !xn && !(writeExecuteNever && writable));
        }
        boolean user = bit(raw, 6) && !noUnprivileged;
        boolean userWritable = user && writable;
        if (!privileged) {
            return Leaf.permissions(user, userWritable, !xn && !(writeExecuteNever && userWritable));
        }
        boolean pxn = privilegedExecuteNever || bit(raw, 53);
        boolean executable = !pxn && !userWritable && !(writeExecuteNever && writable);
        boolean data = !(privilegedAccessNever && user);
        return Leaf.permissions(data, data && writable, executable);
    }
}
