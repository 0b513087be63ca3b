package io.github.iommu4j.lab.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Collects what differs in one row. Confined to one thread. */
public final class Differences {

    private final String file;
    private final int row;
    private final String operation;
    private final List<Mismatch> found = new ArrayList<>();

    /**
     * Nothing found yet.
     *
     * @param file the machine or the sequence's file
     * @param row the row
     * @param operation what was done
     */
    public Differences(String file, int row, String operation) {
        this.file = file;
        this.row = row;
        this.operation = operation;
    }

    /**
     * Notes a difference unless two values are equal.
     *
     * @param what which part of the answer this is
     * @param expected the recorded value
     * @param actual ours
     */
    public void compare(String what, @Nullable Object expected, @Nullable Object actual) {
        if (!Objects.equals(expected, actual)) {
            found.add(new Mismatch(file, row, operation, what, String.valueOf(expected), String.valueOf(actual)));
        }
    }

    /**
     * What differs.
     *
     * @return in the order it was compared
     */
    public List<Mismatch> list() {
        return found;
    }
}
