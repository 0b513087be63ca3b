package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.dma.InvalidateRequest;
import java.util.Locale;

/**
 * A device used a translation that it had said to have dropped. Immutable.
 *
 * @param iova the address it accessed
 * @param pa where the stale translation led
 * @param dropped the invalidation that the device had completed before
 */
public record StaleHit(long iova, long pa, InvalidateRequest dropped) {

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "0x%x was translated to 0x%x after %s had completed", iova, pa, dropped);
    }
}
