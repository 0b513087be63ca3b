package io.github.iommu4j.lab.pgtable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Translations as plain runs of addresses, without tables: what a page table must agree with. Confined to one thread. */
final class FlatTable {

    /**
     * Neighbouring input addresses that go to neighbouring output addresses.
     *
     * @param first first input address
     * @param last last input address, inclusive
     * @param pa where {@code first} goes
     */
    record Run(long first, long last, long pa) {

        long pa(long iova) {
            return pa + (iova - first);
        }

        boolean continues(Run before) {
            return before.last + 1 == first && before.pa(first) == pa;
        }
    }

    private final TreeMap<Long, Run> runs = new TreeMap<>(Long::compareUnsigned);

    /** Where an address goes; {@code null} for nowhere. */
    @Nullable
    Long pa(long iova) {
        Map.Entry<Long, Run> below = runs.floorEntry(iova);
        return below == null || Long.compareUnsigned(below.getValue().last, iova) < 0
                ? null
                : (Long) below.getValue().pa(iova);
    }

    /** Whether any address of a range goes somewhere. The range must not be empty nor pass the last address. */
    boolean isAnyMapped(long iova, long size) {
        Map.Entry<Long, Run> below = runs.floorEntry(iova + size - 1);
        return below != null && Long.compareUnsigned(below.getValue().last, iova) >= 0;
    }

    /** Lets a range go to another, whatever was there. */
    void put(long iova, long size, long pa) {
        if (size != 0) {
            remove(iova, size);
            runs.put(iova, new Run(iova, iova + size - 1, pa));
        }
    }

    /** Lets a range go nowhere. */
    void remove(long iova, long size) {
        if (size == 0) {
            return;
        }
        long last = iova + size - 1;
        Map.Entry<Long, Run> entry = runs.floorEntry(last);
        while (entry != null && Long.compareUnsigned(entry.getValue().last, iova) >= 0) {
            Run run = entry.getValue();
            runs.remove(run.first);
            if (Long.compareUnsigned(run.first, iova) < 0) {
                runs.put(run.first, new Run(run.first, iova - 1, run.pa));
            }
            if (Long.compareUnsigned(run.last, last) > 0) {
                runs.put(last + 1, new Run(last + 1, run.last, run.pa(last + 1)));
            }
            entry = runs.floorEntry(last);
        }
    }

    /** What a range goes to, alone. */
    FlatTable part(long iova, long size) {
        FlatTable part = new FlatTable();
        part.runs.putAll(runs);
        part.remove(0, iova);
        long end = iova + size;
        part.remove(end, -end);
        if (size == 0) {
            part.runs.clear();
        }
        return part;
    }

    /** Everything, in the fewest runs, ascending. */
    List<Run> runs() {
        List<Run> joined = new ArrayList<>();
        for (Run run : runs.values()) {
            Run before = joined.isEmpty() ? null : joined.get(joined.size() - 1);
            if (before != null && run.continues(before)) {
                joined.set(joined.size() - 1, new Run(before.first, run.last, before.pa));
            } else {
                joined.add(run);
            }
        }
        return joined;
    }
}
