package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.core.bits.BitField;

/** Makes {@link VtdCapabilities} field by field; start from {@link VtdCapabilities#toBuilder}. Not thread-safe. */
public final class VtdCapabilitiesBuilder {

    private static final BitField ND = BitField.bits(2, 0),
            SAGAW = BitField.bits(12, 8),
            MGAW = BitField.bits(21, 16),
            SSLPS = BitField.bits(37, 34),
            NFR = BitField.bits(47, 40),
            MAMV = BitField.bits(53, 48);
    private static final BitField PSS = BitField.bits(39, 35);

    private final int version;
    private long cap;
    private long ecap;
    private int hostAddressWidth;

    VtdCapabilitiesBuilder(VtdCapabilities start) {
        version = start.version();
        cap = start.cap();
        ecap = start.ecap();
        hostAddressWidth = start.hostAddressWidth();
    }

    /**
     * Adds features.
     *
     * @param features what the unit shall have
     * @return this
     */
    public VtdCapabilitiesBuilder with(VtdFeature... features) {
        for (VtdFeature feature : features) {
            cap |= feature.capMask();
            ecap |= feature.ecapMask();
        }
        return this;
    }

    /**
     * Takes features away.
     *
     * @param features what the unit shall not have
     * @return this
     */
    public VtdCapabilitiesBuilder without(VtdFeature... features) {
        for (VtdFeature feature : features) {
            cap &= ~feature.capMask();
            ecap &= ~feature.ecapMask();
        }
        return this;
    }

    /**
     * Width of host physical addresses.
     *
     * @param bits 12 to 52
     * @return this
     */
    public VtdCapabilitiesBuilder hostAddressWidth(int bits) {
        hostAddressWidth = bits;
        return this;
    }

    /**
     * CAP.MGAW.
     *
     * @param bits the most bits of a second-stage input address, 1 to 64
     * @return this
     */
    public VtdCapabilitiesBuilder guestAddressWidth(int bits) {
        cap = MGAW.with(cap, bits - 1L);
        return this;
    }

    /**
     * CAP.SAGAW.
     *
     * @param widths a bit for each AW code: bit 1 is 39 bits, 2 is 48, 3 is 57
     * @return this
     */
    public VtdCapabilitiesBuilder secondStageWidths(int widths) {
        cap = SAGAW.with(cap, widths);
        return this;
    }

    /**
     * CAP.SSLPS.
     *
     * @param pages bit 0 for 2 MiB, bit 1 for 1 GiB
     * @return this
     */
    public VtdCapabilitiesBuilder secondStageLargePages(int pages) {
        cap = SSLPS.with(cap, pages);
        return this;
    }

    /**
     * CAP.ND.
     *
     * @param bits width of a domain id, an even number from 4 to 16
     * @return this
     * @throws IllegalArgumentException when there is no such width
     */
    public VtdCapabilitiesBuilder domainIdBits(int bits) {
        if (bits < 4 || bits > 16 || bits % 2 != 0) {
            throw new IllegalArgumentException(bits + " bits of a domain id: not an even number from 4 to 16");
        }
        cap = ND.with(cap, bits / 2 - 2L);
        return this;
    }

    /**
     * CAP.NFR.
     *
     * @param records fault-recording registers, 1 to 256
     * @return this
     */
    public VtdCapabilitiesBuilder faultRecords(int records) {
        cap = NFR.with(cap, records - 1L);
        return this;
    }

    /**
     * CAP.MAMV.
     *
     * @param am 0 to 63
     * @return this
     */
    public VtdCapabilitiesBuilder maximumAddressMask(int am) {
        cap = MAMV.with(cap, am);
        return this;
    }

    /**
     * ECAP.PSS.
     *
     * @param bits width of a PASID, 1 to 20
     * @return this
     */
    public VtdCapabilitiesBuilder pasidBits(int bits) {
        ecap = PSS.with(ecap, bits - 1L);
        return this;
    }

    /**
     * The capabilities.
     *
     * @return what was asked for
     * @throws IllegalArgumentException naming the value and the rule when no such unit can exist
     */
    public VtdCapabilities build() {
        return VtdCapabilities.of(version, cap, ecap, hostAddressWidth);
    }
}
