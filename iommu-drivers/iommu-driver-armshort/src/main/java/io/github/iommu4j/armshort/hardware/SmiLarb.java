package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.armshort.layout.LarbControl;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * A local arbiter of MediaTek's Smart Multimedia Interface: its ports reach memory through the M4U or past it, as its
 * registers say. Everything goes past it after reset.
 *
 * <p>Thread-safe.
 */
public final class SmiLarb {

    private final int id;
    private final int ports;
    private final LarbControl control;
    /** One word, or one for each port. */
    private final AtomicIntegerArray words;

    private final MmioRegion registers;

    SmiLarb(LarbWiring wiring, LarbControl control) {
        this.id = wiring.larb();
        this.ports = wiring.ports();
        this.control = control;
        this.words = new AtomicIntegerArray(control.hasWordForEachPort() ? ports : 1);
        this.registers = new Window();
    }

    /**
     * The larb's id.
     *
     * @return 0 to 31
     */
    public int id() {
        return id;
    }

    /**
     * How many ports it has.
     *
     * @return 1 to 32
     */
    public int ports() {
        return ports;
    }

    /**
     * The register window.
     *
     * @return the same region on every call
     */
    public MmioRegion registers() {
        return registers;
    }

    /** Loses all settings, as when its power is cut. */
    public void reset() {
        for (int word = 0; word < words.length(); word++) {
            words.set(word, 0);
        }
    }

    /**
     * Whether a port goes through the M4U.
     *
     * @param port 0 to {@link #ports()} - 1
     * @return {@code false} when it goes past it
     */
    public boolean isTranslated(int port) {
        return control.hasWordForEachPort()
                ? LarbControl.ENABLE.isSet(words.get(port))
                : (words.get(0) >>> port & 1) != 0;
    }

    /** Bits 33:32 that are added to a port's addresses. */
    int bank(int port) {
        return control.hasWordForEachPort() ? LarbControl.bank(words.get(port)) : 0;
    }

    private final class Window extends WordWindow {

        private final int writable = control.hasWordForEachPort()
                ? (int) (LarbControl.ENABLE.mask() | LarbControl.BANK.mask())
                : (int) (-1L >>> 64 - ports);

        Window() {
            super(LarbControl.WINDOW);
        }

        private int index(int offset) {
            return offset - control.offset(0) >> 2;
        }

        @Override
        int load(int offset) {
            int index = index(offset);
            return index >= 0 && index < words.length() ? words.get(index) : 0;
        }

        @Override
        void store(int offset, int value) {
            int index = index(offset);
            if (index >= 0 && index < words.length()) {
                words.set(index, value & writable);
            }
        }
    }
}
