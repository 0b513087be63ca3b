package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;

/**
 * What an SMMU reads of a stream table entry (IHI 0070 §5.2, §13.5), as far as Linux ever sets it. What it never sets, such
 * as the overrides of attributes, is the same in every entry.
 *
 * @param release says which bits are safe
 */
record StreamEntryRules(KernelRelease release) implements EntryRules {

    private static final int EATS_FULL = 1;
    private static final int EATS_SPLIT = 2;
    private static final int S1DSS_BYPASS = 1;

    private static final long STAGE1_WORD0 =
            mask(StreamTableEntry.S1FMT, StreamTableEntry.S1CONTEXTPTR, StreamTableEntry.S1CDMAX);
    private static final long STAGE1_WORD1 = mask(
            StreamTableEntry.S1DSS,
            StreamTableEntry.S1CIR,
            StreamTableEntry.S1COR,
            StreamTableEntry.S1CSH,
            StreamTableEntry.S1STALLD,
            StreamTableEntry.STRW,
            StreamTableEntry.EATS,
            StreamTableEntry.MEV);
    private static final long STAGE2_WORD1 =
            mask(StreamTableEntry.S2FWB, StreamTableEntry.EATS, StreamTableEntry.SHCFG, StreamTableEntry.MEV);
    private static final long STAGE2_WORD2 = mask(
            StreamTableEntry.S2VMID,
            StreamTableEntry.S2T0SZ,
            StreamTableEntry.S2SL0,
            StreamTableEntry.S2IR0,
            StreamTableEntry.S2OR0,
            StreamTableEntry.S2SH0,
            StreamTableEntry.S2TG,
            StreamTableEntry.S2PS,
            StreamTableEntry.S2AA64,
            StreamTableEntry.S2ENDI,
            StreamTableEntry.S2PTW,
            StreamTableEntry.S2S,
            StreamTableEntry.S2R);

    private static long mask(BitField... fields) {
        long mask = 0;
        for (BitField field : fields) {
            mask |= field.mask();
        }
        return mask;
    }

    @Override
    public long[] used(long[] entry) {
        long[] used = new long[WORDS];
        used[0] = StreamTableEntry.V.mask();
        if (!StreamTableEntry.V.isSet(entry[0])) {
            return used;
        }
        used[0] |= StreamTableEntry.CONFIG.mask();
        int config = StreamTableEntry.CONFIG.getInt(entry[0]);
        if (config == StreamTableEntry.CONFIG_BYPASS) {
            used[1] |= StreamTableEntry.SHCFG.mask();
        }
        if (config == StreamTableEntry.CONFIG_STAGE1 || config == StreamTableEntry.CONFIG_NESTED) {
            useStage1(entry, used);
        }
        if (config == StreamTableEntry.CONFIG_STAGE2 || config == StreamTableEntry.CONFIG_NESTED) {
            used[1] |= STAGE2_WORD1;
            used[2] |= STAGE2_WORD2;
            used[3] |= StreamTableEntry.S2TTB.mask();
        }
        return used;
    }

    private static void useStage1(long[] entry, long[] used) {
        used[0] |= STAGE1_WORD0;
        used[1] |= STAGE1_WORD1;
        used[2] |= StreamTableEntry.S2VMID.mask();
        if (StreamTableEntry.S1DSS.get(entry[1]) == S1DSS_BYPASS) {
            used[1] |= StreamTableEntry.SHCFG.mask();
        }
    }

    /**
     * EATS, since ATS is off in the device whenever it changes, unless the entry could become illegal on the way (EATS with
     * S2S, or split-stage ATS); and MEV, since records may be merged anyhow (§7.3.1).
     */
    @Override
    public long[] safe(long[] from, long[] to) {
        long[] safe = new long[WORDS];
        if (release.smmuv3ReordersSafeBits()) {
            safe[1] = StreamTableEntry.MEV.mask();
            boolean splits = (StreamTableEntry.EATS.get(from[1] | to[1]) & EATS_SPLIT) != 0;
            if (!splits && !StreamTableEntry.S2S.isSet(from[2] | to[2])) {
                safe[1] |= StreamTableEntry.EATS.of(EATS_FULL);
            }
        }
        return safe;
    }

    @Override
    public boolean translates(long word0) {
        return StreamTableEntry.V.isSet(word0)
                && StreamTableEntry.CONFIG.getInt(word0) > StreamTableEntry.CONFIG_BYPASS;
    }

    @Override
    public boolean allowsLiveChange() {
        return false;
    }

    @Override
    public int lastWordCleared() {
        return 2;
    }
}
