package io.github.iommu4j.lab.verdict;

import java.util.List;
import java.util.Map;

/**
 * What a replay found.
 *
 * @param scenario the capture's name
 * @param streams how many streams were used
 * @param translations {@code qemu_translations.csv}
 * @param probes {@code probe.csv}
 * @param unmapped {@code walker_unmapped.csv}
 * @param events {@code events.csv}
 * @param deviations where the reference departs from the specification, with the number of lines
 * @param differences where our model confirms neither
 * @param faults the refusals our model gave, by the event's name, with their number, sorted
 * @param speed how fast the model translated
 */
public record ReplayResult(
        String scenario,
        int streams,
        Tally translations,
        Tally probes,
        Tally unmapped,
        Tally events,
        Map<Departure, Integer> deviations,
        List<Difference> differences,
        Map<String, Integer> faults,
        Speed speed) {

    /**
     * How fast the model translated, from a cold start.
     *
     * @param translations number of translations
     * @param nanos nanoseconds they took together
     */
    public record Speed(long translations, long nanos) {

        /**
         * The rate.
         *
         * @return translations per second
         */
        public long perSecond() {
            return nanos == 0 ? 0 : Math.round(translations * 1e9 / nanos);
        }
    }

    /**
     * All tables together.
     *
     * @return the sum
     */
    public Tally total() {
        return translations.plus(probes).plus(unmapped).plus(events);
    }

    /**
     * Whether nothing differs.
     *
     * @return whether every line agrees or was skipped with a reason
     */
    public boolean agrees() {
        return differences.isEmpty();
    }
}
