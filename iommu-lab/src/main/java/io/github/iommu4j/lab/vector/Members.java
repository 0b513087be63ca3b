package io.github.iommu4j.lab.vector;

import io.github.iommu4j.lab.oracle.JsonView;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Values by name: {@link Long} for a number, {@link Boolean} for a truth value, {@link String} for a word. Immutable.
 *
 * @param values the values, in their order
 */
public record Members(Map<String, Object> values) {

    /** None. */
    public static final Members NONE = new Members(Map.of());

    /** Copies the map, in its order. */
    public Members {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** Reads what is declared. */
    static Members read(JsonView object, List<Member> declared) {
        Map<String, Object> values = new LinkedHashMap<>();
        declared.stream()
                .filter(member -> member.isToBeRead(object))
                .forEach(member -> values.put(member.name(), member.read(object)));
        return new Members(values);
    }

    /**
     * A number.
     *
     * @param name its name, declared as a number
     * @return unsigned
     */
    public long number(String name) {
        return (Long) value(name);
    }

    /**
     * A word.
     *
     * @param name its name, declared as a word
     * @return the word
     */
    public String word(String name) {
        return (String) value(name);
    }

    /**
     * A truth value.
     *
     * @param name its name, declared as a flag
     * @return the value
     */
    public boolean flag(String name) {
        return (Boolean) value(name);
    }

    private Object value(String name) {
        Object value = values.get(name);
        if (value == null) {
            throw new AssertionError("'" + name + "' is not declared; there are " + values.keySet());
        }
        return value;
    }

    /**
     * A value as a file has it.
     *
     * @param value a value
     * @return numbers as {@code 0x...}
     */
    public static String text(Object value) {
        return value instanceof Long number ? "0x" + Long.toHexString(number) : String.valueOf(value);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        values.forEach((name, value) ->
                text.append(text.isEmpty() ? "" : " ").append(name).append('=').append(text(value)));
        return text.toString();
    }
}
