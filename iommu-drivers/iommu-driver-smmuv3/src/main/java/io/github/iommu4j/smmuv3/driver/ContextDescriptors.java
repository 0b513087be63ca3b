package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.pagetable.arm.LpaeRegisters;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import java.util.Set;

/** Makes context descriptors (IHI 0070 §5.4) as Linux does: TTBR0 alone, faults recorded and aborted. Pure. */
final class ContextDescriptors {

    private final KernelRelease release;

    /** Of a release. */
    ContextDescriptors(KernelRelease release) {
        this.release = release;
    }

    /** The descriptor of no context. */
    static ContextDescriptor none() {
        return new ContextDescriptor(0, 0, 0, 0, 0, 0, 0, 0);
    }

    /** A domain of the IOMMU API, whose ASID no processor uses. */
    static ContextDescriptor stage1(int asid, LpaeRegisters.Stage1 pageTable, Set<StreamTrait> traits) {
        long word0 = translating(asid, pageTable, traits) | ContextDescriptor.ASET.mask();
        return descriptor(word0, pageTable.ttbr(), pageTable.mair());
    }

    /** A process's address space. */
    ContextDescriptor sva(int asid, LpaeRegisters.Stage1 addressSpace, Set<StreamTrait> traits) {
        long word0 = translating(asid, addressSpace, traits) | privateAsid();
        return descriptor(word0, addressSpace.ttbr(), addressSpace.mair());
    }

    /**
     * What is left of a process's address space once it is gone: nothing translates and, where the unit may end it at once,
     * nothing stalls or is recorded.
     */
    ContextDescriptor svaReleased(int asid, LpaeRegisters.Stage1 addressSpace, Set<StreamTrait> traits) {
        if (!release.smmuv3WritesEntriesByUse()) {
            ContextDescriptor live = sva(asid, addressSpace, traits);
            return descriptor(live.dw0() | ContextDescriptor.EPD0.mask(), addressSpace.ttbr(), live.dw3());
        }
        long word0 = common(asid, addressSpace, traits) | ContextDescriptor.EPD0.mask() | privateAsid();
        if (!traits.contains(StreamTrait.UNIT_ALWAYS_STALLS)) {
            word0 &= ~(ContextDescriptor.S.mask() | ContextDescriptor.R.mask());
        }
        return descriptor(word0, 0, addressSpace.mair());
    }

    private long privateAsid() {
        return release.smmuv3SharesAsids() ? 0 : ContextDescriptor.ASET.mask();
    }

    private static long translating(int asid, LpaeRegisters.Stage1 pageTable, Set<StreamTrait> traits) {
        LpaeRegisters.Tcr tcr = pageTable.tcr();
        return common(asid, pageTable, traits)
                | ContextDescriptor.T0SZ.of(tcr.tsz())
                | ContextDescriptor.TG0.of(tcr.tg())
                | ContextDescriptor.IR0.of(tcr.irgn())
                | ContextDescriptor.OR0.of(tcr.orgn())
                | ContextDescriptor.SH0.of(tcr.sh());
    }

    private static long common(int asid, LpaeRegisters.Stage1 pageTable, Set<StreamTrait> traits) {
        return ContextDescriptor.V.mask()
                | ContextDescriptor.EPD1.mask()
                | ContextDescriptor.AA64.mask()
                | ContextDescriptor.IPS.of(pageTable.tcr().ps())
                | ContextDescriptor.S.of(traits.contains(StreamTrait.STALLS) ? 1 : 0)
                | ContextDescriptor.R.mask()
                | ContextDescriptor.A.mask()
                | ContextDescriptor.ASID.of(asid);
    }

    private static ContextDescriptor descriptor(long word0, long ttbr, long mair) {
        return new ContextDescriptor(word0, ContextDescriptor.TTB.inPlace(ttbr), 0, mair, 0, 0, 0, 0);
    }
}
