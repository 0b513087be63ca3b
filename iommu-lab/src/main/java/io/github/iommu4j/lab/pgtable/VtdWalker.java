package io.github.iommu4j.lab.pgtable;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.dma.Explanation.Fetch;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.core.pagetable.intel.IntelStage;
import io.github.iommu4j.core.pagetable.intel.IntelTableConfig;
import io.github.iommu4j.lab.vector.Members;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a table as Intel VT-d §3.6 and §3.7 say, apart from the engine, and tells every read. Levels are counted as the
 * specification does: 1 is the page table.
 */
final class VtdWalker {

    private static final BitField R_OR_P = bit(0);
    private static final BitField W = bit(1);
    private static final BitField PS = bit(7);
    private static final BitField ADDRESS = bits(51, 12);
    private static final int LAST_LARGE_LEVEL = 3;

    private static final DecodedFields SECOND_STAGE =
            new DecodedFields().with("R", R_OR_P).with("W", W).with("PS", PS).with("SNP", bit(11));
    private static final DecodedFields FIRST_STAGE = new DecodedFields()
            .with("P", R_OR_P)
            .with("R/W", W)
            .with("U/S", bit(2))
            .with("A", bit(5))
            .with("D", bit(6))
            .with("PS", PS)
            .with("XD", bit(63));

    private final TableMachine machine;
    private final long root;
    private final IntelTableConfig config;

    VtdWalker(TableMachine machine, long root, IntelTableConfig config) {
        this.machine = machine;
        this.root = root;
        this.config = config;
    }

    private boolean isPresent(long raw) {
        return R_OR_P.isSet(raw) || config.stage() == IntelStage.SECOND && W.isSet(raw);
    }

    private DecodedFields fields() {
        return config.stage() == IntelStage.SECOND ? SECOND_STAGE : FIRST_STAGE;
    }

    TableWalk walk(long iova) {
        List<Fetch> fetches = new ArrayList<>();
        if (iova >>> config.width() != 0) {
            return new TableWalk(
                    iova,
                    fetches,
                    null,
                    "no translation: the table is for the lowest 2^" + config.width() + " addresses");
        }
        long table = root;
        for (int level = config.levels(); ; level--) {
            int low = 12 + 9 * (level - 1);
            long address = table + bits(low + 8, low).get(iova) * Long.BYTES;
            long raw = machine.load(address);
            boolean isLeaf = level == 1 || level <= LAST_LARGE_LEVEL && PS.isSet(raw);
            if (!isPresent(raw)) {
                fetches.add(fetch(level, address, raw, "not present"));
                return new TableWalk(iova, fetches, null, "no translation: not present at level " + level);
            }
            if (isLeaf) {
                long size = 1L << low;
                long pa = ADDRESS.inPlace(raw) & -size;
                fetches.add(
                        fetch(level, address, raw, "page of " + Members.text(size) + " bytes at " + Members.text(pa)));
                return new TableWalk(iova, fetches, pa | iova & size - 1, "translated at level " + level);
            }
            table = ADDRESS.inPlace(raw);
            fetches.add(fetch(level, address, raw, "table at " + Members.text(table)));
        }
    }

    private Fetch fetch(int level, long address, long raw, String decision) {
        return new Fetch("L" + level, "", address, List.of(raw), fields().of(raw), decision);
    }
}
