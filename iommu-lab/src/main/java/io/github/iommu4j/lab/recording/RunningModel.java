package io.github.iommu4j.lab.recording;

import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.lab.capture.Family;

/**
 * A model that can be captured.
 *
 * @param name what the capture is called
 * @param family which hardware it is
 * @param unit the hardware half
 * @param memory the memory it reads
 */
public record RunningModel(String name, Family family, TranslationUnit unit, SparseMemory memory) {}
