package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.core.pagetable.arm.LpaeRegisters;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import java.util.Set;

/** Makes context descriptors (IHI 0070 §5.4) as Linux does. Pure. */
final class ContextDescriptors {

    private ContextDescriptors() {}

    /** The descriptor of no context. */
    static ContextDescriptor none() {
        return new ContextDescriptor(0, 0, 0, 0, 0, 0, 0, 0);
    }

    /** A domain of the IOMMU API: TTBR0 alone, its ASID not shared with processors. */
    static ContextDescriptor stage1(int asid, LpaeRegisters.Stage1 pageTable, Set<StreamTrait> traits) {
        throw new UnsupportedOperationException();
    }

    /** A process's address space. */
    static ContextDescriptor sva(int asid, LpaeRegisters.Stage1 addressSpace, Set<StreamTrait> traits) {
        throw new UnsupportedOperationException();
    }

    /** What is left of a process's address space once it is gone: nothing translates, nothing stalls or is recorded. */
    static ContextDescriptor svaReleased(int asid, LpaeRegisters.Stage1 addressSpace, Set<StreamTrait> traits) {
        throw new UnsupportedOperationException();
    }
}
