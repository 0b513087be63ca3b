package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;

/**
 * What an SMMUv3 can do, as its identification registers say it (IHI 0070 §6.3.1-6.3.8). Immutable.
 *
 * <p>Start from a preset and change fields by name:
 *
 * <pre>{@code
 * Smmuv3Capabilities.everything().toBuilder().set(IdField.SIDSIZE, 16).set(IdField.S2P, 0).set(IdField.HYP, 0).build()
 * }</pre>
 *
 * Reserved values, contradictions and features this model does not have are refused. Which features a minor version
 * makes mandatory is not checked: parts and emulators in use do not keep to it.
 *
 * @param idr0 IDR0
 * @param idr1 IDR1
 * @param idr3 IDR3
 * @param idr5 IDR5
 * @param aidr AIDR
 * @param iidr IIDR: implementer [11:0], revision [15:12], variant [19:16], product [31:20]
 * @param gbpaReset GBPA after reset, which is implementation defined; Update must be 0
 */
public record Smmuv3Capabilities(int idr0, int idr1, int idr3, int idr5, int aidr, int iidr, int gbpaReset) {

    private static final int[] OAS_BITS = {32, 36, 40, 42, 44, 48, 52};

    /**
     * Checks that the fields agree.
     *
     * @throws IllegalArgumentException naming the value and the rule it breaks
     */
    public Smmuv3Capabilities {
        CapabilityRules.check(idr0, idr1, idr3, idr5, aidr, gbpaReset);
    }

    /**
     * The machine {@code virt} of QEMU 7.2: stage 1 only, 16-bit StreamIDs, no substreams, 44-bit addresses.
     *
     * @return the capabilities
     */
    public static Smmuv3Capabilities linuxVirt7() {
        return fromIdRegisters(0x0D40_101A, 0x0273_0010, 0x1404, 0x74, 1);
    }

    /**
     * The machine {@code virt} of QEMU 10.0 with both stages: as {@link #linuxVirt7()}, with stage 2, 16-bit VMIDs and
     * XNX.
     *
     * @return the capabilities
     */
    public static Smmuv3Capabilities linuxVirt10() {
        return new Smmuv3Capabilities(0x0D44_101B, 0x0273_0010, 0x1414, 0x74, 1, 0, 0x1000);
    }

    /**
     * All that this model implements, as SMMUv3.3: both stages, all granules, 52-bit addresses, 32-bit StreamIDs,
     * 20-bit SubstreamIDs, two-level tables, range invalidation, EL2 streams, MSIs, ATS, page requests, 1024 stalls,
     * hardware update of access flag and dirty state.
     *
     * @return the capabilities
     */
    public static Smmuv3Capabilities everything() {
        return builder()
                .enable(IdField.S1P, IdField.S2P, IdField.COHACC, IdField.HYP, IdField.ASID16, IdField.VMID16)
                .enable(IdField.MSI, IdField.SEV, IdField.VMW, IdField.CD2L, IdField.ST_LEVEL)
                .enable(IdField.ATS, IdField.PRI, IdField.ATSRECERR)
                .set(IdField.TTF, 2)
                .set(IdField.HTTU, 2)
                .set(IdField.STALL_MAX, 1024)
                .set(IdField.SIDSIZE, 32)
                .set(IdField.SSIDSIZE, 20)
                .set(IdField.PRIQS, 19)
                .set(IdField.EVENTQS, 19)
                .set(IdField.CMDQS, 19)
                .enable(IdField.ATTR_PERMS_OVR, IdField.ATTR_TYPES_OVR)
                .enable(
                        IdField.HAD,
                        IdField.XNX,
                        IdField.PPS,
                        IdField.FWB,
                        IdField.STT,
                        IdField.RIL,
                        IdField.E0PD,
                        IdField.PTWNNC)
                .set(IdField.BBML, 2)
                .set(IdField.OAS, 6)
                .set(IdField.VAX, 1)
                .enable(IdField.GRAN4K, IdField.GRAN16K, IdField.GRAN64K)
                .set(IdField.ARCH_MINOR, 3)
                .build();
    }

    /**
     * The capabilities of a part whose registers were read.
     *
     * @param idr0 IDR0
     * @param idr1 IDR1
     * @param idr3 IDR3
     * @param idr5 IDR5
     * @param aidr AIDR
     * @return the capabilities, with IIDR and the reset value of GBPA zero
     * @throws IllegalArgumentException when this model cannot be such a part, naming the value and the rule
     */
    public static Smmuv3Capabilities fromIdRegisters(int idr0, int idr1, int idr3, int idr5, int aidr) {
        return new Smmuv3Capabilities(idr0, idr1, idr3, idr5, aidr, 0, 0);
    }

    /**
     * A builder with every field zero.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * A builder that starts from these capabilities.
     *
     * @return the builder
     */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.idr0 = idr0;
        builder.idr1 = idr1;
        builder.idr3 = idr3;
        builder.idr5 = idr5;
        builder.aidr = aidr;
        builder.iidr = iidr;
        builder.gbpaReset = gbpaReset;
        return builder;
    }

    /**
     * Any field by name.
     *
     * @param field a field of an identification register
     * @return its value
     */
    public int get(IdField field) {
        return field.get(idRegister(field.register()));
    }

    private boolean has(IdField field) {
        return get(field) != 0;
    }

    private int idRegister(SmmuRegister register) {
        return switch (register) {
            case IDR0 -> idr0;
            case IDR1 -> idr1;
            case IDR3 -> idr3;
            case IDR5 -> idr5;
            default -> aidr;
        };
    }

    /**
     * S1P: stage 1 translation.
     *
     * @return whether the bit is set
     */
    public boolean s1p() {
        return has(IdField.S1P);
    }

    /**
     * S2P: stage 2 translation.
     *
     * @return whether the bit is set
     */
    public boolean s2p() {
        return has(IdField.S2P);
    }

    /**
     * COHACC: own accesses are IO-coherent.
     *
     * @return whether the bit is set
     */
    public boolean cohacc() {
        return has(IdField.COHACC);
    }

    /**
     * BTM: broadcast TLB maintenance.
     *
     * @return whether the bit is set
     */
    public boolean btm() {
        return has(IdField.BTM);
    }

    /**
     * HYP: EL2 and EL2-E2H streams.
     *
     * @return whether the bit is set
     */
    public boolean hyp() {
        return has(IdField.HYP);
    }

    /**
     * ATS: PCIe ATS.
     *
     * @return whether the bit is set
     */
    public boolean ats() {
        return has(IdField.ATS);
    }

    /**
     * NS1ATS: split-stage ATS is <em>not</em> supported.
     *
     * @return whether the bit is set
     */
    public boolean ns1ats() {
        return has(IdField.NS1ATS);
    }

    /**
     * ASID16: 16-bit ASIDs.
     *
     * @return whether the bit is set
     */
    public boolean asid16() {
        return has(IdField.ASID16);
    }

    /**
     * MSI: message-signalled interrupts.
     *
     * @return whether the bit is set
     */
    public boolean msi() {
        return has(IdField.MSI);
    }

    /**
     * SEV: WFE wake-up events.
     *
     * @return whether the bit is set
     */
    public boolean sev() {
        return has(IdField.SEV);
    }

    /**
     * PRI: page requests.
     *
     * @return whether the bit is set
     */
    public boolean pri() {
        return has(IdField.PRI);
    }

    /**
     * VMW: VMID wildcards.
     *
     * @return whether the bit is set
     */
    public boolean vmw() {
        return has(IdField.VMW);
    }

    /**
     * VMID16: 16-bit VMIDs.
     *
     * @return whether the bit is set
     */
    public boolean vmid16() {
        return has(IdField.VMID16);
    }

    /**
     * CD2L: two-level CD tables.
     *
     * @return whether the bit is set
     */
    public boolean cd2l() {
        return has(IdField.CD2L);
    }

    /**
     * ATSRECERR: CR2.REC_CFG_ATS exists.
     *
     * @return whether the bit is set
     */
    public boolean atsrecerr() {
        return has(IdField.ATSRECERR);
    }

    /**
     * TERM_MODEL: a terminated access always aborts (CD.A must be 1).
     *
     * @return whether the bit is set
     */
    public boolean termModel() {
        return has(IdField.TERM_MODEL);
    }

    /**
     * ATTR_PERMS_OVR: permission attributes can be overridden.
     *
     * @return whether the bit is set
     */
    public boolean attrPermsOverride() {
        return has(IdField.ATTR_PERMS_OVR);
    }

    /**
     * ATTR_TYPES_OVR: memory attributes can be overridden.
     *
     * @return whether the bit is set
     */
    public boolean attrTypesOverride() {
        return has(IdField.ATTR_TYPES_OVR);
    }

    /**
     * HAD: hierarchical attributes can be disabled.
     *
     * @return whether the bit is set
     */
    public boolean had() {
        return has(IdField.HAD);
    }

    /**
     * PBHA: page-based hardware attributes.
     *
     * @return whether the bit is set
     */
    public boolean pbha() {
        return has(IdField.PBHA);
    }

    /**
     * XNX: two-bit execute-never at stage 2.
     *
     * @return whether the bit is set
     */
    public boolean xnx() {
        return has(IdField.XNX);
    }

    /**
     * PPS: PASID in automatic page responses.
     *
     * @return whether the bit is set
     */
    public boolean pps() {
        return has(IdField.PPS);
    }

    /**
     * FWB: stage 2 forces write-back.
     *
     * @return whether the bit is set
     */
    public boolean fwb() {
        return has(IdField.FWB);
    }

    /**
     * STT: small translation tables.
     *
     * @return whether the bit is set
     */
    public boolean stt() {
        return has(IdField.STT);
    }

    /**
     * RIL: range invalidation and level hints.
     *
     * @return whether the bit is set
     */
    public boolean ril() {
        return has(IdField.RIL);
    }

    /**
     * E0PD: E0PD fields of a CD.
     *
     * @return whether the bit is set
     */
    public boolean e0pd() {
        return has(IdField.E0PD);
    }

    /**
     * PTWNNC: stage-1 tables in Device memory are read as Normal Non-cacheable.
     *
     * @return whether the bit is set
     */
    public boolean ptwnnc() {
        return has(IdField.PTWNNC);
    }

    /**
     * GRAN4K: 4 KiB granule.
     *
     * @return whether the bit is set
     */
    public boolean gran4k() {
        return has(IdField.GRAN4K);
    }

    /**
     * GRAN16K: 16 KiB granule.
     *
     * @return whether the bit is set
     */
    public boolean gran16k() {
        return has(IdField.GRAN16K);
    }

    /**
     * GRAN64K: 64 KiB granule.
     *
     * @return whether the bit is set
     */
    public boolean gran64k() {
        return has(IdField.GRAN64K);
    }

    /**
     * HTTU: hardware update of descriptors.
     *
     * @return 0 none, 1 access flag, 2 access flag and dirty state
     */
    public int httu() {
        return get(IdField.HTTU);
    }

    /**
     * TTENDIAN: endianness of tables.
     *
     * @return 0 mixed, 2 little, 3 big
     */
    public int ttendian() {
        return get(IdField.TTENDIAN);
    }

    /**
     * STALL_MODEL: stall model.
     *
     * @return 0 stall and terminate, 1 terminate only, 2 stall forced
     */
    public int stallModel() {
        return get(IdField.STALL_MODEL);
    }

    /**
     * SIDSIZE: bits of a StreamID.
     *
     * @return 0 to 32
     */
    public int sidSize() {
        return get(IdField.SIDSIZE);
    }

    /**
     * SSIDSIZE: bits of a SubstreamID.
     *
     * @return 0 to 20
     */
    public int ssidSize() {
        return get(IdField.SSIDSIZE);
    }

    /**
     * CMDQS: log2 of the largest command queue.
     *
     * @return 0 to 19
     */
    public int cmdqs() {
        return get(IdField.CMDQS);
    }

    /**
     * EVENTQS: log2 of the largest event queue.
     *
     * @return 0 to 19
     */
    public int eventqs() {
        return get(IdField.EVENTQS);
    }

    /**
     * PRIQS: log2 of the largest PRI queue.
     *
     * @return 0 to 19
     */
    public int priqs() {
        return get(IdField.PRIQS);
    }

    /**
     * BBML: break-before-make level.
     *
     * @return 0 to 2
     */
    public int bbml() {
        return get(IdField.BBML);
    }

    /**
     * STALL_MAX: largest number of stalled transactions.
     *
     * @return 0 to 65535
     */
    public int stallMax() {
        return get(IdField.STALL_MAX);
    }

    /**
     * ARCH_MINOR: minor version.
     *
     * @return 0 to 3 for SMMUv3.0 to SMMUv3.3
     */
    public int archMinor() {
        return get(IdField.ARCH_MINOR);
    }

    /**
     * TTF: AArch32 (LPAE) tables.
     *
     * @return whether supported
     */
    public boolean ttfAArch32() {
        return (get(IdField.TTF) & 1) != 0;
    }

    /**
     * TTF: AArch64 (VMSAv8-64) tables.
     *
     * @return whether supported
     */
    public boolean ttfAArch64() {
        return (get(IdField.TTF) & 2) != 0;
    }

    /**
     * ST_LEVEL: two-level stream tables.
     *
     * @return whether supported
     */
    public boolean stLevel() {
        return has(IdField.ST_LEVEL);
    }

    /**
     * OAS, in bits.
     *
     * @return 32, 36, 40, 42, 44, 48 or 52
     */
    public int oasBits() {
        return OAS_BITS[get(IdField.OAS)];
    }

    /**
     * IAS, in bits: the larger of 40 with AArch32 tables and {@link #oasBits()} with AArch64 tables (§3.4).
     *
     * @return 32 to 52
     */
    public int iasBits() {
        return Math.max(ttfAArch32() ? 40 : 0, ttfAArch64() ? oasBits() : 0);
    }

    /**
     * VAX: virtual address bits behind one table base.
     *
     * @return 48 or 52
     */
    public int vaxBits() {
        return get(IdField.VAX) == 1 ? 52 : 48;
    }

    /** Collects fields. Not thread-safe. */
    public static final class Builder {

        private int idr0;
        private int idr1;
        private int idr3;
        private int idr5;
        private int aidr;
        private int iidr;
        private int gbpaReset;

        private Builder() {}

        /**
         * Sets a field.
         *
         * @param field the field
         * @param value its value, shifted down to bit 0
         * @return this
         * @throws IllegalArgumentException when the value does not fit in the field
         */
        public Builder set(IdField field, int value) {
            switch (field.register()) {
                case IDR0 -> idr0 = with(idr0, field, value);
                case IDR1 -> idr1 = with(idr1, field, value);
                case IDR3 -> idr3 = with(idr3, field, value);
                case IDR5 -> idr5 = with(idr5, field, value);
                default -> aidr = with(aidr, field, value);
            }
            return this;
        }

        /**
         * Sets fields to 1.
         *
         * @param fields the fields
         * @return this
         */
        public Builder enable(IdField... fields) {
            for (IdField field : fields) {
                set(field, 1);
            }
            return this;
        }

        /**
         * Sets fields to 0.
         *
         * @param fields the fields
         * @return this
         */
        public Builder disable(IdField... fields) {
            for (IdField field : fields) {
                set(field, 0);
            }
            return this;
        }

        /**
         * Sets IIDR.
         *
         * @param value the register
         * @return this
         */
        public Builder iidr(int value) {
            iidr = value;
            return this;
        }

        /**
         * Sets what GBPA holds after reset.
         *
         * @param value the register, Update 0
         * @return this
         */
        public Builder gbpaReset(int value) {
            gbpaReset = value;
            return this;
        }

        /**
         * Checks and makes the capabilities.
         *
         * @return the capabilities
         * @throws IllegalArgumentException naming the value and the rule it breaks
         */
        public Smmuv3Capabilities build() {
            return new Smmuv3Capabilities(idr0, idr1, idr3, idr5, aidr, iidr, gbpaReset);
        }

        private static int with(int raw, IdField field, int value) {
            return (int) field.field().with(Integer.toUnsignedLong(raw), Integer.toUnsignedLong(value));
        }
    }
}
