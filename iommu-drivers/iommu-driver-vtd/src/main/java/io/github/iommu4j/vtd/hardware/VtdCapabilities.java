package io.github.iommu4j.vtd.hardware;

/**
 * What a remapping unit can do: VER_REG, CAP_REG and ECAP_REG (Intel VT-d §11.4.1-3), and the width of host addresses. Immutable.
 */
public final class VtdCapabilities {

    private static final int DEFAULT_HOST_WIDTH = 48;

    private final int version;
    private final long cap;
    private final long ecap;
    private final int hostAddressWidth;

    private VtdCapabilities(int version, long cap, long ecap, int hostAddressWidth) {
        this.version = version;
        this.cap = cap;
        this.ecap = ecap;
        this.hostAddressWidth = hostAddressWidth;
    }

    /**
     * Takes register values as they are read.
     *
     * @param version VER_REG
     * @param cap CAP_REG
     * @param ecap ECAP_REG
     * @param hostAddressWidth bits of a host physical address, 12 to 52
     * @return the capabilities
     * @throws IllegalArgumentException naming the value and the rule when no such unit can exist
     */
    public static VtdCapabilities of(int version, long cap, long ecap, int hostAddressWidth) {
        VtdCapabilities has = new VtdCapabilities(version, cap, ecap, hostAddressWidth);
        CapabilityRules.check(has);
        return has;
    }

    /**
     * A unit of legacy mode with 48-bit addresses, as a well-known emulator has it: 2 MiB and 1 GiB pages, 64 Ki domains,
     * two fault records, the queue, interrupt remapping with 32-bit APIC ids, pass-through.
     *
     * @return VER 10h, CAP D2008C222F0606h, ECAP F00F5Ah
     */
    public static VtdCapabilities legacy() {
        return of(0x10, 0xD2_008C_222F_0606L, 0xF0_0F5AL, DEFAULT_HOST_WIDTH);
    }

    /**
     * Everything that is modelled and that does not change how software must drive the unit: both modes, both stages and
     * nesting, up to 57-bit addresses, A/D and EA bits, PASIDs of 20 bits, ATS, page requests, interrupt remapping and
     * posting, coherent walks.
     *
     * @return capabilities without CM and RWBF
     */
    public static VtdCapabilities everything() {
        return legacy().toBuilder()
                .secondStageWidths(0xE)
                .guestAddressWidth(57)
                .hostAddressWidth(52)
                .pasidBits(20)
                .with(VtdFeature.PLMR, VtdFeature.PHMR, VtdFeature.FS1GP, VtdFeature.FS5LP, VtdFeature.PI)
                .with(VtdFeature.ESIRTPS, VtdFeature.ESRTPS, VtdFeature.C, VtdFeature.DT, VtdFeature.SC)
                .with(VtdFeature.NEST, VtdFeature.PRS, VtdFeature.ERS, VtdFeature.SRS, VtdFeature.NWFS)
                .with(VtdFeature.EAFS, VtdFeature.PASID, VtdFeature.PDS, VtdFeature.SMTS, VtdFeature.SSADS)
                .with(VtdFeature.SSTS, VtdFeature.FSTS, VtdFeature.SMPWCS, VtdFeature.RPS, VtdFeature.ADMS)
                .with(VtdFeature.RPRIVS)
                .build();
    }

    /**
     * A builder that starts with these.
     *
     * @return a new builder
     */
    public VtdCapabilitiesBuilder toBuilder() {
        return new VtdCapabilitiesBuilder(this);
    }

    /**
     * Whether a feature's bit is set.
     *
     * @param feature the feature
     * @return whether CAP_REG or ECAP_REG has it
     */
    public boolean has(VtdFeature feature) {
        return (cap & feature.capMask() | ecap & feature.ecapMask()) != 0;
    }

    private static boolean bit(long word, int bit) {
        return (word >>> bit & 1) != 0;
    }

    private static int field(long word, int high, int low) {
        return (int) (word >>> low & (1L << high - low + 1) - 1);
    }

    /**
     * The value of VER_REG.
     *
     * @return major version in bits 7:4, minor in 3:0
     */
    public int version() {
        return version;
    }

    /**
     * The value of CAP_REG.
     *
     * @return 64 bits
     */
    public long cap() {
        return cap;
    }

    /**
     * The value of ECAP_REG.
     *
     * @return 64 bits
     */
    public long ecap() {
        return ecap;
    }

    /**
     * Width of host physical addresses (HAW).
     *
     * @return bits, 12 to 52
     */
    public int hostAddressWidth() {
        return hostAddressWidth;
    }

    /**
     * Width of domain ids (CAP.ND).
     *
     * @return bits, 4 to 16
     */
    public int domainIdBits() {
        return 4 + 2 * field(cap, 2, 0);
    }

    /**
     * Software must flush write buffers (CAP.RWBF).
     *
     * @return whether bit 4 of CAP_REG is set
     */
    public boolean needsWriteBufferFlush() {
        return bit(cap, 4);
    }

    /**
     * The protected low-memory region exists (CAP.PLMR).
     *
     * @return whether bit 5 of CAP_REG is set
     */
    public boolean hasProtectedLowMemory() {
        return bit(cap, 5);
    }

    /**
     * The protected high-memory region exists (CAP.PHMR).
     *
     * @return whether bit 6 of CAP_REG is set
     */
    public boolean hasProtectedHighMemory() {
        return bit(cap, 6);
    }

    /**
     * Not-present entries may be cached (CAP.CM).
     *
     * @return whether bit 7 of CAP_REG is set
     */
    public boolean isCaching() {
        return bit(cap, 7);
    }

    /**
     * Address widths of the second stage (CAP.SAGAW).
     *
     * @return a bit for each AW code: bit 1 is 39 bits, 2 is 48, 3 is 57
     */
    public int secondStageWidths() {
        return field(cap, 12, 8);
    }

    /**
     * The most bits of an address that is translated (CAP.MGAW + 1).
     *
     * @return bits, 1 to 64
     */
    public int guestAddressWidth() {
        return field(cap, 21, 16) + 1;
    }

    /**
     * Zero-length reads of write-only pages are allowed (CAP.ZLR).
     *
     * @return whether bit 22 of CAP_REG is set
     */
    public boolean allowsZeroLengthReads() {
        return bit(cap, 22);
    }

    /**
     * Where fault records begin (CAP.FRO).
     *
     * @return bytes from the first register
     */
    public int faultRecordOffset() {
        return field(cap, 33, 24) * 16;
    }

    /**
     * Large pages of the second stage (CAP.SSLPS).
     *
     * @return bit 0 for 2 MiB, bit 1 for 1 GiB
     */
    public int secondStageLargePages() {
        return field(cap, 37, 34);
    }

    /**
     * Page-selective invalidation exists (CAP.PSI).
     *
     * @return whether bit 39 of CAP_REG is set
     */
    public boolean invalidatesPages() {
        return bit(cap, 39);
    }

    /**
     * Fault-recording registers (CAP.NFR + 1).
     *
     * @return 1 to 256
     */
    public int faultRecords() {
        return field(cap, 47, 40) + 1;
    }

    /**
     * The largest AM of second-stage invalidations (CAP.MAMV).
     *
     * @return 0 to 63
     */
    public int maximumAddressMask() {
        return field(cap, 53, 48);
    }

    /**
     * Invalidation drains writes (CAP.DWD).
     *
     * @return whether bit 54 of CAP_REG is set
     */
    public boolean drainsWrites() {
        return bit(cap, 54);
    }

    /**
     * Invalidation drains reads (CAP.DRD).
     *
     * @return whether bit 55 of CAP_REG is set
     */
    public boolean drainsReads() {
        return bit(cap, 55);
    }

    /**
     * The first stage has 1 GiB pages (CAP.FS1GP).
     *
     * @return whether bit 56 of CAP_REG is set
     */
    public boolean hasFirstStageGigabytePages() {
        return bit(cap, 56);
    }

    /**
     * Posted interrupts exist (CAP.PI).
     *
     * @return whether bit 59 of CAP_REG is set
     */
    public boolean postsInterrupts() {
        return bit(cap, 59);
    }

    /**
     * The first stage has five levels (CAP.FS5LP).
     *
     * @return whether bit 60 of CAP_REG is set
     */
    public boolean hasFiveLevelFirstStage() {
        return bit(cap, 60);
    }

    /**
     * The enhanced command registers exist (CAP.ECMDS).
     *
     * @return whether bit 61 of CAP_REG is set
     */
    public boolean hasEnhancedCommands() {
        return bit(cap, 61);
    }

    /**
     * Setting the interrupt table pointer invalidates its cache (CAP.ESIRTPS).
     *
     * @return whether bit 62 of CAP_REG is set
     */
    public boolean setInterruptTableInvalidates() {
        return bit(cap, 62);
    }

    /**
     * Setting the root table pointer invalidates every cache (CAP.ESRTPS).
     *
     * @return whether bit 63 of CAP_REG is set
     */
    public boolean setRootTableInvalidates() {
        return bit(cap, 63);
    }

    /**
     * Walks of legacy structures snoop (ECAP.C).
     *
     * @return whether bit 0 of ECAP_REG is set
     */
    public boolean isCoherent() {
        return bit(ecap, 0);
    }

    /**
     * The invalidation queue exists (ECAP.QI).
     *
     * @return whether bit 1 of ECAP_REG is set
     */
    public boolean queuesInvalidations() {
        return bit(ecap, 1);
    }

    /**
     * Devices may cache translations (ECAP.DT).
     *
     * @return whether bit 2 of ECAP_REG is set
     */
    public boolean hasDeviceTlbs() {
        return bit(ecap, 2);
    }

    /**
     * Interrupts are remapped (ECAP.IR).
     *
     * @return whether bit 3 of ECAP_REG is set
     */
    public boolean remapsInterrupts() {
        return bit(ecap, 3);
    }

    /**
     * APIC ids of 32 bits (ECAP.EIM).
     *
     * @return whether bit 4 of ECAP_REG is set
     */
    public boolean hasExtendedInterruptMode() {
        return bit(ecap, 4);
    }

    /**
     * Pass-through exists (ECAP.PT).
     *
     * @return whether bit 6 of ECAP_REG is set
     */
    public boolean passesThrough() {
        return bit(ecap, 6);
    }

    /**
     * SNP may be set in second-stage entries (ECAP.SC).
     *
     * @return whether bit 7 of ECAP_REG is set
     */
    public boolean controlsSnooping() {
        return bit(ecap, 7);
    }

    /**
     * Where IVA_REG is (ECAP.IRO).
     *
     * @return bytes from the first register
     */
    public int iotlbRegisterOffset() {
        return field(ecap, 17, 8) * 16;
    }

    /**
     * The largest IM of interrupt-entry invalidations (ECAP.MHMV).
     *
     * @return 0 to 15
     */
    public int maximumHandleMask() {
        return field(ecap, 23, 20);
    }

    /**
     * Memory types exist (ECAP.MTS).
     *
     * @return whether bit 25 of ECAP_REG is set
     */
    public boolean hasMemoryTypes() {
        return bit(ecap, 25);
    }

    /**
     * Nested translation exists (ECAP.NEST).
     *
     * @return whether bit 26 of ECAP_REG is set
     */
    public boolean nests() {
        return bit(ecap, 26);
    }

    /**
     * Page requests exist (ECAP.PRS).
     *
     * @return whether bit 29 of ECAP_REG is set
     */
    public boolean takesPageRequests() {
        return bit(ecap, 29);
    }

    /**
     * Requests to execute exist (ECAP.ERS).
     *
     * @return whether bit 30 of ECAP_REG is set
     */
    public boolean takesExecuteRequests() {
        return bit(ecap, 30);
    }

    /**
     * Supervisor requests exist (ECAP.SRS).
     *
     * @return whether bit 31 of ECAP_REG is set
     */
    public boolean takesSupervisorRequests() {
        return bit(ecap, 31);
    }

    /**
     * The No-Write flag of translation requests is honoured (ECAP.NWFS).
     *
     * @return whether bit 33 of ECAP_REG is set
     */
    public boolean honoursNoWrite() {
        return bit(ecap, 33);
    }

    /**
     * The EA bit exists (ECAP.EAFS).
     *
     * @return whether bit 34 of ECAP_REG is set
     */
    public boolean hasExtendedAccessed() {
        return bit(ecap, 34);
    }

    /**
     * Width of PASIDs (ECAP.PSS + 1).
     *
     * @return bits, 1 to 20
     */
    public int pasidBits() {
        return field(ecap, 39, 35) + 1;
    }

    /**
     * Requests with PASID exist (ECAP.PASID).
     *
     * @return whether bit 40 of ECAP_REG is set
     */
    public boolean takesPasids() {
        return bit(ecap, 40);
    }

    /**
     * Device-TLB invalidations are throttled, and name a PF (ECAP.DIT).
     *
     * @return whether bit 41 of ECAP_REG is set
     */
    public boolean throttlesInvalidations() {
        return bit(ecap, 41);
    }

    /**
     * A wait descriptor may drain page requests (ECAP.PDS).
     *
     * @return whether bit 42 of ECAP_REG is set
     */
    public boolean drainsPageRequests() {
        return bit(ecap, 42);
    }

    /**
     * Scalable mode exists (ECAP.SMTS).
     *
     * @return whether bit 43 of ECAP_REG is set
     */
    public boolean hasScalableMode() {
        return bit(ecap, 43);
    }

    /**
     * The virtual command registers exist (ECAP.VCS).
     *
     * @return whether bit 44 of ECAP_REG is set
     */
    public boolean hasVirtualCommands() {
        return bit(ecap, 44);
    }

    /**
     * The second stage has accessed and dirty bits (ECAP.SSADS).
     *
     * @return whether bit 45 of ECAP_REG is set
     */
    public boolean hasSecondStageAccessedDirty() {
        return bit(ecap, 45);
    }

    /**
     * Second-stage translation exists in scalable mode (ECAP.SSTS).
     *
     * @return whether bit 46 of ECAP_REG is set
     */
    public boolean hasSecondStage() {
        return bit(ecap, 46);
    }

    /**
     * First-stage translation exists (ECAP.FSTS).
     *
     * @return whether bit 47 of ECAP_REG is set
     */
    public boolean hasFirstStage() {
        return bit(ecap, 47);
    }

    /**
     * Walks in scalable mode snoop when PWSNP says so (ECAP.SMPWCS).
     *
     * @return whether bit 48 of ECAP_REG is set
     */
    public boolean hasCoherentScalableWalks() {
        return bit(ecap, 48);
    }

    /**
     * RID_PASID of context entries is used (ECAP.RPS).
     *
     * @return whether bit 49 of ECAP_REG is set
     */
    public boolean hasRidPasid() {
        return bit(ecap, 49);
    }

    /**
     * The abort-DMA mode exists (ECAP.ADMS).
     *
     * @return whether bit 52 of ECAP_REG is set
     */
    public boolean abortsDma() {
        return bit(ecap, 52);
    }

    /**
     * RID_PRIV of context entries is used (ECAP.RPRIVS).
     *
     * @return whether bit 53 of ECAP_REG is set
     */
    public boolean hasRidPrivilege() {
        return bit(ecap, 53);
    }
}
