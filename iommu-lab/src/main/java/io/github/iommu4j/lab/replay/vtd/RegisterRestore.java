package io.github.iommu4j.lab.replay.vtd;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.RegisterDump;
import java.util.List;

/**
 * Brings a unit that was just reset into the captured state by what an operating system writes (Intel VT-d §11.4.4): events
 * and queue first, then each global command alone, translation last. The queue begins empty, at its start.
 */
final class RegisterRestore {

    private static final List<String> PLAIN = List.of(
            "FEDATA", "FEADDR", "FEUADDR", "FECTL", "IEDATA", "IEADDR", "IEUADDR", "IECTL", "IQA", "IRTA", "RTADDR");

    /** What must read back as captured, or the replay would be one of another machine. */
    private static final List<String> ESSENTIAL = List.of("VER", "CAP", "ECAP", "RTADDR", "IRTA", "GSTS");

    private static final long ONE_SHOT = 0x6900_0000L;
    private static final int[] COMMANDS_IN_ORDER = {26, 24, 25, 23, 30, 31};

    private final MmioRegion window;
    private final RegisterDump dump;

    RegisterRestore(MmioRegion window, RegisterDump dump) {
        this.window = window;
        this.dump = dump;
    }

    void run() throws CaptureException {
        for (String name : PLAIN) {
            RegisterDump.Register register = dump.find(name);
            if (register != null) {
                window.write(register.offset(), register.width(), register.value());
            }
        }
        long wanted = dump.require("GSTS");
        RegisterDump.Register command = dump.find("GCMD");
        if (command == null) {
            throw new CaptureException("regs.csv: no register GCMD");
        }
        long sticky = 0;
        for (int bit : COMMANDS_IN_ORDER) {
            long one = 1L << bit;
            if ((wanted & one) != 0) {
                window.write(command.offset(), command.width(), sticky | one);
                sticky |= one & ~ONE_SHOT;
            }
        }
        verify();
    }

    private void verify() throws CaptureException {
        for (String name : ESSENTIAL) {
            RegisterDump.Register register = dump.find(name);
            if (register == null) {
                continue;
            }
            long actual = window.read(register.offset(), register.width());
            if (actual != register.value()) {
                throw new CaptureException(String.format(
                        "regs.csv: %s=0x%x cannot be modelled, it reads back as 0x%x", name, register.value(), actual));
            }
        }
    }
}
