package io.github.iommu4j.lab.capture;

/**
 * What somebody says about an access: translated, or a fault by its event's name. Immutable.
 *
 * @param kind which of the two
 * @param fault the event's name, such as {@code F_TRANSLATION}; {@link #SILENT} for an abort without a record; empty
 *     when translated
 */
public record Expectation(Kind kind, String fault) {

    /** The name the captures use for an abort that leaves no record. */
    public static final String SILENT = "ABORT_SILENT";

    /** Translated. */
    public static final Expectation OK = new Expectation(Kind.OK, "");

    /** Nobody said anything. */
    public static final Expectation NONE = new Expectation(Kind.NONE, "");

    /** The answers. */
    public enum Kind {
        /** The access was translated, perhaps to itself. */
        OK,
        /** The access was refused. */
        FAULT,
        /** Not known; no observation equals it. */
        NONE
    }

    /**
     * A refusal.
     *
     * @param name the event's name
     * @return the expectation
     */
    public static Expectation fault(String name) {
        return new Expectation(Kind.FAULT, name);
    }

    @Override
    public String toString() {
        return kind == Kind.FAULT ? "FAULT:" + fault : kind.name();
    }
}
