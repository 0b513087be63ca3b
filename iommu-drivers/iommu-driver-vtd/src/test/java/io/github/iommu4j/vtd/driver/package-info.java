@NullMarked
package io.github.iommu4j.vtd.driver;

import org.jspecify.annotations.NullMarked;
