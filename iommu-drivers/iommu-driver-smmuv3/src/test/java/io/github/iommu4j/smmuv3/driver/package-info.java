@NullMarked
package io.github.iommu4j.smmuv3.driver;

import org.jspecify.annotations.NullMarked;
