package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.armshort.layout.LarbControl;
import io.github.iommu4j.armshort.layout.MasterId;

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
    private final PortRoutes routes;
    private final Window registers;

    SmiLarb(LarbWiring wiring, LarbControl control, PortRoutes routes) {
        this.id = wiring.larb();
        this.ports = wiring.ports();
        this.control = control;
        this.routes = routes;
        this.registers = new Window();
        reset();
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
        registers.clear();
    }

    /**
     * Whether a port goes through the M4U.
     *
     * @param port 0 to {@link #ports()} - 1
     * @return {@code false} when it goes past it
     */
    public boolean isTranslated(int port) {
        return PortRoutes.isThrough(routes.get(new MasterId(id, port).id()));
    }

    /** One word, or one for each port; guarded by itself. */
    private final class Window extends WordWindow {

        private final int[] words = new int[control.hasWordForEachPort() ? ports : 1];
        private final int writable = control.hasWordForEachPort()
                ? (int) (LarbControl.ENABLE.mask() | LarbControl.BANK.mask())
                : (int) (-1L >>> 64 - ports);

        Window() {
            super(LarbControl.WINDOW);
        }

        private int index(int offset) {
            return offset - control.offset(0) >> 2;
        }

        private boolean isThere(int index) {
            return index >= 0 && index < words.length;
        }

        @Override
        synchronized int load(int offset) {
            int index = index(offset);
            return isThere(index) ? words[index] : 0;
        }

        @Override
        synchronized void store(int offset, int value) {
            int index = index(offset);
            if (isThere(index)) {
                words[index] = value & writable;
                route();
            }
        }

        synchronized void clear() {
            for (int index = 0; index < words.length; index++) {
                words[index] = 0;
            }
            route();
        }

        private void route() {
            for (int port = 0; port < ports; port++) {
                int word = control.hasWordForEachPort() ? words[port] : words[0] >>> port;
                int bank = control.hasWordForEachPort() ? LarbControl.bank(word) : 0;
                boolean through = LarbControl.ENABLE.isSet(word);
                routes.set(new MasterId(id, port).id(), through ? PortRoutes.through(bank) : PortRoutes.PAST);
            }
        }
    }
}
