package io.github.iommu4j.lab.oracle;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.github.iommu4j.lab.capture.CaptureException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Reads a file of JSON values, one a line, without holding more than one of them. Confined to one thread. */
public final class JsonLines implements AutoCloseable {

    /** Far above the longest line there is; a file that unpacks without end is refused here. */
    private static final int LONGEST_LINE = 1 << 26;

    private final Path file;
    private final BufferedReader reader;
    private long number;

    private JsonLines(Path file, BufferedReader reader) {
        this.file = file;
        this.reader = reader;
    }

    /**
     * Opens a file.
     *
     * @param file compressed with gzip when its name ends in {@code .gz}
     * @return before its first line
     * @throws CaptureException when it cannot be read
     */
    public static JsonLines open(Path file) throws CaptureException {
        try {
            return new JsonLines(file, reader(file));
        } catch (ZipException e) {
            throw new CaptureException(file + ": is not compressed with gzip, as its name says");
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static BufferedReader reader(Path file) throws IOException {
        InputStream in = Files.newInputStream(file);
        try {
            InputStream plain = file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in;
            return new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8));
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    private static CaptureException unreadable(Path file, IOException reason) {
        return new CaptureException(file + ": cannot be read: " + reason.getMessage());
    }

    /**
     * Reads the next line.
     *
     * @return its value, whose path is the line's number; {@code null} at the end
     * @throws CaptureException when it cannot be read or is not one JSON value
     */
    public @Nullable JsonView next() throws CaptureException {
        try {
            String line = readLine();
            return line == null ? null : new JsonView(parse(line), "line " + number);
        } catch (IOException e) {
            throw unreadable(file, e);
        } catch (JsonParseException e) {
            throw new CaptureException(file + " line " + number + ": is not JSON");
        }
    }

    /**
     * Names the file in front of what is wrong with a value of it.
     *
     * @param reason what is wrong
     * @return the exception, to be thrown
     */
    public CaptureException broken(JsonView.MalformedException reason) {
        return new CaptureException(file + ": " + reason.getMessage());
    }

    private @Nullable String readLine() throws IOException, CaptureException {
        StringBuilder line = new StringBuilder();
        number++;
        int next = reader.read();
        if (next < 0) {
            return null;
        }
        for (; next >= 0 && next != '\n'; next = reader.read()) {
            if (line.length() == LONGEST_LINE) {
                throw new CaptureException(file + " line " + number + ": is longer than " + LONGEST_LINE);
            }
            line.append((char) next);
        }
        return line.toString();
    }

    private static JsonElement parse(String line) {
        JsonReader json = new JsonReader(new StringReader(line));
        json.setStrictness(Strictness.STRICT);
        try {
            JsonElement value = JsonParser.parseReader(json);
            if (json.peek() != JsonToken.END_DOCUMENT) {
                throw new JsonParseException("more than one value");
            }
            return value;
        } catch (IOException e) {
            throw new JsonParseException(e);
        }
    }

    @Override
    public void close() throws CaptureException {
        try {
            reader.close();
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }
}
