package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.L1ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.L1StreamTableDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;

/**
 * Sees every read the translation path makes. The hot path has none; an explanation has one. An address whose read was
 * aborted is told through {@link #aborted} instead.
 */
interface FetchObserver {

    /** What a stage-2 walk or an aborted read is for. */
    enum Purpose {
        L1STD,
        STE,
        L1CD,
        CD,
        STAGE1_DESCRIPTOR,
        STAGE1_UPDATE,
        STAGE2_DESCRIPTOR,
        ACCESS
    }

    void l1std(long address, L1StreamTableDescriptor descriptor);

    void ste(long address, StreamTableEntry entry);

    void l1cd(long address, L1ContextDescriptor descriptor);

    void cd(long address, ContextDescriptor descriptor);

    void stage1(long address, long descriptor, int level, TableFormat table);

    void stage2(long address, long descriptor, int level, TableFormat table);

    /** A leaf descriptor that was just read would be updated (§3.13), unless stage 2 forbids it. */
    void update(long address, long before, long after);

    /** A stage-2 walk begins; {@code level} is that of the stage-1 descriptor, where the purpose is one. */
    void stage2Of(Purpose purpose, int level, long ipa);

    /** A read was not answered; {@code level} is that of the descriptor, where the purpose is one. */
    void aborted(Purpose purpose, int level, long address);
}
