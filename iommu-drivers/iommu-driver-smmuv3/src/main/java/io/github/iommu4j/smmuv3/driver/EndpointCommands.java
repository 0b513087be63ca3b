package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Has endpoints drop translations that they cache (IHI 0070 §4.5.1). Pure, but for submitting. */
final class EndpointCommands {

    private static final int PAGE_LG2 = 12;
    /** Size for the whole address space. */
    private static final int EVERYTHING = 52;

    private EndpointCommands() {}

    /**
     * Makes the commands for a range: for each stream the smallest aligned power of two that holds it.
     *
     * @param pasid the PASID, or {@link Master#NO_PASID} for requests without one
     * @param size bytes; 0 for everything
     */
    static void invalidate(Master master, int pasid, long iova, long size, Consumer<Command> sink) {
        Command command = Command.of(CommandOpcode.ATC_INV);
        if (pasid != Master.NO_PASID) {
            command = command.with0(Command.SSV, 1).with0(Command.SUBSTREAM_ID, pasid);
        }
        int order = size == 0 ? EVERYTHING : order(iova, size);
        long address = order >= EVERYTHING ? 0 : iova & -1L << order + PAGE_LG2;
        command = new Command(command.dw0(), Command.SIZE.of(order) | Command.ADDRESS.inPlace(address));
        for (int sid : master.streamIds()) {
            sink.accept(command.with0(Command.STREAM_ID, Integer.toUnsignedLong(sid)));
        }
    }

    /** The first address bit, counted in pages, from which on first and last page agree. */
    private static int order(long iova, long size) {
        long different = iova >>> PAGE_LG2 ^ iova + size - 1 >>> PAGE_LG2;
        return Math.min(EVERYTHING, Long.SIZE - Long.numberOfLeadingZeros(different));
    }

    /** Has a master drop all that it got for a PASID, and waits until it has. */
    static void invalidateAll(Master master, int pasid) {
        List<Command> commands = new ArrayList<>();
        invalidate(master, pasid, 0, 0, commands::add);
        submit(master.unit(), commands);
    }

    /** Issues commands and waits until endpoints have answered. */
    static void submit(SmmuUnit unit, List<Command> commands) {
        if (commands.isEmpty()) {
            return;
        }
        CommandBatch batch = new CommandBatch(unit.ring());
        commands.forEach(batch::add);
        batch.submit();
    }
}
