package io.github.iommu4j.lab.vector;

import io.github.iommu4j.lab.oracle.JsonView;
import java.util.List;

/**
 * A member of a line.
 *
 * @param name its name
 * @param kind what its value is
 * @param limit the largest number allowed, unsigned; without meaning for other kinds
 * @param words the words allowed; empty for any
 * @param presence whether a line may be without it
 */
public record Member(String name, Kind kind, long limit, List<String> words, Presence presence) {

    /** What a value is. */
    public enum Kind {
        /** An unsigned number of 64 bits, written {@code "0x..."}: a {@link Long}. */
        NUMBER,
        /** A word: a {@link String}. */
        WORD,
        /** A number or a word: whichever it is. */
        NUMBER_OR_WORD,
        /** {@code true} or {@code false}: a {@link Boolean}. */
        FLAG
    }

    /** Whether a line may be without a member. */
    public enum Presence {
        /** It may not. */
        REQUIRED,
        /** It may. */
        OPTIONAL
    }

    private static final String HEXADECIMAL = "0x";
    private static final long NO_LIMIT = -1;

    /** Copies the list. */
    public Member {
        words = List.copyOf(words);
    }

    private static Member of(String name, Kind kind) {
        return new Member(name, kind, NO_LIMIT, List.of(), Presence.REQUIRED);
    }

    /**
     * A number.
     *
     * @param name its name
     * @return the member
     */
    public static Member number(String name) {
        return of(name, Kind.NUMBER);
    }

    /**
     * A number with a limit.
     *
     * @param name its name
     * @param limit the largest allowed, unsigned
     * @return the member
     */
    public static Member number(String name, long limit) {
        return new Member(name, Kind.NUMBER, limit, List.of(), Presence.REQUIRED);
    }

    /**
     * A word.
     *
     * @param name its name
     * @param words the words allowed; none for any
     * @return the member
     */
    public static Member word(String name, String... words) {
        return new Member(name, Kind.WORD, NO_LIMIT, List.of(words), Presence.REQUIRED);
    }

    /**
     * A number or a word.
     *
     * @param name its name
     * @return the member
     */
    public static Member numberOrWord(String name) {
        return of(name, Kind.NUMBER_OR_WORD);
    }

    /**
     * A truth value.
     *
     * @param name its name
     * @return the member
     */
    public static Member flag(String name) {
        return of(name, Kind.FLAG);
    }

    /**
     * The same, but a line may be without it.
     *
     * @return the member
     */
    public Member optional() {
        return new Member(name, kind, limit, words, Presence.OPTIONAL);
    }

    /** Whether it is to be read from a line. */
    boolean isToBeRead(JsonView line) {
        return presence == Presence.REQUIRED || line.has(name);
    }

    /** Reads the value. */
    Object read(JsonView line) {
        JsonView view = line.get(name);
        return switch (kind) {
            case NUMBER -> bounded(view, limit);
            case WORD -> word(view);
            case NUMBER_OR_WORD -> view.text().startsWith(HEXADECIMAL) ? (Object) view.hex() : view.text();
            case FLAG -> view.flag();
        };
    }

    private String word(JsonView view) {
        String text = view.text();
        if (!words.isEmpty() && !words.contains(text)) {
            throw view.wrong("one of " + words + ", not '" + text + "'");
        }
        return text;
    }

    /** A number that is not above a limit. */
    static long bounded(JsonView view, long limit) {
        long number = view.hex();
        if (Long.compareUnsigned(number, limit) > 0) {
            throw view.wrong("at most 0x" + Long.toHexString(limit));
        }
        return number;
    }
}
