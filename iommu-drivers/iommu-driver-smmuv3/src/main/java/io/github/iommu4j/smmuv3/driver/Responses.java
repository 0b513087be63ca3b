package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.PageResponse;
import io.github.iommu4j.smmuv3.driver.DeviceFeatures.Trait;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Answers accesses that wait: CMD_RESUME for stalls, CMD_PRI_RESP for page requests (IHI 0070 §4.6, §4.5.2). No CMD_SYNC is
 * sent, which would say nothing about either. Thread-safe.
 */
final class Responses {

    /** CMD_PRI_RESP.Resp. */
    private static final int DENIED = 0;

    private static final int INVALID = 1;
    private static final int SUCCESS = 2;

    private final SmmuUnit unit;
    /** Which stream an access of a tag is of: a master may have several. */
    private final Map<Integer, Integer> stalls = new ConcurrentHashMap<>();
    /** The streams that groups of page requests came from, first come first; only of masters that have several. */
    private final Map<Group, List<Integer>> groups = new ConcurrentHashMap<>();

    private record Group(int firstStream, int index) {}

    Responses(SmmuUnit unit) {
        this.unit = unit;
    }

    /** An access waits. */
    void stalled(int stag, int sid) {
        stalls.put(stag, sid);
    }

    /** The last request of a group came from one of a master's streams, which has no other group of that index then. */
    void asked(Master master, PageRequestMessage last) {
        int[] streams = master.streamIds();
        if (streams.length > 1) {
            groups.compute(new Group(streams[0], last.prgIndex()), (group, waiting) -> {
                List<Integer> all = without(last.streamId(), waiting);
                all.add(last.streamId());
                return all;
            });
        }
    }

    /** Nobody will answer that group. */
    void forget(Master master, PageRequestMessage last) {
        groups.computeIfPresent(new Group(master.streamIds()[0], last.prgIndex()), (group, waiting) -> {
            List<Integer> rest = without(last.streamId(), waiting);
            return rest.isEmpty() ? null : rest;
        });
    }

    private static List<Integer> without(int sid, @Nullable List<Integer> waiting) {
        List<Integer> rest = waiting == null ? new ArrayList<>() : new ArrayList<>(waiting);
        rest.remove(Integer.valueOf(sid));
        return rest;
    }

    private int takeStream(Master master, int index) {
        int[] sid = {master.streamIds()[0]};
        groups.computeIfPresent(new Group(sid[0], index), (group, waiting) -> {
            sid[0] = waiting.get(0);
            return waiting.size() == 1 ? null : List.copyOf(waiting.subList(1, waiting.size()));
        });
        return sid[0];
    }

    /** Ends an access that nobody can be asked about. */
    void abort(int sid, int stag) {
        stalls.remove(stag, sid);
        unit.ring().issue(resume(sid, stag).with0(Command.AB, 1));
    }

    /**
     * Answers a device.
     *
     * @throws IommuException {@code ENODEV} for a device that neither stalls nor asks for pages; {@code ETIMEDOUT} when the
     *     unit takes no commands
     */
    void answer(Master master, FaultEvent.PageRequest request, PageResponse response) {
        Command command;
        if (master.stalls()) {
            Integer sid = stalls.remove(response.groupId());
            command = resume(sid == null ? master.streamIds()[0] : sid, response.groupId());
            command = response.code() == PageResponse.Code.SUCCESS
                    ? command.with0(Command.AC, 1)
                    : command.with0(Command.AB, 1);
        } else if (master.features().has(Trait.PRI)) {
            command = pageRequestAnswer(
                    takeStream(master, response.groupId()),
                    response,
                    request.traits().responseNeedsPasid());
        } else {
            throw new IommuException(Errno.ENODEV, master.device().name() + " does not wait for pages");
        }
        Errno failure = unit.ring().issue(command);
        if (failure != null) {
            throw new IommuException(failure, unit.name() + " takes no commands");
        }
    }

    private static Command resume(int sid, int stag) {
        return Command.of(CommandOpcode.RESUME)
                .with0(Command.STREAM_ID, Integer.toUnsignedLong(sid))
                .with1(Command.RESUME_STAG, stag & 0xFFFF);
    }

    private static Command pageRequestAnswer(int sid, PageResponse response, boolean withPasid) {
        int code = switch (response.code()) {
            case SUCCESS -> SUCCESS;
            case INVALID -> INVALID;
            case FAILURE -> DENIED;
        };
        Command command = Command.of(CommandOpcode.PRI_RESP)
                .with0(Command.STREAM_ID, Integer.toUnsignedLong(sid))
                .with1(Command.PRG_INDEX, response.groupId() & 0x1FF)
                .with1(Command.RESP, code);
        return withPasid && response.hasPasid()
                ? command.with0(Command.SSV, 1).with0(Command.SUBSTREAM_ID, response.pasid())
                : command;
    }

    /** Denies a group of page requests that nobody takes. */
    void deny(PageRequestMessage last) {
        Command command = Command.of(CommandOpcode.PRI_RESP)
                .with0(Command.STREAM_ID, Integer.toUnsignedLong(last.streamId()))
                .with1(Command.PRG_INDEX, last.prgIndex())
                .with1(Command.RESP, DENIED);
        if (last.hasSubstream()) {
            command = command.with0(Command.SSV, 1).with0(Command.SUBSTREAM_ID, last.substreamId());
        }
        unit.ring().issue(command);
    }
}
