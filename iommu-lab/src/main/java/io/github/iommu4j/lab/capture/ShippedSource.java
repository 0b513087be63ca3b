package io.github.iommu4j.lab.capture;

import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** The capture among the program's resources. */
record ShippedSource() implements CaptureSource {

    private static final String NAME = "smmu-06-stage2";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public @Nullable InputStream open(String file) {
        return ShippedSource.class.getResourceAsStream("/io/github/iommu4j/lab/capture/" + NAME + "/" + file);
    }
}
