package io.github.iommu4j.lab.capture;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Register values read while the machine stood still ({@code regs.csv}), in the order of the file. Immutable.
 *
 * @param registers name to value
 */
public record RegisterDump(Map<String, Register> registers) {

    /** Copies the map, in order. */
    public RegisterDump {
        registers = Collections.unmodifiableMap(new LinkedHashMap<>(registers));
    }

    /**
     * One register.
     *
     * @param name the specification's name
     * @param offset byte offset from the start of the register window
     * @param width 4 or 8 bytes
     * @param value the value read
     */
    public record Register(String name, long offset, int width, long value) {}

    /**
     * A register that every capture of this family has.
     *
     * @param name the specification's name
     * @return its value
     * @throws CaptureException when the capture has no such register
     */
    public long require(String name) throws CaptureException {
        Register register = registers.get(name);
        if (register == null) {
            throw new CaptureException("regs.csv: no register " + name);
        }
        return register.value();
    }

    /**
     * A register that only some captures have.
     *
     * @param name the specification's name
     * @return the register, or {@code null}
     */
    public @Nullable Register find(String name) {
        return registers.get(name);
    }

    /**
     * Which hardware these registers belong to, told by the registers that only one family has.
     *
     * @return the family
     */
    public Family family() {
        if (registers.containsKey("STRTAB_BASE")) {
            return Family.SMMUV3;
        }
        if (registers.containsKey("ECAP")) {
            return Family.VTD;
        }
        return registers.containsKey("DEVTAB") ? Family.AMDVI : Family.UNKNOWN;
    }
}
