package io.github.iommu4j.armshort.reference;

import static io.github.iommu4j.armshort.reference.Bits.bit;
import static io.github.iommu4j.armshort.reference.Bits.joined;
import static io.github.iommu4j.armshort.reference.Bits.number;
import static io.github.iommu4j.armshort.reference.Bits.string;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.function.IntFunction;

/** One access through short-descriptor tables, step by step in the order of the architecture's table of steps. */
public final class ReferenceMmu {

    private static final String[] RIGHTS_BY_AP = {"-- --", "rw --", "rw r-", "rw rw", "-- --", "r- --", "r- r-", "r- r-"
    };
    private static final String[] RIGHTS_BY_UPPER_AP = {"rw --", "rw rw", "r- --", "r- r-"};
    private static final String[] POLICIES = {"NC", "WBWA", "WT", "WB"};

    private final PhysicalMemory memory;
    private final Part part;
    private final Registers registers;

    /**
     * What the part has.
     *
     * @param outputBits physical address bits
     * @param pxn PXN
     * @param supersections supersections
     * @param secureFetch fetches only what is secure
     */
    public record Part(int outputBits, boolean pxn, boolean supersections, boolean secureFetch) {}

    /** The registers, raw. */
    public record Registers(int sctlr, int ttbr0, int ttbr1, int ttbcr, int dacr, int prrr, int nmrr) {}

    /** An access to judge. */
    public record Request(long va, Access access, boolean privileged) {}

    private static final class Stop extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient Verdict verdict;

        Stop(String fault, int domain) {
            super(fault, null, false, false);
            verdict = Verdict.fault(fault, domain);
        }
    }

    /** What a leaf says. */
    private record Leaf(
            int level,
            long page,
            int sizeLg2,
            int domain,
            String ap,
            boolean xn,
            boolean pxn,
            boolean ns,
            String tex,
            String cb,
            boolean s) {}

    public ReferenceMmu(PhysicalMemory memory, Part part, Registers registers) {
        this.memory = memory;
        this.part = part;
        this.registers = registers;
    }

    public Verdict translate(Request request) {
        if (!bit(registers.sctlr, 0)) {
            String type = request.access == Access.EXECUTE ? "Normal NC NC" : "SO";
            return new Verdict("", -1, request.va, 63, "rwx", type, "outer");
        }
        try {
            return judged(request, find(request.va));
        } catch (Stop stop) {
            return stop.verdict;
        }
    }

    private Leaf find(long va) throws Stop {
        int n = (int) number(registers.ttbcr, 2, 0);
        boolean low = n == 0 || number(va, 31, 32 - n) == 0;
        if (bit(registers.ttbcr, low ? 4 : 5)) {
            throw new Stop("L1 translation", -1);
        }
        String base = low ? string(registers.ttbr0, 31, 14 - n) : string(registers.ttbr1, 31, 14);
        String index = low ? string(va, 31 - n, 20) : string(va, 31, 20);
        long descriptor = fetch(joined(base, index, "00"), "L1 abort", -1);
        return switch (string(descriptor, 1, 0)) {
            case "00" -> throw new Stop("L1 translation", -1);
            case "01" -> page(va, descriptor);
            case "10" -> block(descriptor, false);
            default -> {
                if (!part.pxn) {
                    throw new Stop("L1 translation", -1);
                }
                yield block(descriptor, true);
            }
        };
    }

    private Leaf block(long raw, boolean pxn) throws Stop {
        boolean large = bit(raw, 18);
        if (large && !part.supersections) {
            throw new Stop("L1 translation", -1);
        }
        int domain = large ? 0 : (int) number(raw, 8, 5);
        String ap = string(raw, 15, 15) + string(raw, 11, 10);
        requireAccessFlag(ap, 1, domain);
        long page;
        if (large) {
            String high = string(raw, 8, 5) + string(raw, 23, 20);
            page = joined(high.substring(40 - part.outputBits), string(raw, 31, 24), "0".repeat(24));
        } else {
            page = joined(string(raw, 31, 20), "0".repeat(20));
        }
        return new Leaf(
                1,
                page,
                large ? 24 : 20,
                domain,
                ap,
                bit(raw, 4),
                pxn,
                bit(raw, 19),
                string(raw, 14, 12),
                string(raw, 3, 2),
                bit(raw, 16));
    }

    private Leaf page(long va, long table) throws Stop {
        int domain = (int) number(table, 8, 5);
        long raw = fetch(joined(string(table, 31, 10), string(va, 19, 12), "00"), "L2 abort", domain);
        boolean pxn = part.pxn && bit(table, 2);
        String ap = string(raw, 9, 9) + string(raw, 5, 4);
        if (string(raw, 1, 0).equals("00")) {
            throw new Stop("L2 translation", domain);
        }
        requireAccessFlag(ap, 2, domain);
        if (bit(raw, 1)) {
            return new Leaf(
                    2,
                    joined(string(raw, 31, 12), "0".repeat(12)),
                    12,
                    domain,
                    ap,
                    bit(raw, 0),
                    pxn,
                    bit(table, 3),
                    string(raw, 8, 6),
                    string(raw, 3, 2),
                    bit(raw, 10));
        }
        return new Leaf(
                2,
                joined(string(raw, 31, 16), "0".repeat(16)),
                16,
                domain,
                ap,
                bit(raw, 15),
                pxn,
                bit(table, 3),
                string(raw, 14, 12),
                string(raw, 3, 2),
                bit(raw, 10));
    }

    private void requireAccessFlag(String ap, int level, int domain) throws Stop {
        if (bit(registers.sctlr, 29) && ap.endsWith("0")) {
            throw new Stop("L" + level + " access flag", domain);
        }
    }

    private long fetch(long address, String abort, int domain) throws Stop {
        int raw;
        try {
            raw = memory.load32(address);
        } catch (BusErrorException e) {
            throw new Stop(abort, domain);
        }
        if (bit(registers.sctlr, 25)) {
            String bits = string(raw, 31, 0);
            return joined(bits.substring(24), bits.substring(16, 24), bits.substring(8, 16), bits.substring(0, 8));
        }
        return raw & 0xFFFF_FFFFL;
    }

    private Verdict judged(Request request, Leaf leaf) throws Stop {
        int high = 2 * leaf.domain + 1;
        String say = string(registers.dacr, high, high - 1);
        if (say.equals("00") || say.equals("10")) {
            throw new Stop("L" + leaf.level + " domain", leaf.domain);
        }
        String rights = say.equals("11") ? "rwx" : rights(leaf, request.privileged);
        String needed = switch (request.access) {
            case READ -> "r";
            case WRITE -> "w";
            case EXECUTE -> "x";
            case READ_WRITE -> "rw";
        };
        for (int i = 0; i < needed.length(); i++) {
            if (rights.indexOf(needed.charAt(i)) < 0) {
                throw new Stop("L" + leaf.level + " permission", leaf.domain);
            }
        }
        long pa = leaf.page | number(request.va, leaf.sizeLg2 - 1, 0);
        IntFunction<String[]> types = bit(registers.sctlr, 28) ? this::remapped : this::plain;
        String[] type = types.apply((int) joined(leaf.tex, leaf.cb, leaf.s ? "1" : "0"));
        return new Verdict("", leaf.domain, pa, leaf.sizeLg2, rights, type[0], type[1]);
    }

    private String rights(Leaf leaf, boolean privileged) {
        String both = bit(registers.sctlr, 29)
                ? RIGHTS_BY_UPPER_AP[(int) joined(leaf.ap.substring(0, 2))]
                : RIGHTS_BY_AP[(int) joined(leaf.ap)];
        String mine = both.split(" ", 2)[privileged ? 0 : 1];
        String users = both.split(" ", 2)[1];
        boolean fetch = mine.startsWith("r") && !leaf.xn;
        if (privileged && leaf.pxn) {
            fetch = false;
        }
        if (bit(registers.sctlr, 19) && mine.endsWith("w")) {
            fetch = false;
        }
        if (bit(registers.sctlr, 20) && privileged && users.endsWith("w")) {
            fetch = false;
        }
        if (part.secureFetch && leaf.ns) {
            fetch = false;
        }
        return mine + (fetch ? "x" : "-");
    }

    /** TEX, C, B, S as a number. */
    private String[] remapped(int bits) {
        int n = (int) number(bits, 3, 1);
        boolean s = bit(bits, 0);
        return switch (string(registers.prrr, 2 * n + 1, 2 * n)) {
            case "01" -> new String[] {"Device", "outer"};
            case "10" -> {
                String outer = POLICIES[(int) number(registers.nmrr, 17 + 2 * n, 16 + 2 * n)];
                String inner = POLICIES[(int) number(registers.nmrr, 2 * n + 1, 2 * n)];
                boolean shared = bit(registers.prrr, s ? 19 : 18);
                String reach = bit(registers.prrr, 24 + n) ? "inner" : "outer";
                yield new String[] {"Normal " + outer + " " + inner, shared ? reach : "non"};
            }
            default -> new String[] {"SO", "outer"};
        };
    }

    private String[] plain(int bits) {
        String shared = bit(bits, 0) ? "outer" : "non";
        String tex = string(bits, 5, 3);
        String cb = string(bits, 2, 1);
        if (tex.startsWith("1")) {
            return new String[] {
                "Normal " + POLICIES[(int) joined(tex.substring(1))] + " " + POLICIES[(int) joined(cb)], shared
            };
        }
        return switch (tex + " " + cb) {
            case "000 01", "010 00" -> new String[] {"Device", "outer"};
            case "000 10" -> new String[] {"Normal WT WT", shared};
            case "000 11" -> new String[] {"Normal WB WB", shared};
            case "001 00" -> new String[] {"Normal NC NC", shared};
            case "001 11" -> new String[] {"Normal WBWA WBWA", shared};
            default -> new String[] {"SO", "outer"};
        };
    }
}
