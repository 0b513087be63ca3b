// The runnable program; open, because the command line and JSON libraries reflect on it.
open module io.github.iommu4j.lab {
    requires io.github.iommu4j.api;
    requires io.github.iommu4j.armshort;
    requires io.github.iommu4j.core;
    requires io.github.iommu4j.smmuv3;
    requires io.github.iommu4j.testkit;
    requires io.github.iommu4j.tipat;
    requires io.github.iommu4j.vtd;
    requires com.google.gson;
    requires info.picocli;
    requires org.apache.commons.csv;
    requires org.slf4j;
    requires static org.jspecify;
}
