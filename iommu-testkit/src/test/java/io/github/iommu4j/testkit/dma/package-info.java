/** Values of DMA: packed answers, and the messages of ATS and PRI. */
@NullMarked
package io.github.iommu4j.testkit.dma;

import org.jspecify.annotations.NullMarked;
