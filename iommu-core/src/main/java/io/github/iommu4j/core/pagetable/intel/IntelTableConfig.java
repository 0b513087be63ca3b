package io.github.iommu4j.core.pagetable.intel;

import io.github.iommu4j.core.pagetable.RunRule;
import io.github.iommu4j.core.pagetable.WalkCoherency;

/**
 * What is asked of a table. Immutable.
 *
 * @param stage which kind
 * @param width bits of an input address: 39 (second stage only), 48 or 57
 * @param largePages sizes of larger leaves as CAP.SSLPS has them: bit 0 for 2 MiB, bit 1 for 1 GiB
 * @param coherency whether the hardware's walks snoop (ECAP.C, ECAP.SMPWCS)
 * @param snoop whether accesses are made to snoop; without meaning for the first stage
 * @param execute whether execution is forbidden; without meaning for the second stage
 * @param runRule how calls for several pages go about it
 */
public record IntelTableConfig(
        IntelStage stage,
        int width,
        int largePages,
        WalkCoherency coherency,
        SnoopControl snoop,
        ExecuteDisable execute,
        RunRule runRule) {

    /**
     * Checks the widths.
     *
     * @throws IllegalArgumentException when the stage has no table of the width
     */
    public IntelTableConfig {
        boolean has39 = stage == IntelStage.SECOND && width == 39;
        if (!has39 && width != 48 && width != 57) {
            throw new IllegalArgumentException(stage + " stage has no table of " + width + " bits");
        }
        if ((largePages & ~3) != 0) {
            throw new IllegalArgumentException("large pages 0x" + Integer.toHexString(largePages)
                    + ": only bits 0 (2M) and 1 (1G) stand for a size");
        }
    }

    /**
     * A coherent table with leaves of 4 KiB only, as Linux 6.1 uses it.
     *
     * @param stage which kind
     * @param width bits of an input address: 39 (second stage only), 48 or 57
     * @return the configuration
     */
    public static IntelTableConfig of(IntelStage stage, int width) {
        return new IntelTableConfig(
                stage,
                width,
                0,
                WalkCoherency.COHERENT,
                SnoopControl.BY_DEVICE,
                ExecuteDisable.SET,
                RunRule.WHOLE_RANGE);
    }

    /**
     * The same with larger leaves.
     *
     * @param sizes bit 0 for 2 MiB, bit 1 for 1 GiB
     * @return the configuration
     */
    public IntelTableConfig withLargePages(int sizes) {
        return new IntelTableConfig(stage, width, sizes, coherency, snoop, execute, runRule);
    }

    /**
     * The same with another coherency.
     *
     * @param walks whether walks snoop
     * @return the configuration
     */
    public IntelTableConfig withCoherency(WalkCoherency walks) {
        return new IntelTableConfig(stage, width, largePages, walks, snoop, execute, runRule);
    }

    /**
     * The same with another rule for snooping.
     *
     * @param control whether accesses are made to snoop
     * @return the configuration
     */
    public IntelTableConfig withSnoop(SnoopControl control) {
        return new IntelTableConfig(stage, width, largePages, coherency, control, execute, runRule);
    }

    /**
     * The same with another rule for execution.
     *
     * @param disable whether execution is forbidden
     * @return the configuration
     */
    public IntelTableConfig withExecute(ExecuteDisable disable) {
        return new IntelTableConfig(stage, width, largePages, coherency, snoop, disable, runRule);
    }

    /**
     * The same with another rule for runs.
     *
     * @param rule how calls for several pages go about it
     * @return the configuration
     */
    public IntelTableConfig withRunRule(RunRule rule) {
        return new IntelTableConfig(stage, width, largePages, coherency, snoop, execute, rule);
    }

    /**
     * Levels of tables.
     *
     * @return 3 for 39 bits, 4 for 48, 5 for 57
     */
    public int levels() {
        return (width - 12) / 9;
    }

    /**
     * The width as entries of other structures have it (AW, Linux AGAW).
     *
     * @return 1 for 39 bits, 2 for 48, 3 for 57
     */
    public int widthCode() {
        return levels() - 2;
    }
}
