package io.github.iommu4j.lab.capture;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads captures. Whatever is wrong with a file is answered by one line that names the file, the line and the rule.
 */
public final class CaptureReader {

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
                        CaptureTable.translations(machine.family()),
                        vtd ? VtdRows::translation : RowReaders::translation),
                CsvTable.read(source, CaptureTable.probes(machine.family()), vtd ? VtdRows::probe : RowReaders::probe),
                CsvTable.read(source, CaptureTable.UNMAPPED, RowReaders::unmapped),
                vtd ? List.of() : CsvTable.read(source, CaptureTable.EVENTS, RowReaders::event),
                vtd ? CsvTable.read(source, CaptureTable.FAULTS, VtdRows::fault) : List.of());
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
        for (RegisterDump.Register register : CsvTable.read(source, CaptureTable.REGISTERS, RowReaders::register)) {
            if (registers.put(register.name(), register) != null) {
                throw new CaptureException(
                        CaptureTable.REGISTERS.file() + ": register " + register.name() + " is listed twice");
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
                throw new CaptureException(
                        CaptureTable.REGISTERS.file() + ": not the registers of an IOMMU that is known here");
        };
    }
}
