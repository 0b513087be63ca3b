package io.github.iommu4j.lab.capture;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads captures. Whatever is wrong with a file is answered by one line that names the file, the line and the rule.
 */
public final class CaptureReader {

    private static final String REGISTERS = "regs.csv";
    private static final List<String> REGISTER_COLUMNS = List.of("name", "offset", "bytes", "value");
    private static final List<String> TRANSLATION_COLUMNS =
            List.of("sid", "iova", "pa", "qemu_perm", "walker_kind", "walker_size", "walker_r", "walker_w");
    private static final List<String> PROBE_COLUMNS = List.of(
            "sid",
            "iova",
            "len",
            "access",
            "qemu_verdict",
            "qemu_pa",
            "qemu_perm",
            "qemu_event",
            "qemu_event_raw",
            "walker_verdict",
            "walker_pa",
            "agree",
            "note");
    private static final List<String> UNMAPPED_COLUMNS = List.of("sid", "iova", "access", "fault");
    private static final List<String> EVENT_COLUMNS = List.of(
            "sid",
            "type",
            "name",
            "input_addr",
            "rnw",
            "class",
            "s2",
            "pnu",
            "ind",
            "ssv",
            "ssid",
            "stall",
            "addr2",
            "raw_le_bytes");

    private static final List<String> VTD_TRANSLATION_COLUMNS =
            List.of("sid", "iova", "pa", "walker_kind", "walker_size", "walker_r", "walker_w");
    private static final List<String> VTD_PROBE_COLUMNS = List.of(
            "sid",
            "iova",
            "len",
            "access",
            "qemu_verdict",
            "qemu_pa",
            "qemu_event",
            "walker_verdict",
            "walker_pa",
            "agree",
            "note");
    private static final List<String> FAULT_COLUMNS = List.of("sid", "addr", "reason", "write");

    private CaptureReader() {}

    /**
     * Reads a whole capture.
     *
     * @param source where its files are
     * @return the capture
     * @throws CaptureException when it is no capture, is damaged, or is of hardware that no driver here models
     */
    public static Capture read(CaptureSource source) throws CaptureException {
        Capture machine = readMachine(source);
        boolean vtd = machine.family() == Family.VTD;
        return new Capture(
                machine.name(),
                machine.family(),
                machine.registers(),
                machine.image(),
                CsvTable.read(
                        source,
                        "qemu_translations.csv",
                        vtd ? VTD_TRANSLATION_COLUMNS : TRANSLATION_COLUMNS,
                        vtd ? VtdRows::translation : RowReaders::translation),
                CsvTable.read(
                        source,
                        "probe.csv",
                        vtd ? VTD_PROBE_COLUMNS : PROBE_COLUMNS,
                        vtd ? VtdRows::probe : RowReaders::probe),
                CsvTable.read(source, "walker_unmapped.csv", UNMAPPED_COLUMNS, RowReaders::unmapped),
                vtd ? List.of() : CsvTable.read(source, "events.csv", EVENT_COLUMNS, RowReaders::event),
                vtd ? CsvTable.read(source, "qemu_faults.csv", FAULT_COLUMNS, VtdRows::fault) : List.of());
    }

    /**
     * Reads only what a machine needs: registers and memory. The other tables need not be there.
     *
     * @param source where the files are
     * @return the capture, without expectations
     * @throws CaptureException as {@link #read(CaptureSource)}
     */
    public static Capture readMachine(CaptureSource source) throws CaptureException {
        RegisterDump registers = registers(source);
        Family family = family(registers, source.name());
        MemoryImage image = MemoryImageReader.read(source);
        return new Capture(
                source.name(), family, registers, image, List.of(), List.of(), List.of(), List.of(), List.of());
    }

    private static RegisterDump registers(CaptureSource source) throws CaptureException {
        Map<String, RegisterDump.Register> registers = new LinkedHashMap<>();
        for (RegisterDump.Register register :
                CsvTable.read(source, REGISTERS, REGISTER_COLUMNS, RowReaders::register)) {
            if (registers.put(register.name(), register) != null) {
                throw new CaptureException(REGISTERS + ": register " + register.name() + " is listed twice");
            }
        }
        return new RegisterDump(registers);
    }

    private static Family family(RegisterDump registers, String name) throws CaptureException {
        Family family = registers.family() == Family.UNKNOWN ? Family.ofName(name) : registers.family();
        return switch (family) {
            case SMMUV3, VTD -> family;
            case AMDVI -> throw new CaptureException("no driver for " + family.label() + " yet (" + name + ")");
            case UNKNOWN ->
                throw new CaptureException(REGISTERS + ": not the registers of an IOMMU that is known here");
        };
    }
}
