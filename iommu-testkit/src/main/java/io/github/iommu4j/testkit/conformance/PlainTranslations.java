package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.api.Prot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Translations as plain runs of addresses, without tables: what a page table must agree with. Confined to one thread. */
public final class PlainTranslations {

    /**
     * Neighbouring input addresses that go to neighbouring output addresses.
     *
     * @param first first input address
     * @param last last input address, inclusive
     * @param pa where {@code first} goes
     * @param prot what is allowed
     */
    public record Run(long first, long last, long pa, Prot prot) {

        /**
         * Where an address of the run goes.
         *
         * @param iova the address
         * @return the output address
         */
        public long pa(long iova) {
            return pa + (iova - first);
        }

        private boolean continues(Run before) {
            return before.last + 1 == first && before.pa(first) == pa && before.prot.equals(prot);
        }

        @Override
        public String toString() {
            return String.format("0x%x..0x%x to 0x%x", first, last, pa);
        }
    }

    private final TreeMap<Long, Run> runs = new TreeMap<>(Long::compareUnsigned);

    /** No translations. */
    public PlainTranslations() {}

    /**
     * The run an address is in.
     *
     * @param iova the address
     * @return the run; {@code null} for none
     */
    public @Nullable Run run(long iova) {
        Map.Entry<Long, Run> below = runs.floorEntry(iova);
        return below == null || Long.compareUnsigned(below.getValue().last, iova) < 0 ? null : below.getValue();
    }

    /**
     * Where an address goes.
     *
     * @param iova the address
     * @return the output address; {@code null} for none
     */
    public @Nullable Long pa(long iova) {
        Run run = run(iova);
        return run == null ? null : (Long) run.pa(iova);
    }

    /**
     * Whether any address of a range goes somewhere.
     *
     * @param iova first address
     * @param size bytes, at least 1; the range must not pass the last address
     * @return {@code true} when one does
     */
    public boolean isAnyMapped(long iova, long size) {
        Map.Entry<Long, Run> below = runs.floorEntry(iova + size - 1);
        return below != null && Long.compareUnsigned(below.getValue().last, iova) >= 0;
    }

    /**
     * Lets a range go to another, whatever was there.
     *
     * @param iova first address
     * @param size bytes; nothing happens for 0
     * @param pa where it goes
     * @param prot what is allowed
     */
    public void put(long iova, long size, long pa, Prot prot) {
        if (size != 0) {
            remove(iova, size);
            runs.put(iova, new Run(iova, iova + size - 1, pa, prot));
        }
    }

    /**
     * Lets a range go nowhere.
     *
     * @param iova first address
     * @param size bytes; nothing happens for 0
     */
    public void remove(long iova, long size) {
        if (size == 0) {
            return;
        }
        long last = iova + size - 1;
        Map.Entry<Long, Run> entry = runs.floorEntry(last);
        while (entry != null && Long.compareUnsigned(entry.getValue().last, iova) >= 0) {
            Run run = entry.getValue();
            runs.remove(run.first);
            if (Long.compareUnsigned(run.first, iova) < 0) {
                runs.put(run.first, new Run(run.first, iova - 1, run.pa, run.prot));
            }
            if (Long.compareUnsigned(run.last, last) > 0) {
                runs.put(last + 1, new Run(last + 1, run.last, run.pa(last + 1), run.prot));
            }
            entry = runs.floorEntry(last);
        }
    }

    /** Lets everything go nowhere. */
    public void clear() {
        runs.clear();
    }

    /**
     * What a range goes to, alone.
     *
     * @param iova first address
     * @param size bytes
     * @return a copy without the rest
     */
    public PlainTranslations part(long iova, long size) {
        PlainTranslations part = new PlainTranslations();
        if (size != 0) {
            part.runs.putAll(runs);
            part.remove(0, iova);
            part.remove(iova + size, -(iova + size));
        }
        return part;
    }

    /**
     * Everything, in the fewest runs.
     *
     * @return ascending by input address
     */
    public List<Run> runs() {
        List<Run> joined = new ArrayList<>();
        for (Run run : runs.values()) {
            Run before = joined.isEmpty() ? null : joined.get(joined.size() - 1);
            if (before != null && run.continues(before)) {
                joined.set(joined.size() - 1, new Run(before.first, run.last, before.pa, run.prot));
            } else {
                joined.add(run);
            }
        }
        return joined;
    }
}
