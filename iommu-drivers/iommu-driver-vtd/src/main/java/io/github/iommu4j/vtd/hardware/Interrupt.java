package io.github.iommu4j.vtd.hardware;

/**
 * An interrupt on its way to a local APIC. Immutable.
 *
 * @param destination APIC id or logical destination: 8 bits, or 32 where IRTA_REG.EIME is set
 * @param vector 8 bits
 * @param deliveryMode 0 fixed, 1 lowest priority, 2 SMI, 4 NMI, 5 INIT, 7 ExtINT
 * @param flags what else it has
 */
public record Interrupt(int destination, int vector, int deliveryMode, Flags flags) {

    /**
     * What else an interrupt has.
     *
     * @param logical the destination is logical (DM)
     * @param redirectable redirection hint (RH)
     * @param level level triggered (TM)
     */
    public record Flags(boolean logical, boolean redirectable, boolean level) {}
}
