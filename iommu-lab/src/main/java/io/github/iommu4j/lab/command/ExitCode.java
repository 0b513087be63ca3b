package io.github.iommu4j.lab.command;

/** The exit codes outside checks rely on. */
final class ExitCode {

    /** Everything agrees, or the question was answered. */
    static final int AGREEMENT = 0;
    /** Something differs. */
    static final int DIFFERENCE = 1;
    /** The input is bad; one line on the error output says why. */
    static final int BAD_INPUT = 2;

    private ExitCode() {}
}
