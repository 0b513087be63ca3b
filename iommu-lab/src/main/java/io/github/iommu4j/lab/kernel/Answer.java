package io.github.iommu4j.lab.kernel;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import io.github.iommu4j.api.IommuException;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an operation answered.
 *
 * @param result {@code OK}, an errno, {@code OPEN:} and an errno, or {@code H:} and why it was not done
 * @param outputs what else came back, by the oracle's names
 */
record Answer(String result, Map<String, JsonElement> outputs) {

    /** Nothing went wrong. */
    static final Answer OK = new Answer("OK", Map.of());
    /** The descriptor given is not open. */
    static final Answer EBADF = new Answer("EBADF", Map.of());
    /** The slot is taken, or empty. */
    static final Answer WRONG_SLOT = new Answer("H:SLOT", Map.of());
    /** There is no driver to unbind. */
    static final Answer NO_DRIVER = new Answer("H:NODRV", Map.of());
    /** The file in sysfs is not there. */
    static final Answer NO_FILE = new Answer("OPEN:ENOENT", Map.of());

    Answer {
        outputs = Map.copyOf(outputs);
    }

    static Answer of(IommuException refusal) {
        return new Answer(refusal.errno().name(), Map.of());
    }

    Answer with(String name, JsonElement value) {
        Map<String, JsonElement> more = new TreeMap<>(outputs);
        more.put(name, value);
        return new Answer(result, more);
    }

    Answer with(String name, String value) {
        return with(name, new JsonPrimitive(value));
    }

    Answer with(String name, long value) {
        return with(name, new JsonPrimitive(value));
    }

    /** Runs something that may be refused. */
    static Answer attempt(Runnable action) {
        try {
            action.run();
            return OK;
        } catch (IommuException refusal) {
            return of(refusal);
        }
    }
}
