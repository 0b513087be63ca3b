package io.github.iommu4j.tipat.layout;

import java.util.Optional;

/** The page sizes of a PAT; the ordinal is the value of {@link PatFields.Control#PAGE_SIZE}. */
public enum PatPageSize {
    /** 4 KiB. */
    SIZE_4K(12),
    /** 16 KiB. */
    SIZE_16K(14),
    /** 64 KiB. */
    SIZE_64K(16),
    /** 1 MiB. */
    SIZE_1M(20);

    private final int lg2;

    PatPageSize(int lg2) {
        this.lg2 = lg2;
    }

    /**
     * The value of CONTROL.PAGE_SIZE.
     *
     * @return 0 to 3
     */
    public int code() {
        return ordinal();
    }

    /**
     * How large a page is.
     *
     * @return log2 of bytes
     */
    public int lg2() {
        return lg2;
    }

    /**
     * How large a page is.
     *
     * @return bytes
     */
    public long bytes() {
        return 1L << lg2;
    }

    /**
     * The page size of so many bytes.
     *
     * @param lg2 log2 of bytes
     * @return the size; empty when a PAT has none such
     */
    public static Optional<PatPageSize> ofLg2(int lg2) {
        for (PatPageSize size : values()) {
            if (size.lg2 == lg2) {
                return Optional.of(size);
            }
        }
        return Optional.empty();
    }
}
