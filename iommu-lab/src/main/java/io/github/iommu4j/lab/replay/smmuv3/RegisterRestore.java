package io.github.iommu4j.lab.replay.smmuv3;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.RegisterDump;
import java.util.List;

/**
 * Brings a unit that was just reset into the captured state, in an order every register's guard allows (IHI 0070
 * §6.3): tables and queues first, bases before indexes, enables last.
 */
final class RegisterRestore {

    private static final long GBPA_UPDATE = 1L << 31;
    private static final long CR0_SMMUEN = 1;

    private static final List<String> WHILE_DISABLED = List.of(
            "CR1",
            "CR2",
            "STRTAB_BASE",
            "STRTAB_BASE_CFG",
            "CMDQ_BASE",
            "CMDQ_PROD",
            "CMDQ_CONS",
            "EVENTQ_BASE",
            "EVENTQ_PROD",
            "EVENTQ_CONS",
            "PRIQ_BASE",
            "PRIQ_PROD",
            "PRIQ_CONS");

    /** What must read back as captured, or the replay would be one of another machine. */
    private static final List<String> ESSENTIAL = List.of(
            "IDR0",
            "IDR1",
            "IDR3",
            "IDR5",
            "CR0",
            "CR0ACK",
            "CR1",
            "STRTAB_BASE",
            "STRTAB_BASE_CFG",
            "GBPA",
            "CMDQ_BASE",
            "EVENTQ_BASE",
            "EVENTQ_PROD");

    private final MmioRegion window;
    private final RegisterDump dump;

    RegisterRestore(MmioRegion window, RegisterDump dump) {
        this.window = window;
        this.dump = dump;
    }

    void run() throws CaptureException {
        for (String name : WHILE_DISABLED) {
            write(name, 0);
        }
        write("GBPA", GBPA_UPDATE);
        write("IRQ_CTRL", 0);
        RegisterDump.Register control = dump.find("CR0");
        if (control != null) {
            window.write(control.offset(), control.width(), control.value() & ~CR0_SMMUEN);
            window.write(control.offset(), control.width(), control.value());
        }
        verify();
    }

    private void write(String name, long extraBits) {
        RegisterDump.Register register = dump.find(name);
        if (register != null) {
            window.write(register.offset(), register.width(), register.value() | extraBits);
        }
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
