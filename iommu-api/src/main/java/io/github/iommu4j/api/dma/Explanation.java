package io.github.iommu4j.api.dma;

import java.util.List;

/**
 * One translation told as the ordered list of everything the unit reads from memory for it, cold. Immutable.
 *
 * @param request the access explained
 * @param fetches every structure and descriptor read, in order
 * @param result the answer; a fault is marked as recorded when the unit would write its record now
 * @param event the event record that belongs to the fault, as 64-bit little-endian words; empty when there is none
 * @param conclusion one line that says what decided the result, with the specification's section
 */
public record Explanation(
        DmaRequest request, List<Fetch> fetches, Translation result, List<Long> event, String conclusion) {

    /** Copies the lists. */
    public Explanation {
        fetches = List.copyOf(fetches);
        event = List.copyOf(event);
    }

    /**
     * One read of memory.
     *
     * @param role what was read: {@code L1STD}, {@code STE}, {@code L1CD}, {@code CD}, {@code S1 L0} to {@code S1 L3},
     *     {@code S2 L0} to {@code S2 L3}, or another architecture's names
     * @param purpose what the read serves, such as {@code "IPA 0x30001000 of CD"} for a stage-2 descriptor; empty when
     *     the role says it all
     * @param address physical byte address of the first word
     * @param raw the words read, little-endian, in order; empty when the bus did not answer
     * @param fields the fields that matter, by the specification's names
     * @param decision what the unit concluded
     */
    public record Fetch(
            String role, String purpose, long address, List<Long> raw, List<Field> fields, String decision) {

        /** Copies the lists. */
        public Fetch {
            raw = List.copyOf(raw);
            fields = List.copyOf(fields);
        }
    }

    /**
     * A decoded field.
     *
     * @param name the specification's name
     * @param value printable value: hexadecimal with 0x for addresses and raw bits, words for encodings
     */
    public record Field(String name, String value) {}

    /**
     * The explanation as text, one line a fetch.
     *
     * @return lines separated by {@code \n}, ending with one
     */
    public String toText() {
        StringBuilder text = new StringBuilder(256 + 128 * fetches.size());
        text.append(String.format("stream 0x%x", request.streamId()));
        if (request.hasSubstream()) {
            text.append(String.format(" substream 0x%x", request.substreamId()));
        }
        text.append(
                String.format(" %s 0x%x%n", request.access(), request.iova()).replace("\r\n", "\n"));
        int number = 0;
        for (Fetch fetch : fetches) {
            number++;
            text.append(String.format("%3d  %-6s 0x%012x ", number, fetch.role(), fetch.address()));
            appendRaw(text, fetch.raw());
            if (!fetch.purpose().isEmpty()) {
                text.append("  [").append(fetch.purpose()).append(']');
            }
            for (Field field : fetch.fields()) {
                text.append(' ').append(field.name()).append('=').append(field.value());
            }
            text.append("  -> ").append(fetch.decision()).append('\n');
        }
        text.append("  => ").append(result).append("  ").append(conclusion).append('\n');
        if (!event.isEmpty()) {
            text.append("  event record:");
            appendRaw(text, event);
            text.append('\n');
        }
        return text.toString();
    }

    private static void appendRaw(StringBuilder text, List<Long> words) {
        if (words.isEmpty()) {
            text.append(" (bus error)");
        }
        for (long word : words) {
            text.append(String.format(" %016x", word));
        }
    }
}
