package com.example.tiny;

/** Mistakes this driver can be built with, to see whether the kit finds them. */
public enum Fault {
    NONE,
    /** Unmapping does not invalidate. */
    MISSING_SYNC,
    /** Mapping over a mapping is refused with another errno. */
    WRONG_ERRNO,
    /** Freeing a domain keeps its leaf tables. */
    LEAKED_TABLE,
    /** Two locks are taken in both orders. */
    LOCK_ORDER,
    /** A device that leaves keeps what probing it took. */
    FORGOTTEN_RELEASE
}
