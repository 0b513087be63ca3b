/** Rules of VFIO, on machines with mock IOMMUs. */
@NullMarked
package io.github.iommu4j.testkit.vfio;

import org.jspecify.annotations.NullMarked;
