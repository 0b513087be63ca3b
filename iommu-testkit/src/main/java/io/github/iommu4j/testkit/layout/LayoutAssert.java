package io.github.iommu4j.testkit.layout;

import io.github.iommu4j.core.bits.BitField;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Checks that a bit layout written as constants can be right: fields of a word do not overlap, registers do not either.
 *
 * <p>Constants of type {@link BitField} are taken in the order they are declared, and a class declares them word by
 * word, each word from bit 0 up. A field that starts no higher than the one before it therefore begins a new word (or
 * another reading of the same word), and everything else must start above the end of the one before.
 */
public final class LayoutAssert {

    private LayoutAssert() {}

    /**
     * Checks the fields that a class declares.
     *
     * @param layout a class with constants of type {@link BitField}
     * @param words how many words, or readings of words, the constants describe: a field in the wrong place shows as an
     *     overlap or as one word too many
     * @throws AssertionError naming the fields that overlap, or listing the words when there are not so many
     */
    public static void fieldsFormWords(Class<?> layout, int words) {
        List<List<String>> found = new ArrayList<>();
        BitField previous = null;
        String previousName = "";
        for (Field constant : layout.getDeclaredFields()) {
            if (constant.getType() != BitField.class || !Modifier.isStatic(constant.getModifiers())) {
                continue;
            }
            BitField field = valueOf(constant);
            if (previous == null || field.low() <= previous.low()) {
                found.add(new ArrayList<>());
            } else if (field.low() <= previous.high()) {
                throw new AssertionError(layout.getSimpleName() + ": " + constant.getName() + field + " overlaps "
                        + previousName + previous);
            }
            found.get(found.size() - 1).add(constant.getName() + field);
            previous = field;
            previousName = constant.getName();
        }
        if (found.size() != words) {
            throw new AssertionError(
                    layout.getSimpleName() + ": " + found.size() + " words instead of " + words + ": " + found);
        }
    }

    /**
     * Checks that no two fields of one word share a bit.
     *
     * @param word the fields by name
     * @throws AssertionError naming the two fields
     */
    public static void disjoint(Map<String, BitField> word) {
        word.forEach((name, field) -> word.forEach((otherName, other) -> {
            if (!name.equals(otherName) && (field.mask() & other.mask()) != 0) {
                throw new AssertionError(name + field + " overlaps " + otherName + other);
            }
        }));
    }

    /**
     * Checks that registers ascend and leave room for each other.
     *
     * @param registers registers in the order of their list
     * @param offset byte offset of a register
     * @param width bytes of a register: its offset is a multiple of it
     * @param <R> type of a register
     * @throws AssertionError naming the two registers
     */
    public static <R> void offsetsAscend(List<R> registers, ToLongFunction<R> offset, ToLongFunction<R> width) {
        long free = 0;
        R previous = null;
        for (R register : registers) {
            long start = offset.applyAsLong(register);
            if (start < free) {
                throw new AssertionError(
                        register + " at 0x" + Long.toHexString(start) + " does not follow " + previous);
            }
            if (start % width.applyAsLong(register) != 0) {
                throw new AssertionError(register + " at 0x" + Long.toHexString(start) + " is not aligned");
            }
            free = start + width.applyAsLong(register);
            previous = register;
        }
    }

    private static BitField valueOf(Field constant) {
        try {
            constant.setAccessible(true);
            return (BitField) constant.get(null);
        } catch (IllegalAccessException unreachable) {
            throw new AssertionError(constant + " cannot be read", unreachable);
        }
    }
}
