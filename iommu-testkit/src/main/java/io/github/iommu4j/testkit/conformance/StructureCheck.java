package io.github.iommu4j.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Prot;
import io.github.iommu4j.core.memory.ArenaAllocator.Piece;
import io.github.iommu4j.core.pagetable.LeafLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Looks at every descriptor of a table, and compares with what should be there, what is allocated, and what is shown. */
final class StructureCheck {

    private final TableRig rig;
    private final DescriptorWalk shape;
    private final Map<Long, Long> reached = new TreeMap<>();
    private final PlainTranslations found = new PlainTranslations();
    private final List<Shown> leaves = new ArrayList<>();

    /** One descriptor that translates. */
    private record Shown(long iova, long span, long descriptor, long pa) {}

    StructureCheck(TableRig rig) {
        this.rig = rig;
        this.shape = rig.shape;
    }

    void run() {
        visit(rig.table.root(), shape.firstIova(), shape.top());
        Map<Long, Long> live = new TreeMap<>();
        for (Piece piece : rig.arena.live()) {
            live.put(piece.address(), piece.size());
        }
        assertThat(reached)
                .as("tables that are pointed to, against those allocated")
                .isEqualTo(live);
        assertThat(found.runs()).as("leaves, against what was mapped").isEqualTo(withoutProt(rig.expected));
        List<Shown> shown = new ArrayList<>();
        rig.table.forEachLeaf((iova, span, descriptor, pa) -> shown.add(new Shown(iova, span, descriptor, pa)));
        assertThat(shown).as("leaves that are shown").isEqualTo(leaves);
    }

    private static List<PlainTranslations.Run> withoutProt(PlainTranslations translations) {
        PlainTranslations plain = new PlainTranslations();
        translations.runs().forEach(run -> plain.put(run.first(), run.last() - run.first() + 1, run.pa(), Prot.NONE));
        return plain.runs();
    }

    private void visit(long table, long iova, int level) {
        assertThat(reached.put(table, shape.level(level).allocation()))
                .as("table 0x%x is pointed to twice", table)
                .isNull();
        long span = 1L << shape.spanLg2(level);
        for (long i = 0; i < shape.entries(level); i++) {
            long at = iova + i * span;
            DescriptorWalk.Stop stop = shape.at(rig.memory, table, at, level);
            LeafLayout leaf = stop.leaf();
            if (stop.isTable()) {
                visit(rig.format.tableAddress().read(stop.raw()), at, level - 1);
            } else if (leaf != null) {
                long pa = DescriptorWalk.output(leaf, stop.raw(), at);
                leaves.add(new Shown(at, span, stop.raw(), pa));
                found.put(at, span, pa, Prot.NONE);
            } else {
                assertThat(stop.raw())
                        .as("what is neither table nor leaf at 0x%x", at)
                        .isZero();
            }
        }
    }
}
