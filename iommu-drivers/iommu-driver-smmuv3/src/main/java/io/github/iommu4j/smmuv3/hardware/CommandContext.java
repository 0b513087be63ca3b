package io.github.iommu4j.smmuv3.hardware;

/**
 * What the meaning of a command depends on besides the command, as it was when the command was fetched.
 *
 * @param translating effective CR0.SMMUEN
 * @param el2HostExtensions CR2.E2H
 * @param vmidMask the VMID bits that invalidations compare: all 16 without the low ones that CR0.VMW names
 */
record CommandContext(boolean translating, boolean el2HostExtensions, int vmidMask) {}
