package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.vtd.layout.ContextEntry;
import io.github.iommu4j.vtd.layout.PasidDirectoryEntry;
import io.github.iommu4j.vtd.layout.PasidEntry;
import io.github.iommu4j.vtd.layout.RootEntry;
import io.github.iommu4j.vtd.layout.ScalableContextEntry;

/** Sees every read a translation makes. The hot path has none; an explanation has one. */
interface FetchObserver {

    void root(long address, RootEntry entry);

    void context(long address, ContextEntry entry);

    void context(long address, ScalableContextEntry entry);

    void directory(long address, PasidDirectoryEntry entry);

    void pasid(long address, PasidEntry entry);

    void firstStage(long address, long entry, int level);

    void secondStage(long address, long entry, int level);

    /** A second-stage walk begins, for the first-stage entry of a level, or for the access where the level is 0. */
    void secondStageOf(int level, long address);

    /** A read was not answered. */
    void unanswered(String role, long address);
}
