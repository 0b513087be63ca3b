package io.github.iommu4j.smmuv3.hardware;

/** Which stalled accesses get an event record (IHI 0070 §3.12 leaves it open). */
public enum StallRecording {
    /** Every one. */
    EVERY,
    /**
     * Not one that asks for what another asks that waits already: the same stream, substream, 4 KiB page, privilege, kind and
     * direction. It has a tag, which software does not learn; when the first is resumed or aborted by CMD_RESUME it is told to
     * try again, and CMD_STALL_TERM and SMMUEN=0 abort it as every other.
     */
    FIRST_OF_A_PAGE
}
