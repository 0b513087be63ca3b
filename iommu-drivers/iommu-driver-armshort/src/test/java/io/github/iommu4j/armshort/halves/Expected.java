package io.github.iommu4j.armshort.halves;

import org.jspecify.annotations.Nullable;

/**
 * What a table must give for an address.
 *
 * @param iova the address
 * @param pa where it goes; 0 for nowhere (or to 0)
 * @param prot the kernel's protection bits it was mapped with, or {@code null} when that is not known
 */
record Expected(long iova, long pa, @Nullable Integer prot) {

    static final int WRITE = 2, CACHE = 4, NOEXEC = 8, MMIO = 16, PRIV = 32;

    boolean has(int bit) {
        return prot != null && (prot & bit) != 0;
    }

    /** The rights of a privilege, as "rwx" with dashes; reading is never refused. */
    String rights(boolean privileged) {
        if (has(PRIV) && !privileged) {
            return "---";
        }
        return "r" + (has(WRITE) ? 'w' : '-') + (has(NOEXEC) ? '-' : 'x');
    }

    /** The memory type as a MAIR byte. */
    int type() {
        return has(MMIO) ? 0x04 : has(CACHE) ? 0xFF : 0x44;
    }
}
