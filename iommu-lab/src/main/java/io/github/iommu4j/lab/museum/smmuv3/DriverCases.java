package io.github.iommu4j.lab.museum.smmuv3;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.smmuv3.driver.Smmuv3Erratum;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Queue;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import io.github.iommu4j.testkit.errata.ErratumCase;
import java.util.List;
import java.util.Set;

/** The driver's mistakes. */
final class DriverCases {

    private static final String HARDWARE = "the hardware's answer to DMA";
    private static final long PAGE = 0x1000;
    private static final long PA = 0x8020_0000L;
    private static final long GIB = 1L << 30;

    private DriverCases() {}

    static List<ErratumCase> cases() {
        return List.of(
                new ErratumCase(
                        Smmuv3Erratum.STRTAB_INDEX_STRIDE,
                        "A device with StreamID 0x310 maps a page and reads it.",
                        HARDWARE,
                        "StreamID 0x310 does not reach what is mapped for it",
                        errata -> readsItsPage(0x310, errata)),
                new ErratumCase(
                        Smmuv3Erratum.STRTAB_LOG2SIZE_OF_FIRST_LEVEL,
                        "A device with StreamID 0x110 behind a unit with 16 bits of StreamID maps a page and reads it.",
                        HARDWARE,
                        "StreamID 0x110 does not reach what is mapped for it",
                        errata -> readsItsPage(0x110, errata)),
                new ErratumCase(
                        Smmuv3Erratum.PREFETCH_REGARDLESS,
                        "A device is attached behind a unit that firmware says does not know prefetch commands.",
                        "GERROR.CMDQ_ERR",
                        "the command queue stops at an illegal command",
                        DriverCases::attachWithoutPrefetch),
                new ErratumCase(
                        Smmuv3Erratum.LEVEL_HINT_FOR_TABLES,
                        "A gigabyte of 2 MiB blocks is unmapped at once.",
                        HARDWARE,
                        "0x40000000 is reached after it was unmapped",
                        DriverCases::unmapBlocks),
                new ErratumCase(
                        Smmuv3Erratum.EVENT_OVERFLOW_UNACKNOWLEDGED,
                        "A device faults once more often than the event queue has entries, and they are read.",
                        "EVENTQ_PROD.OVFLG against EVENTQ_CONS.OVACKFLG",
                        "the overflow is not acknowledged",
                        DriverCases::faultTooOften));
    }

    private static List<String> readsItsPage(int streamId, Set<Erratum> errata) {
        Rack rack = new Rack(streamId, errata);
        rack.domain().map(PAGE, PA, PAGE, Prot.READ_WRITE);
        return rack.reads(PAGE)
                ? List.of()
                : List.of(String.format("StreamID 0x%x does not reach what is mapped for it", streamId));
    }

    private static List<String> attachWithoutPrefetch(Set<Erratum> errata) {
        Rack rack = new Rack(0x110, errata, WithoutPrefetch::new);
        boolean stopped = rack.lines().stream().anyMatch(line -> line.contains("Illegal command"));
        return stopped ? List.of("the command queue stops at an illegal command") : List.of();
    }

    private static List<String> unmapBlocks(Set<Erratum> errata) {
        Rack rack = new Rack(0x110, errata);
        rack.domain().map(GIB, PA, GIB, Prot.READ_WRITE);
        rack.reads(GIB);
        rack.domain().unmap(GIB, GIB);
        return rack.reads(GIB) ? List.of(String.format("0x%x is reached after it was unmapped", GIB)) : List.of();
    }

    private static List<String> faultTooOften(Set<Erratum> errata) {
        Rack rack = new Rack(0x110, errata);
        long room = 1L << Queue.LOG2SIZE.getInt(rack.register(SmmuRegister.EVENTQ_BASE));
        for (long n = 0; n <= room; n++) {
            rack.reads(PAGE);
        }
        rack.step();
        boolean overflow = Queue.OVFLG.isSet(rack.register(SmmuRegister.EVENTQ_PROD));
        boolean acknowledged = Queue.OVACKFLG.isSet(rack.register(SmmuRegister.EVENTQ_CONS)) == overflow;
        return acknowledged ? List.of() : List.of("the overflow is not acknowledged");
    }
}
