package io.github.iommu4j.smmuv3.hardware;

import static io.github.iommu4j.smmuv3.layout.StreamTableEntry.*;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import org.jspecify.annotations.Nullable;

/**
 * A stream as its STE describes it, decoded once and cached. Immutable.
 *
 * @param ste the raw entry; all zero when none was read
 * @param fault the fault every transaction of the stream gets instead, as a {@link FaultWord}, or 0
 * @param cacheable whether this may be cached
 * @param broken the rule that made the STE ILLEGAL
 * @param world the StreamWorld of stage 1
 * @param contextsLg2 log2 of the number of CDs, S1CDMax as it acts
 * @param attributes the attributes of an access after the STE's overrides, packed as {@link MemoryTypes} says
 * @param accessMask bits of an access that stay
 * @param accessSet bits of an access that are set
 * @param stageTwo stage 2, when Config selects it
 */
record Stream(
        StreamTableEntry ste,
        long fault,
        Cacheable cacheable,
        @Nullable SteRule broken,
        StreamWorld world,
        int contextsLg2,
        int attributes,
        int accessMask,
        int accessSet,
        @Nullable StageTwo stageTwo) {

    private static final StreamTableEntry NOTHING = new StreamTableEntry(0, 0, 0, 0, 0, 0, 0, 0);

    /** A stream whose STE was not found or not read. */
    static Stream refused(long fault, Cacheable cacheable) {
        return new Stream(NOTHING, fault, cacheable, null, StreamWorld.EL1, 0, MemoryTypes.DEFAULT, -1, 0, null);
    }

    /** The stream of an STE. */
    static Stream of(StreamTableEntry ste, Smmuv3Capabilities has, boolean hostExtensions) {
        SteRule broken = SteRule.brokenBy(ste, has);
        if (broken != null) {
            long fault = FaultWord.of(FaultWord.C_BAD_STE);
            return new Stream(
                    ste, fault, Cacheable.ILLEGAL, broken, StreamWorld.EL1, 0, MemoryTypes.DEFAULT, -1, 0, null);
        }
        int privilege = has.attrPermsOverride() ? PRIVCFG.getInt(ste.dw1()) : 0;
        int instruction = has.attrPermsOverride() ? INSTCFG.getInt(ste.dw1()) : 0;
        int mask = (privilege >= 2 ? ~Access.PRIVILEGED_BIT : -1) & (instruction >= 2 ? ~Access.INSTRUCTION_BIT : -1);
        int set = (privilege == 3 ? Access.PRIVILEGED_BIT : 0) | (instruction == 3 ? Access.INSTRUCTION_BIT : 0);
        return new Stream(
                ste,
                0,
                Cacheable.LEGAL,
                null,
                worldOf(ste, has, hostExtensions),
                has.ssidSize() == 0 ? 0 : S1CDMAX.getInt(ste.dw0()),
                attributesOf(ste, has),
                mask,
                set,
                ste.usesStage2() ? stageTwoOf(ste, has) : null);
    }

    boolean isFault() {
        return fault != 0;
    }

    /** An access after PRIVCFG and INSTCFG. */
    int overridden(int access) {
        return access & accessMask | accessSet;
    }

    /** S2VMID where it is a tag. */
    int vmid(Smmuv3Capabilities has) {
        return has.s2p() && world.hasVmid() ? S2VMID.getInt(ste.dw2()) : 0;
    }

    /** EATS as it acts: 3 needs the device permission table, which is not modelled. */
    int ats(Smmuv3Capabilities has) {
        int eats = EATS.getInt(ste.dw1());
        return has.ats() && eats != 3 ? eats : 0;
    }

    private static StreamWorld worldOf(StreamTableEntry ste, Smmuv3Capabilities has, boolean hostExtensions) {
        if (!SteRule.isStreamWorldUsed(ste, has) || STRW.get(ste.dw1()) == 0) {
            return StreamWorld.EL1;
        }
        return hostExtensions ? StreamWorld.EL2_E2H : StreamWorld.EL2;
    }

    private static int attributesOf(StreamTableEntry ste, Smmuv3Capabilities has) {
        if (!has.attrTypesOverride()) {
            return MemoryTypes.DEFAULT;
        }
        long dw1 = ste.dw1();
        int type = MTCFG.isSet(dw1) ? MEMATTR.getInt(dw1) : -1;
        return MemoryTypes.overridden(type, ALLOCCFG.getInt(dw1), SHCFG.getInt(dw1));
    }

    private static StageTwo stageTwoOf(StreamTableEntry ste, Smmuv3Capabilities has) {
        Granules granules = new Granules(has);
        long dw2 = ste.dw2();
        int granule = granules.ofTg0(S2TG.getInt(dw2));
        TableFormat table = new TableFormat.Builder(
                        granule, 64 - S2T0SZ.getInt(dw2), granules.stage2StartLevel(S2SL0.getInt(dw2), granule))
                .base(S2TTB.inPlace(ste.dw3()))
                .output(granules.addressBits(S2PS.getInt(dw2)), has.oasBits())
                .endianness(S2ENDI.isSet(dw2))
                .accessFlag(S2AFFD.isSet(dw2))
                .stage2Update(S2HA.isSet(dw2), S2HD.isSet(dw2))
                .permissions(Permissions.stage2(has.xnx()))
                .build();
        return new StageTwo(
                table, has.fwb() && S2FWB.isSet(ste.dw1()), ste.config() == CONFIG_NESTED && S2PTW.isSet(dw2));
    }
}
