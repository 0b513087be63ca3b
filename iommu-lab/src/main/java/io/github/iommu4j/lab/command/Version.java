package io.github.iommu4j.lab.command;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version the build wrote into the program. */
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() throws IOException {
        Properties properties = new Properties();
        try (InputStream in = Version.class.getResourceAsStream("/io/github/iommu4j/lab/version.properties")) {
            if (in != null) {
                properties.load(in);
            }
        }
        return new String[] {"iommu4j " + properties.getProperty("version", "of an unknown version")};
    }
}
