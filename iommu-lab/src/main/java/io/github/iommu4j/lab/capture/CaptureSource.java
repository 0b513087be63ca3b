package io.github.iommu4j.lab.capture;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where the files of a capture come from: a directory, or the resources of the program. */
public interface CaptureSource {

    /**
     * The name of the capture, as its makers call it.
     *
     * @return a directory name
     */
    String name();

    /**
     * Opens one file.
     *
     * @param file file name without directories
     * @return the content, to be closed by the caller, or {@code null} when there is no such file
     * @throws IOException when the file is there and cannot be read
     */
    @Nullable
    InputStream open(String file) throws IOException;

    /**
     * The files of a directory.
     *
     * @param directory an existing directory
     * @return the source
     * @throws CaptureException when {@code directory} is not a directory
     */
    static CaptureSource directory(Path directory) throws CaptureException {
        if (!Files.isDirectory(directory)) {
            throw new CaptureException(
                    directory + (Files.exists(directory) ? " is not a directory" : " does not exist"));
        }
        Path name = directory.toAbsolutePath().normalize().getFileName();
        return new DirectorySource(directory, name == null ? directory.toString() : name.toString());
    }

    /**
     * The capture that comes with the program, so that it has something to show without any argument.
     *
     * @return the source
     */
    static CaptureSource shipped() {
        return new ShippedSource();
    }
}
