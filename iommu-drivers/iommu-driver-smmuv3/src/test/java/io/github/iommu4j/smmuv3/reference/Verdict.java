package io.github.iommu4j.smmuv3.reference;

import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translations;
import java.util.List;
import java.util.Map;

/**
 * What the specification demands for one access.
 *
 * @param packed the answer in the packed form of {@link Translations}; a fault is marked as recorded when a record is
 *     due and the queue can take it
 * @param event the four words of the record that is due; empty when none is
 * @param updates the words of memory that the SMMU changes, by address
 */
public record Verdict(long packed, List<Long> event, Map<Long, Long> updates) {

    /** Copies the words. */
    public Verdict {
        event = List.copyOf(event);
        updates = Map.copyOf(updates);
    }

    /** A verdict that leaves memory alone. */
    public Verdict(long packed, List<Long> event) {
        this(packed, event, Map.of());
    }

    Verdict updating(Map<Long, Long> words) {
        return new Verdict(packed, event, words);
    }

    /** An access that waits; its tag, here and in the record, is 0. */
    static Verdict stalled(int number, List<Long> event) {
        return new Verdict(Translations.recorded(Translations.stalled(number, 0)), event);
    }

    /**
     * Whether the access waits.
     *
     * @return {@code true} when it stalls
     */
    public boolean isStalled() {
        return Translations.isStalled(packed);
    }

    /**
     * The same with a tag.
     *
     * @param tag the tag a stalled access got
     * @return the verdict, unchanged when nothing stalls
     */
    public Verdict tagged(int tag) {
        return isStalled()
                ? new Verdict(
                        packed | (long) tag << 16,
                        List.of(event.get(0), event.get(1) | tag, event.get(2), event.get(3)),
                        updates)
                : this;
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
        updates.forEach((at, word) -> text.append(String.format(" [%x]=%016x", at, word)));
        return text.toString();
    }
}
