package io.github.iommu4j.vtd.hardware;

/** Primary fault logging as the specification tells it, step by step, for as many records as {@link Units#FULL} has. */
final class NaiveFaults {

    final boolean[] full = new boolean[8];
    final int[] sid = new int[8];
    final int[] reason = new int[8];
    boolean overflow;
    int first;
    int next;
    boolean interruptPending;

    private boolean any() {
        for (boolean one : full) {
            if (one) {
                return true;
            }
        }
        return false;
    }

    boolean report(int why, int who) {
        if (overflow) {
            return false;
        }
        for (int i = 0; i < 8; i++) {
            if (full[i] && sid[i] == who) {
                return false;
            }
        }
        if (full[next]) {
            overflow = true;
            return false;
        }
        if (!any()) {
            first = next;
            interruptPending = true;
        }
        full[next] = true;
        sid[next] = who;
        reason[next] = why;
        next = next == 7 ? 0 : next + 1;
        return true;
    }

    void free(int i) {
        full[i] = false;
        settle();
    }

    void clearOverflow() {
        overflow = false;
        settle();
    }

    private void settle() {
        if (!any() && !overflow) {
            interruptPending = false;
        }
    }

    long status() {
        return (overflow ? 1 : 0) | (any() ? 2 | first << 8 : 0);
    }
}
