package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
import java.util.Locale;

/** An event as the kernel's log shows it: its four words, and from 6.15 on what they say. */
final class EventText {

    private static final String[] CLASSES = {
        "CD fetch", "Stage 1 translation table fetch", "Input address caused fault", "Reserved"
    };

    private EventText() {}

    static void print(SmmuUnit unit, EventRecord event) {
        boolean described = unit.host().kernel().release().smmuv3DescribesEvents();
        KernelLog.Level level = described ? KernelLog.Level.ERR : KernelLog.Level.INFO;
        StructureParts parts = unit.parts();
        parts.print(level, String.format("event 0x%02x received:", event.number()));
        for (long word : new long[] {event.dw0(), event.dw1(), event.dw2(), event.dw3()}) {
            parts.print(level, String.format("\t0x%016x", word));
        }
        if (described) {
            describe(unit, event);
        }
    }

    private static void describe(SmmuUnit unit, EventRecord event) {
        StructureParts parts = unit.parts();
        EventType type = event.type().orElse(null);
        String what = String.format(
                Locale.ROOT,
                "event: %s client: %s sid: %#x ssid: %#x",
                type == null ? "UNKNOWN" : type.name(),
                client(unit, event),
                event.streamId(),
                event.substreamId());
        if (type == null) {
            parts.print(KernelLog.Level.ERR, what);
            return;
        }
        switch (type) {
            case F_TRANSLATION, F_ADDR_SIZE, F_ACCESS, F_PERMISSION -> {
                parts.print(
                        KernelLog.Level.ERR,
                        String.format(Locale.ROOT, "%s iova: %#x ipa: %#x", what, event.inputAddress(), event.ipa()));
                parts.print(KernelLog.Level.ERR, access(event));
            }
            case F_STE_FETCH, F_CD_FETCH, F_VMS_FETCH ->
                parts.print(
                        KernelLog.Level.ERR,
                        String.format(Locale.ROOT, "%s fetch_addr: %#x", what, event.fetchAddress()));
            default -> parts.print(KernelLog.Level.ERR, what);
        }
    }

    private static String client(SmmuUnit unit, EventRecord event) {
        unit.streams().mutex().lock();
        try {
            Master master = unit.streams().findLocked(event.streamId());
            return master == null ? "(unassigned sid)" : master.device().name();
        } finally {
            unit.streams().mutex().unlock();
        }
    }

    private static String access(EventRecord event) {
        boolean table = event.eventClass() == EventRecord.CLASS_TT;
        return String.format(
                Locale.ROOT,
                "%s %s %s %s \"%s\"%s%s stag: %#x",
                event.pnu() ? "priv" : "unpriv",
                event.ind() ? "inst" : "data",
                event.rnw() ? "read" : "write",
                event.s2() ? "s2" : "s1",
                CLASSES[event.eventClass()],
                table ? event.ttrnw() ? " ttd_read" : " ttd_write" : "",
                event.stall() ? " stall" : "",
                event.stag());
    }
}
