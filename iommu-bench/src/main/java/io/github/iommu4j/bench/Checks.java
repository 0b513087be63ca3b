package io.github.iommu4j.bench;

import io.github.iommu4j.api.dma.Translations;

/** Refuses to measure something that does not work. */
final class Checks {

    private Checks() {}

    static void requireOk(long packed) {
        if (!Translations.isOk(packed)) {
            throw new IllegalStateException("fault 0x" + Integer.toHexString(Translations.faultCode(packed)));
        }
    }

    static void requireSame(long packed, long pa) {
        requireOk(packed);
        if (Translations.pa(packed) != pa) {
            throw new IllegalStateException(
                    Long.toHexString(Translations.pa(packed)) + " is not " + Long.toHexString(pa));
        }
    }
}
