package io.github.iommu4j.vtd.hardware;

/**
 * What reference machines do otherwise than the specification, to be switched on one by one; none is on by default. A
 * capture that was made on such a machine is compared with the model that does the same.
 */
public enum VtdDeviation {
    /**
     * Scalable-mode second-stage faults are reported with the legacy codes: 04h to 07h and 0Ch instead of 84h, 85h, 86h and
     * 79h, 78h, and 7Ah (QEMU 7.2; Intel VT-d §7.1).
     */
    SECOND_STAGE_CODES_OF_LEGACY,
    /**
     * Scalable-mode root and context faults are reported with the legacy codes: 08h, 01h, 0Ah, 09h, 02h, 0Bh instead of 38h
     * to 3Ah and 40h to 42h (QEMU; Intel VT-d §7.1).
     */
    STRUCTURE_CODES_OF_LEGACY,
    /** A PASID entry's type is looked at before its P bit, so that an entry of zeros is 5Bh (QEMU 10). */
    PASID_ENTRY_TYPE_BEFORE_PRESENT,
    /** RID_PASID of a context entry is used although ECAP.RPS is 0 (QEMU). */
    RID_PASID_WITHOUT_RPS,
    /** A fault of a request without PASID is recorded with PP=1 and the RID_PASID (QEMU). */
    REQUESTS_WITHOUT_PASID_RECORD_ONE,
    /** In scalable mode a top table that cannot be read is 03h (QEMU 7.2). */
    TOP_TABLE_CODE_OF_LEGACY,
    /** XD is neither reserved with NXE=0 nor honoured with NXE=1 (QEMU). */
    XD_IGNORED,
    /** Pass-through compares neither the address with the host's width nor AW with the largest one (QEMU). */
    PASS_THROUGH_UNCHECKED,
    /** 79h is reported for any missing second-stage permission, not only where there is none at all (VirtualBox). */
    ANY_MISSING_PERMISSION_IS_SSS_2,
    /** A and D bits are updated although the walk is not snooped, where 90h or 7Ch is due (QEMU; Intel VT-d §3.6.2). */
    UPDATES_WITHOUT_SNOOPING,
    /** What the IOTLB has is given whatever the access needs (QEMU reports such a translation and blocks it elsewhere). */
    PERMISSION_UNCHECKED_ON_HIT,
    /** Fault information keeps address bits above MGAW (QEMU); Intel's datasheets say they read 0. */
    FAULT_ADDRESS_UNCUT,
    /** SVT=10b takes SID[15:8] as the last bus and SID[7:0] as the first (QEMU). */
    BUS_RANGE_REVERSED,
    /** Interrupts in compatibility format pass whatever CFIS and EIME say (QEMU). */
    COMPATIBILITY_FORMAT_PASSES,
    /** A wait descriptor with both IF and SW, or with neither, is an invalid descriptor (QEMU). */
    WAIT_DOES_ONE_THING,
    /** CCMD_REG is executed in scalable mode (QEMU). */
    CONTEXT_COMMAND_IN_ANY_MODE,
    /** After IQE was cleared the queue goes on with the next write of IQT_REG only (QEMU). */
    QUEUE_RESUMES_ON_TAIL_WRITE,
    /** Switching translation off makes the next fault go to record 0 (QEMU). */
    FAULT_INDEX_RESET_WITH_TRANSLATION,
    /** The span of an invalidation is computed in 6 bits of shift, so that AM=52 and more invalidates as if modulo 64 (a well-known emulator). */
    INVALIDATION_AM_OF_6_BITS,
    /** A domain-selective command in CCMD_REG takes every context entry out, and CAIG says so with 01b (QEMU). */
    CONTEXT_DOMAIN_COMMAND_IS_GLOBAL,
    /** Beside the queue, commands in CCMD_REG and IOTLB_REG are not refused: ICC and IVT stay 1 (QEMU). */
    COMMAND_REGISTERS_HANG_BESIDE_QUEUE,
    /** GCMD_REG.QIE can be cleared only while the queue is empty and its last descriptor was a wait (QEMU). */
    QUEUE_STOPS_AFTER_WAIT_ONLY
}
