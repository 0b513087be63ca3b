package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.smmuv3.layout.Command;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Chooses the commands that take a range of addresses out of the TLB: one for each page, or a few with lengths where the unit
 * has range invalidation (IHI 0070 §4.4.1, IDR3.RIL). Immutable, a function of its arguments alone.
 */
public final class RangeInvalidation {

    /** NUM has five bits and counts from one; Linux uses 31 of the 32. */
    private static final int MOST_UNITS = 31;
    /** SCALE has five bits. */
    private static final int LARGEST_SCALE = 31;

    private static final int WORD_LG2 = 3;
    private static final int LEVELS = 4;

    private final Commands commands;
    private final int granuleLg2;
    private final Set<Smmuv3Erratum> errata;

    private RangeInvalidation(Commands commands, int granuleLg2, Set<Smmuv3Erratum> errata) {
        this.commands = commands;
        this.granuleLg2 = granuleLg2;
        EnumSet<Smmuv3Erratum> copy = EnumSet.noneOf(Smmuv3Erratum.class);
        copy.addAll(errata);
        this.errata = copy;
    }

    /** Which commands a unit has. */
    public enum Commands {
        /** One address each. */
        BY_ADDRESS,
        /** With NUM, SCALE, TG and TTL. */
        BY_RANGE
    }

    /** What changed in the tables. */
    public enum Changed {
        /** Only leaves: what is cached of the way to them stays right (Leaf=1). */
        LEAVES,
        /** Tables too (Leaf=0). */
        TABLES
    }

    /**
     * A range that is to go.
     *
     * @param iova first address, aligned to the table's granule
     * @param size bytes, a multiple of it; 0 for nothing
     * @param page bytes of the pages that were mapped there, or that may have been
     * @param changed what changed
     */
    public record Range(long iova, long size, long page, Changed changed) {}

    /**
     * For the tables of a domain.
     *
     * @param commands which commands the unit has
     * @param granuleLg2 log2 of the bytes of the smallest page: 12, 14 or 16
     * @param errata mistakes that are switched on
     * @return the function
     */
    public static RangeInvalidation of(Commands commands, int granuleLg2, Set<Smmuv3Erratum> errata) {
        return new RangeInvalidation(commands, granuleLg2, errata);
    }

    /**
     * Makes the commands of a range, ascending. Together they cover it, and nothing else but at most one granule behind it.
     *
     * @param template the opcode with its ASID or VMID; address and lengths are filled in
     * @param range the range
     * @param sink takes the commands
     */
    public void forEach(Command template, Range range, Consumer<Command> sink) {
        Command leaf = template.with1(Command.LEAF, range.changed == Changed.LEAVES ? 1 : 0);
        if (commands == Commands.BY_RANGE) {
            ranges(leaf, range, sink);
        } else {
            for (long done = 0; Long.compareUnsigned(done, range.size) < 0; done += range.page) {
                sink.accept(at(leaf, range.iova + done));
            }
        }
    }

    private void ranges(Command template, Range range, Consumer<Command> sink) {
        int level = levelHint(range);
        Command sized = template.with1(Command.TG, (granuleLg2 - 10) / 2).with1(Command.TTL, level);
        long iova = range.iova;
        long units = range.size >>> granuleLg2;
        if (level == 0 && (units & MOST_UNITS) == 1) {
            // Without a level, a range of one unit would be no range but an illegal command (§4.4.1).
            units++;
        }
        while (units != 0) {
            int scale = Math.min(Long.numberOfTrailingZeros(units), LARGEST_SCALE);
            long left = units >>> scale;
            long number = scale == LARGEST_SCALE ? Math.min(left, MOST_UNITS) : left & MOST_UNITS;
            sink.accept(at(sized.with0(Command.SCALE, scale).with0(Command.NUM, number - 1), iova));
            iova += number << scale + granuleLg2;
            units -= number << scale;
        }
    }

    /**
     * At which level the leaves are. A table that goes may have held leaves of any level below it, so that a hint would leave
     * some of them.
     */
    private int levelHint(Range range) {
        boolean known = range.changed == Changed.LEAVES || errata.contains(Smmuv3Erratum.LEVEL_HINT_FOR_TABLES);
        return known ? LEVELS - (Log2.floor(range.page) - WORD_LG2) / (granuleLg2 - WORD_LG2) : 0;
    }

    private static Command at(Command command, long iova) {
        return new Command(command.dw0(), command.dw1() | Command.ADDRESS.inPlace(iova));
    }
}
