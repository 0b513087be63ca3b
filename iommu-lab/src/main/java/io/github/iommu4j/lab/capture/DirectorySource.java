package io.github.iommu4j.lab.capture;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The files of a directory. */
record DirectorySource(Path directory, String name) implements CaptureSource {

    @Override
    public @Nullable InputStream open(String file) throws IOException {
        Path path = directory.resolve(file);
        return Files.isRegularFile(path) ? new BufferedInputStream(Files.newInputStream(path)) : null;
    }
}
