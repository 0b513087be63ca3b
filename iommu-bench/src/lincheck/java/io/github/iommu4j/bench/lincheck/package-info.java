/** The explorer beside Lincheck; built with the profile {@code lincheck} only. */
@NullMarked
package io.github.iommu4j.bench.lincheck;

import org.jspecify.annotations.NullMarked;
