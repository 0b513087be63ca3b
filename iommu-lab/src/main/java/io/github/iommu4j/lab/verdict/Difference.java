package io.github.iommu4j.lab.verdict;

/**
 * A line that our model does not confirm.
 *
 * @param file the table
 * @param line line number, from 1
 * @param access the access, for a reader
 * @param what what differs
 * @param expected what the line says
 * @param actual what our model did
 */
public record Difference(String file, long line, String access, String what, String expected, String actual) {

    @Override
    public String toString() {
        return file + " line " + line + ": " + access + ": " + what + " is " + actual + ", expected " + expected;
    }
}
