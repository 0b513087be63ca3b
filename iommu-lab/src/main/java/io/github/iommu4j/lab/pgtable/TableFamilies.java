package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.lab.vector.Dialect;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The families of formats there is a model of. */
final class TableFamilies {

    private static final List<TableFamily> ALL =
            List.of(new LpaeFamily(), new ShortDescriptorFamily(), new VtdFamily());

    private TableFamilies() {}

    /** The family of a format; the reader has refused others. */
    static TableFamily of(String format) {
        TableFamily family = find(format);
        if (family == null) {
            throw new AssertionError("no family has the format " + format);
        }
        return family;
    }

    /** How the lines of a format look; {@code null} when there is no model of it. */
    static @Nullable Dialect dialectOf(String format) {
        TableFamily family = find(format);
        return family == null ? null : family.dialect();
    }

    private static @Nullable TableFamily find(String format) {
        return ALL.stream()
                .filter(family -> family.formats().contains(format))
                .findFirst()
                .orElse(null);
    }
}
