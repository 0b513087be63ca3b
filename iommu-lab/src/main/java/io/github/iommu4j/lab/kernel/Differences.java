package io.github.iommu4j.lab.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Collects what differs in one row. Confined to one thread. */
final class Differences {

    private final String file;
    private final int row;
    private final String operation;
    private final List<Mismatch> found = new ArrayList<>();

    Differences(String file, int row, String operation) {
        this.file = file;
        this.row = row;
        this.operation = operation;
    }

    void compare(String what, @Nullable Object expected, @Nullable Object actual) {
        if (!Objects.equals(expected, actual)) {
            found.add(new Mismatch(file, row, operation, what, String.valueOf(expected), String.valueOf(actual)));
        }
    }

    List<Mismatch> list() {
        return found;
    }
}
