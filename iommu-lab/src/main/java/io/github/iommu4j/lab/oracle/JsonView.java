package io.github.iommu4j.lab.oracle;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value that says what is wrong with it when it is not what the reader expects.
 *
 * @param element the value
 * @param path where it stands, for messages
 */
public record JsonView(JsonElement element, String path) {

    private static final Pattern HEXADECIMAL = Pattern.compile("0x[0-9a-fA-F]{1,16}");

    /** A value is not what it should be. Becomes one line for the user where the file's name is known. */
    public static final class MalformedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        /**
         * Makes the complaint.
         *
         * @param message where the value stands and what it should be
         */
        public MalformedException(String message) {
            super(message);
        }
    }

    /**
     * Says what this should have been.
     *
     * @param expected what is right, to follow "should be"
     * @return the exception, to be thrown
     */
    public MalformedException wrong(String expected) {
        return new MalformedException((path.isEmpty() ? "the value" : path) + " should be " + expected);
    }

    /**
     * Whether this is {@code null}.
     *
     * @return {@code true} for the JSON null
     */
    public boolean isNull() {
        return element.isJsonNull();
    }

    /**
     * Whether an object has a member that is not {@code null}.
     *
     * @param name the member
     * @return {@code true} when it has
     */
    public boolean has(String name) {
        JsonElement member = object().get(name);
        return member != null && !member.isJsonNull();
    }

    private JsonObject object() {
        if (!element.isJsonObject()) {
            throw wrong("an object");
        }
        return element.getAsJsonObject();
    }

    /**
     * A member of an object.
     *
     * @param name the member
     * @return its value, which may be the JSON null
     * @throws MalformedException when there is none
     */
    public JsonView get(String name) {
        JsonElement member = object().get(name);
        String memberPath = path.isEmpty() ? name : path + "." + name;
        if (member == null) {
            throw new MalformedException(memberPath + " is missing");
        }
        return new JsonView(member, memberPath);
    }

    /**
     * A member, if it is there and not {@code null}.
     *
     * @param name the member
     * @param reader reads it
     * @param <T> what is read
     * @return what was read, or {@code null}
     */
    public <T> @Nullable T optional(String name, Function<JsonView, T> reader) {
        return has(name) ? reader.apply(get(name)) : null;
    }

    /**
     * All members.
     *
     * @param reader reads each
     * @param <T> what is read
     * @return by name, in the file's order
     */
    public <T> Map<String, T> members(Function<JsonView, T> reader) {
        Map<String, T> members = new LinkedHashMap<>();
        for (String name : object().keySet()) {
            members.put(name, reader.apply(get(name)));
        }
        return members;
    }

    /**
     * All elements of an array.
     *
     * @param reader reads each
     * @param <T> what is read
     * @return in order
     */
    public <T> List<T> list(Function<JsonView, T> reader) {
        if (!element.isJsonArray()) {
            throw wrong("an array");
        }
        JsonArray array = element.getAsJsonArray();
        List<T> list = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            list.add(reader.apply(new JsonView(array.get(i), path + "[" + i + "]")));
        }
        return list;
    }

    private JsonPrimitive primitive(String expected) {
        if (!element.isJsonPrimitive()) {
            throw wrong(expected);
        }
        return element.getAsJsonPrimitive();
    }

    /**
     * A string.
     *
     * @return the string
     */
    public String text() {
        JsonPrimitive primitive = primitive("a string");
        if (!primitive.isString()) {
            throw wrong("a string");
        }
        return primitive.getAsString();
    }

    /**
     * A whole number.
     *
     * @return the number
     */
    public long number() {
        JsonPrimitive primitive = primitive("a number");
        try {
            return primitive.getAsBigDecimal().longValueExact();
        } catch (NumberFormatException | ArithmeticException e) {
            throw wrong("a whole number");
        }
    }

    /**
     * A whole number that fits an int.
     *
     * @return the number
     */
    public int integer() {
        long number = number();
        if (number != (int) number) {
            throw wrong("a number of 32 bits");
        }
        return (int) number;
    }

    /**
     * A number written as {@code 0x...}.
     *
     * @return the number, as unsigned 64 bits
     */
    public long hex() {
        String text = text();
        if (!HEXADECIMAL.matcher(text).matches()) {
            throw wrong("a hexadecimal number of up to 64 bits, as 0x...");
        }
        return Long.parseUnsignedLong(text.substring(2), 16);
    }

    /**
     * A truth value.
     *
     * @return the value
     */
    public boolean flag() {
        JsonPrimitive primitive = primitive("true or false");
        if (!primitive.isBoolean()) {
            throw wrong("true or false");
        }
        return primitive.getAsBoolean();
    }

    @Override
    public String toString() {
        return element.toString();
    }
}
