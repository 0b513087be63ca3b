package io.github.iommu4j.tipat.hardware;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.MemoryAttributes;
import io.github.iommu4j.api.dma.Shareability;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.InterruptLine;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.tipat.layout.PatFields.Pid;
import java.util.ArrayList;
import java.util.List;

/**
 * A page-based address translator of TI's J721E and its relatives: a window of addresses, and a table in SRAM that says
 * for each page of the window where it is.
 *
 * <pre>{@code
 * Pat pat = Pat.builder(new PatWindow(0x48_0000_0000L, 0x4000_0000L)).build();
 * bus.mapMmio(0x3101_0000L, pat.registers());
 * bus.mapMmio(0x3640_0000L, pat.table());
 * long answer = pat.translate(streamId, address, Access.WRITE);   // read it with Translations
 * }</pre>
 *
 * <p>It is no IOMMU: it sits in front of all devices, knows no streams and no permissions, and never sees an address
 * outside its window, which passes unchanged. This is one look-up; where a target lies in a window again, a {@link
 * PatInterconnect} goes on.
 *
 * <p><b>Thread-safety:</b> everything may be called from any thread at any time. A translation takes no lock and allocates
 * nothing unless it faults and the error is logged. Software that changes a page clears ENABLE, writes the low word, then
 * the high word with ENABLE, as the reference manual asks: an access meanwhile is answered as before, as after, or with
 * {@link PatFault#PAGE_DISABLED}. Without the first step it may meet the new low word with the old high one.
 */
public final class Pat implements TranslationUnit {

    /** Every access a device can make. */
    static final int EVERYTHING = 7;

    /** What accesses carry beside the address is not known here and not changed. */
    static final MemoryAttributes ATTRIBUTES = new MemoryAttributes(0xFF, Shareability.OUTER);

    private final String name;
    private final PatWindow window;
    private final long windowBase;
    private final long tableAddress;
    private final PatTable table;
    private final PatRegisters registers;

    private Pat(Builder builder) {
        this.name = builder.name;
        this.window = builder.window;
        this.windowBase = window.base();
        this.tableAddress = builder.tableAddress;
        this.table = new PatTable(builder.pages);
        this.registers = new PatRegisters(builder);
    }

    /**
     * Starts building a PAT.
     *
     * @param window the addresses it translates
     * @return a builder of a PAT of 16,384 pages, revision 1.0, whose interrupt goes nowhere
     */
    public static Builder builder(PatWindow window) {
        return new Builder(window);
    }

    /**
     * What it is called in explanations.
     *
     * @return the name
     */
    public String name() {
        return name;
    }

    /**
     * The addresses it translates.
     *
     * @return the window
     */
    public PatWindow window() {
        return window;
    }

    /**
     * The table's SRAM (region {@code table}): entry n stands at byte n/256·0x1000 + n%256·8. Aligned 32-bit accesses
     * reach it; holes, what lies beyond the last entry, and all other accesses read zero and write nothing.
     *
     * @return the same region on every call
     */
    public MmioRegion table() {
        return table;
    }

    /**
     * The memory mapped registers (region {@code mmrs}), see {@link io.github.iommu4j.tipat.layout.PatRegister}. Aligned
     * 32-bit accesses reach them; all others read zero and write nothing.
     *
     * @return the same region on every call
     */
    @Override
    public MmioRegion registers() {
        return registers;
    }

    /** Resets the PAT: translation off, log and table empty. */
    public void reset() {
        registers.reset();
        table.reset();
    }

    /**
     * Looks an address up once, without allocating.
     *
     * @param streamId who asks: its lower 12 bits are the route id of a logged error
     * @param substreamId not used
     * @param iova a physical address of the interconnect
     * @param accessBits what the access does: only logged
     * @return the packed answer; a fault is a {@link PatFault}
     */
    @Override
    public long translate(int streamId, int substreamId, long iova, int accessBits) {
        if (window.contains(iova)) {
            return lookUp(streamId, iova, accessBits);
        }
        return passes(iova, window.passLg2(iova));
    }

    /** The answer for an address in no window. */
    static long passes(long address, int sizeLg2) {
        if (!Log2.fits(address, PatWindow.ADDRESS_BITS)) {
            return PatFault.ADDRESS_SIZE.packed();
        }
        return Translations.ok(address, sizeLg2, EVERYTHING);
    }

    /** The answer for an address in the window. */
    long lookUp(int streamId, long address, int accessBits) {
        long offset = address - windowBase;
        int pageLg2 = registers.pageLg2();
        long index = offset >>> pageLg2;
        if (pageLg2 == PatRegisters.OFF) {
            return fault(PatFault.DISABLED, streamId, address, accessBits);
        }
        if (index >= table.pages()) {
            return fault(PatFault.BEYOND_TABLE, streamId, address, accessBits);
        }
        long entry = table.entry((int) index);
        if (!TableEntry.isEnabled(entry)) {
            return fault(PatFault.PAGE_DISABLED, streamId, address, accessBits);
        }
        return Translations.ok(target(entry, offset, pageLg2), pageLg2, EVERYTHING);
    }

    /** The target's page part with the access's offset in the page: bits of the target below the page are not used. */
    private static long target(long entry, long offset, int pageLg2) {
        long inPage = (1L << pageLg2) - 1;
        return TableEntry.base(entry) & ~inPage | offset & inPage;
    }

    private long fault(PatFault fault, int streamId, long address, int accessBits) {
        long packed = fault.packed();
        return registers.record(streamId, address, accessBits) ? Translations.recorded(packed) : packed;
    }

    @Override
    public Translation translate(DmaRequest request) {
        return translation(translate(request.streamId(), request.substreamId(), request.iova(), request.accessBits()));
    }

    static Translation translation(long packed) {
        if (Translations.isOk(packed)) {
            return new Translation.Ok(Translations.pa(packed), Translations.sizeLg2(packed), EVERYTHING, ATTRIBUTES);
        }
        return PatFault.of(packed).recordedOrNot(packed);
    }

    /**
     * Explains one look-up.
     *
     * @param request the access
     * @return the entry that was read, if any, and the answer
     */
    @Override
    public Explanation explain(DmaRequest request) {
        List<Explanation.Fetch> fetches = new ArrayList<>();
        if (window.contains(request.iova())) {
            return explainLookUp(request, request.iova(), fetches);
        }
        return explainPassing(request, request.iova(), fetches, window.passLg2(request.iova()));
    }

    static Explanation explainPassing(DmaRequest request, long address, List<Explanation.Fetch> fetches, int sizeLg2) {
        Translation answer = translation(passes(address, sizeLg2));
        String conclusion = answer.kind() == Translation.Kind.OK
                ? "no PAT's window"
                : "the interconnect has " + PatWindow.ADDRESS_BITS + " address bits";
        return new Explanation(request, fetches, answer, List.of(), conclusion);
    }

    /** Adds the entry read, if one is read. */
    Explanation explainLookUp(DmaRequest request, long address, List<Explanation.Fetch> fetches) {
        long offset = address - windowBase;
        int pageLg2 = registers.pageLg2();
        long index = offset >>> pageLg2;
        if (pageLg2 == PatRegisters.OFF) {
            return explainFault(request, address, fetches, PatFault.DISABLED);
        }
        if (index >= table.pages()) {
            return explainFault(request, address, fetches, PatFault.BEYOND_TABLE);
        }
        long entry = table.entry((int) index);
        boolean enabled = TableEntry.isEnabled(entry);
        long target = target(entry, offset, pageLg2);
        fetches.add(new Explanation.Fetch(
                name,
                "page " + index + " of the window at 0x" + Long.toHexString(windowBase),
                tableAddress + PatTable.offsetOf(index),
                List.of(entry),
                fields(entry),
                enabled
                        ? "page of 2^" + pageLg2 + " bytes at 0x" + Long.toHexString(target & -1L << pageLg2)
                        : "disabled"));
        if (!enabled) {
            return explainFault(request, address, fetches, PatFault.PAGE_DISABLED);
        }
        Translation ok = translation(Translations.ok(target, pageLg2, EVERYTHING));
        return new Explanation(request, fetches, ok, List.of(), "translated by " + name);
    }

    private static List<Explanation.Field> fields(long entry) {
        return List.of(
                new Explanation.Field("ENABLE", "0x" + TableEntry.ENABLE.get(entry)),
                new Explanation.Field("BASE", "0x" + Long.toHexString(TableEntry.base(entry))),
                new Explanation.Field("REPLACE_OID", "0x" + TableEntry.REPLACE_OID.get(entry)),
                new Explanation.Field("ORDERID", "0x" + Long.toHexString(TableEntry.ORDERID.get(entry))));
    }

    private Explanation explainFault(
            DmaRequest request, long address, List<Explanation.Fetch> fetches, PatFault fault) {
        boolean recorded = registers.wouldRecord();
        long packed = recorded ? Translations.recorded(fault.packed()) : fault.packed();
        List<Long> event = recorded ? registers.foretell(request.streamId(), address, request.accessBits()) : List.of();
        return new Explanation(request, fetches, fault.recordedOrNot(packed), event, conclusion(fault));
    }

    private String conclusion(PatFault fault) {
        return switch (fault) {
            case DISABLED -> name + ": EN=0";
            case BEYOND_TABLE -> name + ": the table has " + table.pages() + " pages";
            default -> name + ": ENABLE=0";
        };
    }

    /**
     * There is no queue: updates of the table take effect when they are written.
     *
     * @return {@code false}
     */
    @Override
    public boolean step() {
        return false;
    }

    @Override
    public String toString() {
        return name + " " + window;
    }

    /** Collects what a PAT is made of. Not thread-safe. */
    public static final class Builder {

        /** 512 blocks of 256 entries. */
        private static final int MOST_PAGES = 512 * 256;

        private final PatWindow window;
        private String name = "pat";
        private long tableAddress;
        int pages = 16384;
        int pid = (int) (Pid.SCHEME.of(1) | Pid.BU.of(2) | Pid.MAJOR.of(1));
        int sourceId;
        InterruptLine interrupt = () -> {};

        private Builder(PatWindow window) {
            this.window = window;
        }

        /**
         * What it is called in explanations.
         *
         * @param value a short name
         * @return this
         */
        public Builder name(String value) {
            name = value;
            return this;
        }

        /**
         * How many pages the table has: what CONFIG says.
         *
         * @param value 1 to 131,072
         * @return this
         * @throws IllegalArgumentException when no table has so many
         */
        public Builder pages(int value) {
            if (value < 1 || value > MOST_PAGES) {
                throw new IllegalArgumentException(value + " pages: a table has 1 to " + MOST_PAGES);
            }
            pages = value;
            return this;
        }

        /**
         * What PID says.
         *
         * @param value the register
         * @return this
         */
        public Builder pid(int value) {
            pid = value;
            return this;
        }

        /**
         * Where the table's SRAM is on the bus, for explanations only.
         *
         * @param value physical address of the region {@code table}
         * @return this
         */
        public Builder tableAddress(long value) {
            tableAddress = value;
            return this;
        }

        /**
         * Who logged errors say reports them: a strap of the chip.
         *
         * @param value 16 bits
         * @return this
         * @throws IllegalArgumentException when it has more
         */
        public Builder sourceId(int value) {
            if (!Log2.fits(value, 16)) {
                throw new IllegalArgumentException(
                        "source id 0x" + Integer.toHexString(value) + " has more than 16 bits");
            }
            sourceId = value;
            return this;
        }

        /**
         * The interrupt of logged errors.
         *
         * @param value the line
         * @return this
         */
        public Builder interrupt(InterruptLine value) {
            interrupt = value;
            return this;
        }

        /**
         * Makes the PAT, as after reset: translation off, table empty.
         *
         * @return a new PAT
         */
        public Pat build() {
            return new Pat(this);
        }
    }
}
