package io.github.iommu4j.lab.readme;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import java.io.PrintStream;

/** The README's example: what stands between the marks is printed there, and so is what it prints. */
final class ReadmeExample {

    private ReadmeExample() {}

    static void run(PrintStream out) {
        // readme: begin
        SparseMemory memory = new SparseMemory(); // or your bus behind PhysicalMemory
        Smmuv3 smmu = Smmuv3.builder(memory)
                .capabilities(Smmuv3Capabilities.linuxVirt10())
                .build();

        // What a guest's driver does: a stream table entry for stream 8, three levels of stage-2 tables, registers.
        memory.store64(0x4000_0200L, 0xDL); // STE: valid, stage 2
        memory.store64(0x4000_0208L, 0x1000_0000_00D6L);
        memory.store64(0x4000_0210L, 0x040C_3559_0000_0008L); // VMID 8, 39-bit input, 4K, faults recorded
        memory.store64(0x4000_0218L, 0x4021_0000L); // S2TTB
        memory.store64(0x4021_0000L, 0x4021_1003L); // level 1
        memory.store64(0x4021_1400L, 0x4021_2003L); // level 2
        memory.store64(0x4021_2000L, 0x4900_07FFL); // level 3: IPA 0x10000000 is PA 0x49000000
        MmioRegion registers = smmu.registers();
        registers.write(0x80, 8, 0x4000_0000L); // STRTAB_BASE
        registers.write(0x88, 4, 4); // STRTAB_BASE_CFG: linear, 16 entries
        registers.write(0xA0, 8, 0x4003_0000L | 7); // EVENTQ_BASE: 128 records
        registers.write(0x20, 4, 0b101); // CR0: SMMUEN, EVENTQEN

        // What a device does.
        out.println(smmu.translate(DmaRequest.write(8, 0x1000_0008L)));
        out.println(smmu.translate(DmaRequest.write(8, 0x2000_0000L)));
        out.println("records in the guest's event queue: " + registers.read(0x100A8, 4));
        out.print(smmu.explain(DmaRequest.read(8, 0x1000_0008L)).toText());

        // The hot path: no allocation, one packed long.
        long answer = smmu.translate(8, 0x1000_0040L, Access.READ);
        out.println(Translations.isOk(answer) + " 0x" + Long.toHexString(Translations.pa(answer)));
        // readme: end
    }
}
