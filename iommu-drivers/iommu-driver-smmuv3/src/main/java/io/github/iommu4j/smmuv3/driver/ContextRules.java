package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import java.util.Arrays;

/** What an SMMU reads of a context descriptor (IHI 0070 §5.4): everything, or nothing of a half that is disabled. */
record ContextRules() implements EntryRules {

    private static final long DISABLED_HALF = ContextDescriptor.T0SZ.mask()
            | ContextDescriptor.TG0.mask()
            | ContextDescriptor.IR0.mask()
            | ContextDescriptor.OR0.mask()
            | ContextDescriptor.SH0.mask();

    @Override
    public long[] used(long[] entry) {
        long[] used = new long[WORDS];
        if (!ContextDescriptor.V.isSet(entry[0])) {
            used[0] = ContextDescriptor.V.mask();
            return used;
        }
        Arrays.fill(used, -1L);
        if (ContextDescriptor.EPD0.isSet(entry[0])) {
            used[0] &= ~DISABLED_HALF;
            used[1] &= ~ContextDescriptor.TTB.mask();
        }
        return used;
    }

    @Override
    public long[] safe(long[] from, long[] to) {
        return new long[WORDS];
    }

    @Override
    public boolean translates(long word0) {
        return ContextDescriptor.V.isSet(word0);
    }

    @Override
    public boolean allowsLiveChange() {
        return true;
    }

    @Override
    public int lastWordCleared() {
        return 0;
    }
}
