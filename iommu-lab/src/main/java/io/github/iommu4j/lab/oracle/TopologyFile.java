package io.github.iommu4j.lab.oracle;

import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.github.iommu4j.lab.capture.CaptureException;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Reads {@code topology.json}. All methods are pure but for reading files. */
public final class TopologyFile {

    private TopologyFile() {}

    /**
     * Reads the file.
     *
     * @param file a JSON array of machines
     * @return the machines, in the file's order
     * @throws CaptureException when it cannot be read
     */
    public static List<MachineEntry> read(Path file) throws CaptureException {
        try (Reader reader = Files.newBufferedReader(file)) {
            return new JsonView(JsonParser.parseReader(reader), "").list(MachineEntry::of);
        } catch (IOException e) {
            throw new CaptureException(file + ": cannot be read: " + e.getMessage());
        } catch (JsonParseException e) {
            throw new CaptureException(file + ": is not JSON: " + e.getMessage());
        } catch (JsonView.MalformedException e) {
            throw new CaptureException(file + ": " + e.getMessage());
        }
    }
}
