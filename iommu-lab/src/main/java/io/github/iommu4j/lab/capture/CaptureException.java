package io.github.iommu4j.lab.capture;

/**
 * A capture that cannot be read. The message is one line for a user: file, line where there is one, and the rule that
 * was broken.
 */
public final class CaptureException extends Exception {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the answer.
     *
     * @param message one line
     */
    public CaptureException(String message) {
        super(message);
    }

    /**
     * A broken rule at a line of a file.
     *
     * @param file file name
     * @param line line number, from 1
     * @param rule what the line should have been
     * @return the exception, to be thrown
     */
    static CaptureException at(String file, long line, String rule) {
        return new CaptureException(file + " line " + line + ": " + rule);
    }
}
