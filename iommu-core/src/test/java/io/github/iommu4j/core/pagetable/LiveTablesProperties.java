package io.github.iommu4j.core.pagetable;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.core.lock.PlainLocking;
import java.util.List;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** The open-addressed set against one of the library's. */
class LiveTablesProperties {

    @Property(tries = 300)
    void itHoldsWhatASetHolds(@ForAll @Size(max = 400) List<@IntRange(max = 1023) Integer> choices) {
        LiveTables tables = new LiveTables(new PlainLocking());
        TreeSet<Long> twin = new TreeSet<>();
        for (int choice : choices) {
            long table = (choice >>> 2 & 0x7FL) << 12;
            int level = choice & 3;
            long key = table | level + 1;
            if (choice >= 512 || twin.contains(key)) {
                assertThat(tables.remove(table, level)).isEqualTo(twin.remove(key));
            } else {
                tables.add(table, level);
                twin.add(key);
            }
            assertThat(tables.sorted())
                    .containsExactly(twin.stream().mapToLong(Long::longValue).toArray());
        }
    }

    @Property(tries = 100)
    void aKeyHoldsTableAndLevel(@ForAll @IntRange(max = 1 << 20) int table, @ForAll @IntRange(max = 14) int level) {
        LiveTables tables = new LiveTables(new PlainLocking());
        tables.add((long) table << 6, level);
        assertThat(LiveTables.table(tables.sorted()[0])).isEqualTo((long) table << 6);
        assertThat(LiveTables.level(tables.sorted()[0])).isEqualTo(level);
    }
}
