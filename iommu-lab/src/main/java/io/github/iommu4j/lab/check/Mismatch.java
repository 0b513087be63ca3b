package io.github.iommu4j.lab.check;

/**
 * Where our answer and the recorded one differ.
 *
 * @param file the machine or the sequence
 * @param row the row of the sequence, -1 for its first state; in a machine, the place among its checks
 * @param operation what was done
 * @param what which part of the answer differs
 * @param expected the recorded value
 * @param actual ours
 */
public record Mismatch(String file, int row, String operation, String what, String expected, String actual) {

    @Override
    public String toString() {
        return file + ":" + row + " " + operation + ": " + what + ": expected " + expected + ", is " + actual;
    }
}
