package io.github.iommu4j.lab.faults;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.testkit.machine.DmaJob;
import io.github.iommu4j.testkit.machine.FakeDevice;
import java.util.List;
import java.util.Locale;

/** A machine with one IOMMU and one device that waits for pages. One task at a time. */
interface FaultScene {

    /** The IOMMU and how the device waits. */
    String name();

    IommuCore core();

    PhysicalMemory memory();

    DeviceNode node();

    FakeDevice device();

    /** What the unit answers the device's write to an address, or its request for a translation to write; changes nothing. */
    Explanation explain(long iova);

    /** A domain for the device, attached where its requests are translated. */
    IommuDomain attach();

    /** The job as the device has to make it: with its PASID, if it has one. */
    DmaJob job(DmaJob plain);

    /** Lets the driver handle its interrupts. */
    boolean step();

    /** Records the unit has queued since this was last asked, in hex. */
    List<String> takeRecords();

    /** Answers the driver has queued since this was last asked, with their name and in hex. */
    List<String> takeAnswers();

    /** Takes the device away. */
    void remove();

    /** How the device says in words that it waits. */
    String waiting();

    static String hex(long... words) {
        StringBuilder text = new StringBuilder(words.length * 17);
        for (long word : words) {
            text.append(String.format("%s%016x", text.length() == 0 ? "" : " ", word));
        }
        return text.toString();
    }

    /** How the kernel hears of a fault. */
    static String text(FaultEvent event) {
        String pasid = event.pasid() == TranslationUnit.NO_SUBSTREAM ? "" : ", PASID " + event.pasid();
        String what = event instanceof FaultEvent.PageRequest request
                ? String.format(
                        Locale.ROOT,
                        "PAGE_REQ group %d, address 0x%x, perm %d%s",
                        request.groupId(),
                        request.address(),
                        request.permissions(),
                        request.isLast() ? ", LAST_PAGE" : "")
                : "DMA_UNRECOV";
        return "iommu_report_device_fault: " + what + pasid;
    }
}
