/** What a driver's tests start from. */
@NullMarked
package io.github.iommu4j.testkit;

import org.jspecify.annotations.NullMarked;
