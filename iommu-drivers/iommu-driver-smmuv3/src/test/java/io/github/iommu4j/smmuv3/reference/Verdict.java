package io.github.iommu4j.smmuv3.reference;

import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translations;
import java.util.List;

/**
 * What the specification demands for one access.
 *
 * @param packed the answer in the packed form of {@link Translations}; a fault is marked as recorded when a record is
 *     due and the queue can take it
 * @param event the four words of the record that is due; empty when none is
 */
public record Verdict(long packed, List<Long> event) {

    /** Copies the words. */
    public Verdict {
        event = List.copyOf(event);
    }

    static Verdict ok(long pa, int sizeLg2, int permissions) {
        return new Verdict(Translations.ok(pa, sizeLg2, permissions), List.of());
    }

    static Verdict silent(int number, FaultResponse response) {
        return new Verdict(Translations.fault(number, response), List.of());
    }

    static Verdict recorded(int number, FaultResponse response, List<Long> event) {
        return new Verdict(Translations.recorded(Translations.fault(number, response)), event);
    }

    /**
     * Whether the access goes through.
     *
     * @return {@code true} when translated
     */
    public boolean isOk() {
        return Translations.isOk(packed);
    }

    /**
     * The event number of a fault.
     *
     * @return the number, 0 for a silent abort and for a translated access
     */
    public int code() {
        return isOk() ? 0 : Translations.faultCode(packed);
    }

    @Override
    public String toString() {
        if (isOk()) {
            return String.format(
                    "ok pa=0x%x size=2^%d perm=%d",
                    Translations.pa(packed), Translations.sizeLg2(packed), Translations.permissions(packed));
        }
        StringBuilder text = new StringBuilder(String.format("fault 0x%02x %s", code(), Translations.response(packed)));
        for (long word : event) {
            text.append(String.format(" %016x", word));
        }
        return text.toString();
    }
}
