package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.armshort.layout.SmiCommonLayout;

/** The part of an SMI common that an M4U depends on: which engine serves which larb. Thread-safe. */
public final class SmiCommon {

    private volatile int busSel;
    private final MmioRegion registers = new WordWindow(SmiCommonLayout.WINDOW) {
        @Override
        int load(int offset) {
            return offset == SmiCommonLayout.BUS_SEL ? busSel : 0;
        }

        @Override
        void store(int offset, int value) {
            if (offset == SmiCommonLayout.BUS_SEL) {
                busSel = value;
            }
        }
    };

    SmiCommon() {}

    /**
     * The register window.
     *
     * @return the same region on every call
     */
    public MmioRegion registers() {
        return registers;
    }

    /** Loses all settings, as when its power is cut. */
    public void reset() {
        busSel = 0;
    }

    /**
     * The engine that serves a larb.
     *
     * @param larb the larb's id, 0 to 31
     * @return 0 or 1
     */
    public int engine(int larb) {
        return SmiCommonLayout.engine(busSel, larb);
    }
}
