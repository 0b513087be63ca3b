/** The runnable program. */
@NullMarked
package io.github.iommu4j.lab;

import org.jspecify.annotations.NullMarked;
